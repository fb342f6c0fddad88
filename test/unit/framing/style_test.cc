// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/framing/style.hh"

#include <set>
#include <string>

#include "test/unit/catch.hh"
#include "test/unit/framing/framer.hh"

namespace websocket::framing {
namespace {

using namespace std::string_literals;
using frame::Violation;
using test::any_cut;
using test::binary;
using test::text;

TEST_CASE("only lines and echo change what the client sends", "[framing]") {
  CHECK(passes_through(Form::binary));
  CHECK(passes_through(Form::text));
  CHECK(passes_through(Form::mqtt));
  CHECK_FALSE(passes_through(Form::lines));
  CHECK_FALSE(passes_through(Form::echo));
}

TEST_CASE("each form knows what kind of message a client may send", "[framing][rfc6455-7.4.1]") {
  const auto only_text = Violation::binary_not_accepted;
  const auto only_binary = Violation::text_not_accepted;
  struct Case {
    Style style;
    std::optional<Violation> for_text;
    std::optional<Violation> for_binary;
  };
  const Case one = GENERATE_COPY(
      Case{{.form = Form::binary}, {}, {}}, Case{{.form = Form::text}, {}, only_text},
      Case{{.form = Form::mqtt}, only_binary, {}}, Case{{.form = Form::echo}, {}, {}},
      Case{{.form = Form::lines}, {}, {}}, Case{{.form = Form::lines, .text = true}, {}, {}},
      Case{{.form = Form::lines, .text = true, .only_that_kind = true}, {}, only_text},
      Case{{.form = Form::lines, .text = false, .only_that_kind = true}, only_binary, {}});
  CHECK(check_kind(one.style, true) == one.for_text);
  CHECK(check_kind(one.style, false) == one.for_binary);
  // And so does the way to the target.
  CHECK(test::to_target(one.style, {text("x")}, 1).violation == one.for_text);
  CHECK(test::to_target(one.style, {binary("x")}, 1).violation == one.for_binary);
}

TEST_CASE("binary takes either kind and gives the target its bytes", "[framing]") {
  const std::size_t cut = any_cut();
  const auto outcome =
      test::to_target({}, {binary("\xFF\0"s), text("abc"), binary(""), text("d")}, cut);
  CHECK(outcome.got == "\xFF\0abcd"s);
  CHECK_FALSE(outcome.violation);
}

TEST_CASE("to the client go binary messages, one for what is read at once", "[framing][mqtt5-6]") {
  const Style style{.form = GENERATE(Form::binary, Form::mqtt)};
  const auto outcome = test::to_client(style, "\xFF\0\r\nab\xC3"s, 3);
  CHECK(outcome.messages == std::vector{binary("\xFF\0\r"s), binary("\nab"), binary("\xC3")});
  CHECK(outcome.pieces == 3);
  CHECK_FALSE(outcome.fault);
  CHECK(test::to_client(style, "", 3).messages.empty());
}

TEST_CASE("an MQTT client's packets need not be aligned with its messages", "[framing][mqtt5-6]") {
  const Style style{.form = Form::mqtt};
  const auto outcome = test::to_target(style, {binary("\x10\x0C\0\x04"s), binary("MQTT")}, 1);
  CHECK(outcome.got == "\x10\x0C\0\x04MQTT"s);
  CHECK(test::to_target(style, {binary("a"), text("b")}, 1).violation ==
        Violation::text_not_accepted);
}

TEST_CASE("every fault has words of its own, in ASCII", "[framing]") {
  std::set<std::string> seen;
  for (const Fault fault : {Fault::not_utf8, Fault::line_too_long}) {
    const std::string_view words = describe(fault);
    CHECK(words.size() > 10);
    CHECK(std::all_of(words.begin(), words.end(), [](char c) { return c >= ' ' && c <= '~'; }));
    CHECK(seen.emplace(words).second);
  }
}

}  // namespace
}  // namespace websocket::framing
