// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "test/unit/catch.hh"
#include "test/unit/framing/framer.hh"

namespace websocket::framing {
namespace {

using namespace std::string_literals;
using frame::Violation;
using test::any_cut;
using test::binary;
using test::Message;
using test::text;

constexpr Style k_lines{.form = Form::lines, .text = true};

TEST_CASE("a message is a line, and gets CR LF", "[framing][ircv3]") {
  const std::size_t cut = any_cut();
  const auto outcome = test::to_target(
      k_lines, {text("NICK me"), binary("USER 0 0 0 0"), text(""), text("JOIN #\xC3\xA4")}, cut);
  CAPTURE(cut);
  CHECK(outcome.got == "NICK me\r\nUSER 0 0 0 0\r\n\r\nJOIN #\xC3\xA4\r\n");
  CHECK_FALSE(outcome.violation);
}

TEST_CASE("one end of line that a client sends along is taken off", "[framing]") {
  const std::size_t cut = any_cut();
  const std::string line = GENERATE("", "a", "a line of more than eight bytes");
  const std::string end = GENERATE("\r\n", "\n", "\r");
  CAPTURE(cut, line, end);
  const auto outcome = test::to_target(k_lines, {text(line + end), text("next")}, cut);
  CHECK(outcome.got == line + "\r\nnext\r\n");
  CHECK_FALSE(outcome.violation);
}

TEST_CASE("an end of line may come in fragments of its own", "[framing]") {
  ToTarget way(k_lines);
  test::Target target;
  const auto take = [&](std::string_view piece, bool ends) {
    auto bytes = frame::test::bytes(piece);
    return way.take({.payload = bytes, .text = true, .message_begins = false, .message_ends = ends},
                    target);
  };
  for (const std::string_view piece : {"QU", "IT", "", "\r", "", "\n", ""}) {
    REQUIRE_FALSE(take(piece, false));
    CHECK(target.got.find_first_of("\r\n") == std::string::npos);
  }
  REQUIRE_FALSE(take("", true));
  CHECK(target.got == "QUIT\r\n");

  SECTION("but nothing may follow it") {
    REQUIRE_FALSE(take("one\r\n", false));
    CHECK(take("t", true) == Violation::line_break);
    CHECK(target.got == "QUIT\r\none");
  }
  SECTION("and the next message is not concerned") {
    REQUIRE_FALSE(take("one\r", true));
    REQUIRE_FALSE(take("\n", true));
    CHECK(target.got == "QUIT\r\none\r\n\r\n");
  }
}

TEST_CASE("a line break within a message is refused: it would be a second command",
          "[framing][ircv3]") {
  const std::size_t cut = any_cut();
  const std::string line =
      GENERATE("a\nb"s, "a\rb"s, "a\r\nb"s, "a\0b"s, "\0"s, "a\0"s, "\nb"s, "\rb"s, "a\n\n"s,
               "a\r\r"s, "a\n\r"s, "a\r\r\n"s, "a\r\n\r\n"s, "a\r\n\n"s, "a\r\n\r"s, "\r\n\r\n"s,
               "a\n\0"s, "a\r\0"s, "a\r\n\0"s, "a line of some length\r\nQUIT and more"s);
  CAPTURE(cut, line);
  const auto outcome = test::to_target(k_lines, {text("first"), text(line), text("never")}, cut);
  CHECK(outcome.violation == Violation::line_break);
  // What had come before the break may have gone, but never as a line.
  const std::string begun = line.substr(0, line.find_first_of("\r\n\0"s));
  CHECK(("first\r\n" + begun).starts_with(outcome.got));
  CHECK(outcome.got.starts_with("first\r\n"));
  if (cut >= line.size()) CHECK(outcome.got == "first\r\n");
}

TEST_CASE("only CR, LF and NUL break a line, wherever they stand", "[framing]") {
  std::size_t wrong = 0;
  for (unsigned value = 0; value <= 0xFF; ++value) {
    for (std::size_t at = 0; at < 40; ++at) {
      std::string line(40, 'x');
      line[at] = static_cast<char>(value);
      if (at > 0) line[at - 1] = '\x03';  // below the three, and harmless
      const bool is_end = at == 39 && (value == '\n' || value == '\r');
      const bool breaks = (value == '\n' || value == '\r' || value == 0) && !is_end;
      const auto outcome = test::to_target(k_lines, {binary(line)}, 1000);
      if (outcome.violation != (breaks ? std::optional(Violation::line_break) : std::nullopt)) {
        ++wrong;
      }
      if (!breaks && outcome.got != (is_end ? line.substr(0, 39) : line) + "\r\n") ++wrong;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("a line may have max_line bytes and no more, its end not counted", "[framing][ircv3]") {
  const std::size_t cut = any_cut();
  const std::string end = GENERATE("", "\r\n", "\n", "\r");
  const Style style{.form = Form::lines, .max_line = 20};
  CAPTURE(cut, end);
  const std::string longest(20, 'x');
  const auto fits = test::to_target(style, {text(longest + end), text(longest + end)}, cut);
  CHECK(fits.got == longest + "\r\n" + longest + "\r\n");
  CHECK_FALSE(fits.violation);

  const auto too_long = test::to_target(style, {text("one"), text(longest + "x" + end)}, cut);
  CHECK(too_long.violation == Violation::message_too_big);
  CHECK(("one\r\n" + longest).starts_with(too_long.got));
}

TEST_CASE("a message that never ends is stopped at the limit", "[framing]") {
  const Style style{.form = Form::lines, .max_line = 100};
  ToTarget way(style);
  test::Target target;
  auto byte = frame::test::bytes("x");
  const session::Data data{
      .payload = byte, .text = false, .message_begins = false, .message_ends = false};
  for (int i = 0; i < 100; ++i) REQUIRE_FALSE(way.take(data, target));
  CHECK(way.take(data, target) == Violation::message_too_big);
  CHECK(target.got == std::string(100, 'x'));
}

TEST_CASE("what is wrong first is what is told, however the message is cut", "[framing]") {
  const std::size_t cut = any_cut();
  const Style style{.form = Form::lines, .max_line = 4};
  CAPTURE(cut);
  CHECK(test::to_target(style, {text("12345\n6")}, cut).violation == Violation::message_too_big);
  CHECK(test::to_target(style, {text("12\n3456")}, cut).violation == Violation::line_break);
  CHECK(test::to_target(style, {text("1234\n5")}, cut).violation == Violation::line_break);
}

TEST_CASE("where a subprotocol was agreed, the other kind is refused", "[framing][ircv3]") {
  const bool wants_text = GENERATE(true, false);
  const Style style{.form = Form::lines, .text = wants_text, .only_that_kind = true};
  const auto right = wants_text ? text("a") : binary("a");
  const auto other = wants_text ? binary("b") : text("b");
  const auto outcome = test::to_target(style, {right, other}, 1);
  CAPTURE(wants_text);
  CHECK(outcome.got == "a\r\n");
  CHECK(outcome.violation ==
        (wants_text ? Violation::binary_not_accepted : Violation::text_not_accepted));
}

}  // namespace
}  // namespace websocket::framing
