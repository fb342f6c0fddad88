// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "mod_websocket/frame/utf8.hh"
#include "test/unit/catch.hh"
#include "test/unit/framing/framer.hh"

namespace websocket::framing {
namespace {

using namespace std::string_literals;
using test::any_cut;
using test::binary;
using test::Message;
using test::text;
using Messages = std::vector<Message>;

constexpr Style k_text_lines{.form = Form::lines, .text = true};
constexpr Style k_binary_lines{.form = Form::lines, .text = false};

TEST_CASE("a line is a message, without CR LF or LF", "[framing][ircv3]") {
  const std::size_t cut = any_cut();
  const std::string_view lines =
      ":s 001 me :hi\r\nPING x\n\r\n\n:s 002 me :\xC3\xA4\xE2\x82\xAC\r\n";
  CAPTURE(cut);
  const auto as_text = test::to_client(k_text_lines, lines, cut);
  CHECK(as_text.messages == Messages{text(":s 001 me :hi"), text("PING x"), text(""), text(""),
                                     text(":s 002 me :\xC3\xA4\xE2\x82\xAC")});
  CHECK_FALSE(as_text.fault);
  CHECK(as_text.pieces == 5);  // each in one frame

  const auto as_binary = test::to_client(k_binary_lines, lines, cut);
  CHECK(as_binary.messages == Messages{binary(":s 001 me :hi"), binary("PING x"), binary(""),
                                       binary(""), binary(":s 002 me :\xC3\xA4\xE2\x82\xAC")});
}

TEST_CASE("a CR is part of an end of line only in front of its LF", "[framing]") {
  const std::size_t cut = any_cut();
  CAPTURE(cut);
  CHECK(test::to_client(k_text_lines, "a\rb\n\rc\r\r\n\r\nd\0e\r\n"s, cut).messages ==
        Messages{text("a\rb"), text("\rc\r"), text(""), text("d\0e"s)});
}

TEST_CASE("a line that the target does not end is a message when the target ends", "[framing]") {
  const std::size_t cut = any_cut();
  CAPTURE(cut);
  CHECK(test::to_client(k_text_lines, "a\nbcd", cut).messages == Messages{text("a"), text("bcd")});
  CHECK(test::to_client(k_text_lines, "a\nbcd\r", cut).messages ==
        Messages{text("a"), text("bcd")});
  CHECK(test::to_client(k_text_lines, "a\r\n", cut).messages == Messages{text("a")});
  CHECK(test::to_client(k_text_lines, "", cut).messages.empty());
  // A code point that has no rest.
  CHECK(test::to_client(k_text_lines, "\xE2\x82", cut).messages == Messages{text("\xEF\xBF\xBD")});
}

struct Replaced {
  std::string line;
  std::string message;  // "?" stands for U+FFFD
};

// The Unicode Standard's own examples (section 3.9, tables 3-8 to 3-11) and the edges of RFC 3629.
TEST_CASE("text lines have U+FFFD for every maximal subpart that is not UTF-8",
          "[framing][ircv3][rfc3629]") {
  const std::size_t cut = any_cut();
  const Replaced replaced = GENERATE(
      Replaced{"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"s, "????????A"},
      Replaced{"\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"s, "????????A"},
      Replaced{"\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"s, "?????A??B"},
      Replaced{"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"s, "????A"},
      Replaced{"\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64"s, "a???b?c??d"},
      Replaced{"caf\xE9 au lait"s, "caf? au lait"}, Replaced{"\xFF"s, "?"}, Replaced{"\xC3"s, "?"},
      Replaced{"\xF0\x9F\x98"s, "?"}, Replaced{"\xC3\xA4\xC3"s, "\xC3\xA4?"},
      Replaced{"a line of ASCII before the \xB5 and more of it behind"s,
               "a line of ASCII before the ? and more of it behind"});
  std::string expected;
  for (const char c : replaced.message) expected += c == '?' ? "\xEF\xBF\xBD"s : std::string{c};
  CAPTURE(cut, replaced.line);
  // Sound lines on both sides stay as they are.
  const std::string lines = "\xC3\xA4\r\n" + replaced.line + "\r\n\xC3\xB6\r\n" + replaced.line;
  const auto outcome = test::to_client(k_text_lines, lines, cut);
  CHECK(outcome.messages ==
        Messages{text("\xC3\xA4"), text(expected), text("\xC3\xB6"), text(expected)});
  CHECK(outcome.pieces == 4);
  CHECK(test::to_client(k_binary_lines, replaced.line + "\n", cut).messages ==
        Messages{binary(replaced.line)});
}

TEST_CASE("every pair of bytes is valid UTF-8 when it reaches the client as text",
          "[framing][rfc6455-5.6]") {
  std::size_t wrong = 0;
  for (unsigned first = 0; first <= 0xFF; ++first) {
    for (unsigned second = 0; second <= 0xFF; ++second) {
      const std::string pair{static_cast<char>(first), static_cast<char>(second)};
      for (const Message& message : test::to_client(k_text_lines, pair, 2).messages) {
        if (!frame::is_valid_utf8(frame::test::bytes(message.payload))) ++wrong;
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("a line of max_line bytes passes, one more is a fault", "[framing][ircv3]") {
  const std::size_t cut = any_cut();
  const std::string end = GENERATE("", "\n", "\r\n");
  const Style style{.form = Form::lines, .text = true, .max_line = 20};
  const std::string longest(20, 'x');
  CAPTURE(cut, end);
  const auto fits = test::to_client(style, longest + "\r\n" + longest + end, cut);
  CHECK(fits.messages == Messages{text(longest), text(longest)});
  CHECK_FALSE(fits.fault);

  const auto too_long = test::to_client(style, "one\r\n" + longest + "x" + end, cut);
  CHECK(too_long.messages == Messages{text("one")});
  CHECK(too_long.fault == Fault::line_too_long);

  // A CR that turns out to be part of the line counts.
  const auto cr = test::to_client(style, longest + "\rx" + end, cut);
  CHECK(cr.messages.empty());
  CHECK(cr.fault == Fault::line_too_long);
}

TEST_CASE("a target that never ends its line is stopped at the limit", "[framing]") {
  const std::size_t cut = GENERATE(1U, 99U, 100U, 101U, 4096U);
  const Style style{.form = Form::lines, .max_line = 100};
  ToClient way(style);
  test::Client client;
  const auto bytes = frame::test::bytes(std::string(cut, 'x'));
  std::size_t taken = 0;
  while (way.feed(bytes, client)) {
    taken += cut;
    REQUIRE(taken <= 100);
  }
  CHECK(taken + cut > 100);
  CHECK(client.messages.empty());
}

TEST_CASE("lines that are complete are not copied", "[framing]") {
  ToClient way(k_text_lines);
  test::Client client;
  const auto begun = frame::test::bytes("one\r\ntw");
  const auto more = frame::test::bytes("o\r\nthree\r\n");
  REQUIRE(way.feed(begun, client));
  CHECK(client.messages == Messages{text("one")});
  CHECK(client.last.data() == begun.data());
  REQUIRE(way.feed(more, client));
  CHECK(client.messages == Messages{text("one"), text("two"), text("three")});
  CHECK(client.last.data() == more.data() + 3);
}

}  // namespace
}  // namespace websocket::framing
