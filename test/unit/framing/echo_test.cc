// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/framing/echo.hh"

#include <string>
#include <vector>

#include "test/unit/catch.hh"
#include "test/unit/framing/framer.hh"

namespace websocket::framing {
namespace {

using namespace std::string_literals;
using test::any_cut;
using test::binary;
using test::Message;
using test::text;

constexpr Style k_echo{.form = Form::echo};

const std::vector<Message> k_messages{
    text("hello"),    binary("\0\xFF"s), text(""),
    binary(""),       binary("a"),       binary("b"),
    text("\xC3\xA4"), text("end"),       binary(std::string(300, 'x'))};

TEST_CASE("every message comes back as it was, however the stream is cut", "[framing]") {
  const std::size_t cut = any_cut();
  const std::size_t stream_cut = GENERATE(1U, 2U, 3U, 4U, 5U, 6U, 9U, 65536U, 1000000U);
  CAPTURE(cut, stream_cut);
  const auto sent = test::to_target(k_echo, k_messages, cut);
  REQUIRE_FALSE(sent.violation);
  const auto echoed = test::to_client(k_echo, sent.got, stream_cut);
  CHECK(echoed.messages == k_messages);
  CHECK_FALSE(echoed.fault);
}

TEST_CASE("what is cut nowhere comes back in one piece", "[framing]") {
  const std::vector<Message> messages{text("small"), binary(std::string(200000, 'x')), text("")};
  const auto sent = test::to_target(k_echo, messages, 1000000);
  const auto echoed = test::to_client(k_echo, sent.got, 1000000);
  CHECK(echoed.messages == messages);
  CHECK(echoed.pieces == 3);
}

TEST_CASE("a piece comes back before its message has ended", "[framing][rfc6455-5.4]") {
  ToTarget out(k_echo);
  ToClient back(k_echo);
  test::Target stream;
  test::Client client;
  auto payload = frame::test::bytes("begun");
  REQUIRE_FALSE(out.take(
      {.payload = payload, .text = true, .message_begins = true, .message_ends = false}, stream));
  REQUIRE(back.feed(frame::test::bytes(stream.got), client));
  CHECK(client.messages == std::vector{text("begun")});
  CHECK(client.open);
  stream.got.clear();

  SECTION("and an empty piece that ends nothing says nothing") {
    REQUIRE_FALSE(out.take(
        {.payload = {}, .text = true, .message_begins = false, .message_ends = false}, stream));
    CHECK(stream.got.empty());
  }
  REQUIRE_FALSE(out.take(
      {.payload = {}, .text = true, .message_begins = false, .message_ends = true}, stream));
  REQUIRE(back.feed(frame::test::bytes(stream.got), client));
  CHECK(client.messages == std::vector{text("begun")});
  CHECK_FALSE(client.open);
}

TEST_CASE("a record that is cut short when the stream ends is no message", "[framing]") {
  const auto sent = test::to_target(k_echo, {text("whole"), text("cut")}, 100);
  for (std::size_t size = 9; size < sent.got.size(); ++size) {
    ToClient back(k_echo);
    test::Client client;
    CAPTURE(size);
    REQUIRE(back.feed(frame::test::bytes(sent.got.substr(0, size)), client));
    REQUIRE(back.finish(client));
    CHECK(client.messages.front() == text("whole"));
    CHECK((client.messages.size() == 1 || client.open));
  }
}

}  // namespace
}  // namespace websocket::framing
