// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "mod_websocket/frame/utf8.hh"
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

constexpr Style k_text{.form = Form::text};

const std::string k_sample =
    "plain, \xC3\xA4\xC3\xB6, \xE2\x82\xAC\xE2\x82\xAC, \xF0\x9F\x98\x80\xF0\x9F\x98\x80, "
    "\r\n\0 and once more a long run of plain ASCII \xF4\x8F\xBF\xBF"s;

std::string joined(const std::vector<Message>& messages) {
  std::string all;
  for (const Message& message : messages) all += message.payload;
  return all;
}

TEST_CASE("the target's text becomes text messages of whole code points",
          "[framing][rfc6455-5.6]") {
  const std::size_t cut = any_cut();
  const auto outcome = test::to_client(k_text, k_sample, cut);
  CAPTURE(cut);
  CHECK_FALSE(outcome.fault);
  CHECK(joined(outcome.messages) == k_sample);
  for (const Message& message : outcome.messages) {
    CHECK(message.kind == frame::Opcode::text);
    CHECK_FALSE(message.payload.empty());
    CHECK(frame::is_valid_utf8(frame::test::bytes(message.payload)));
  }
}

TEST_CASE("what is read at once is one message", "[framing]") {
  ToClient way(k_text);
  test::Client client;
  REQUIRE(way.feed(frame::test::bytes("a\xE2\x82"), client));
  CHECK(client.messages == std::vector{text("a")});
  CHECK(client.pieces == 1);
  SECTION("with the rest of a code point in front") {
    REQUIRE(way.feed(frame::test::bytes("\xACz\xC3"), client));
    CHECK(client.messages == std::vector{text("a"), text("\xE2\x82\xACz")});
    CHECK_FALSE(client.open);
  }
  SECTION("be it nothing but that rest") {
    REQUIRE(way.feed(frame::test::bytes("\xAC"), client));
    CHECK(client.messages == std::vector{text("a"), text("\xE2\x82\xAC")});
    CHECK(client.pieces == 2);
  }
  SECTION("or that rest and the beginning of another") {
    REQUIRE(way.feed(frame::test::bytes("\xAC\xF0\x9F\x98"), client));
    CHECK(client.messages == std::vector{text("a"), text("\xE2\x82\xAC")});
    REQUIRE(way.feed(frame::test::bytes("\x80"), client));
    CHECK(client.messages.back() == text("\xF0\x9F\x98\x80"));
    CHECK(client.pieces == 3);
  }
  SECTION("and nothing is none") {
    REQUIRE(way.feed({}, client));
    CHECK(client.pieces == 1);
  }
  CHECK_FALSE(client.open);
}

TEST_CASE("bytes that are not UTF-8 are a fault, behind all that was sound", "[framing]") {
  const std::size_t cut = any_cut();
  const std::string bad =
      GENERATE("\xFF"s, "\x80"s, "\xC0\xAF"s, "\xC3"s, "\xE2\x82"s, "\xF0\x9F\x98"s,
               "\xED\xA0\x80"s, "\xF4\x90\x80\x80"s, "\xE0\x80\x80"s);
  const bool followed = GENERATE(true, false);
  CAPTURE(cut, bad, followed);
  const auto outcome = test::to_client(k_text, k_sample + bad + (followed ? "more" : ""), cut);
  CHECK(outcome.fault == Fault::not_utf8);
  CHECK(joined(outcome.messages) == k_sample);
}

TEST_CASE("every code point survives being cut at every place", "[framing][rfc3629]") {
  const std::string point =
      GENERATE("\x7F"s, "\xC2\x80"s, "\xDF\xBF"s, "\xE0\xA0\x80"s, "\xED\x9F\xBF"s, "\xEF\xBF\xBF"s,
               "\xF0\x90\x80\x80"s, "\xF4\x8F\xBF\xBF"s);
  for (std::size_t at = 0; at <= point.size(); ++at) {
    ToClient way(k_text);
    test::Client client;
    CAPTURE(point, at);
    REQUIRE(way.feed(frame::test::bytes(point.substr(0, at)), client));
    CHECK(client.messages.empty() == (at < point.size()));
    REQUIRE(way.feed(frame::test::bytes(point.substr(at)), client));
    CHECK(client.messages == std::vector{text(point)});
    CHECK(way.finish(client));
  }
}

TEST_CASE("the client's text goes to the target as it is, and binary does not", "[framing]") {
  const std::size_t cut = any_cut();
  const auto outcome =
      test::to_target(k_text, {text("a\r\n"), text(""), text("b"), binary("c")}, cut);
  CHECK(outcome.got == "a\r\nb");
  CHECK(outcome.violation == Violation::binary_not_accepted);
}

}  // namespace
}  // namespace websocket::framing
