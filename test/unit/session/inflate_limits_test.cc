// SPDX-License-Identifier: Apache-2.0
// What bounds a session where permessage-deflate was agreed: the message limit, and memory.
#include <new>
#include <string>

#include "mod_websocket/frame/close_code.hh"
#include "mod_websocket/session/session.hh"
#include "test/unit/catch.hh"
#include "test/unit/deflate/counted_memory.hh"
#include "test/unit/deflate/zlib_peer.hh"
#include "test/unit/frame/bytes.hh"
#include "test/unit/frame/feeder.hh"
#include "test/unit/session/inflating.hh"
#include "test/unit/session/listener.hh"

namespace websocket::session {
namespace {

using deflate::Agreement;
using deflate::test::CountedMemory;
using deflate::test::noise;
using deflate::test::prose;
using deflate::test::ZlibCompressor;
using frame::CloseCode;
using frame::Violation;
using frame::test::Bytes;
using frame::test::frame;
using frame::test::k_fin;
using frame::test::k_rsv1;
using frame::test::operator+;
using frame::test::text_frame;
using test::Chunks;
using test::Events;
using test::fragments;
using test::hostile_chunks;
using test::k_binary;
using test::k_ping;
using test::k_text;
using test::k_whole_binary;
using test::k_whole_text;
using test::Listener;
using test::receive;
using test::violation_of;

TEST_CASE("the message limit counts what is inflated", "[session][rfc6455-10.4]") {
  const Limits limits{.max_message = 1000};
  ZlibCompressor client(15, false);
  const Bytes at_limit = frame(k_whole_binary, client.message(std::string(1000, 'x')));
  const Bytes beyond = frame(k_whole_binary, client.message(std::string(1001, 'x')));
  SECTION("up to the limit all is well, message after message") {
    const Chunks chunks = hostile_chunks();
    CHECK(receive(at_limit, chunks, limits).events ==
          Events{"binary " + std::string(1000, 'x') + '.'});
    CHECK(receive(at_limit + at_limit, chunks, limits).events.size() == 2);
  }
  SECTION("one byte more is too much, and is never handed out") {
    const Chunks chunks = hostile_chunks();
    const Listener heard = receive(beyond, chunks, limits);
    CHECK(heard.violation == Violation::message_too_big);
    CHECK(frame::close_code(*heard.violation) == CloseCode::too_big);
    CHECK(heard.data_bytes <= 1000);
    CHECK(violation_of(beyond, limits) == Violation::message_too_big);
  }
  SECTION("over all fragments") {
    const std::string payload = client.message(prose(1001));
    CHECK(violation_of(fragments(k_text, payload, 10, frame(k_ping, "p")), limits) ==
          Violation::message_too_big);
  }
  SECTION("not over messages, nor over plain ones beside them") {
    Bytes input;
    for (int i = 0; i < 10; ++i) input = input + at_limit + frame(k_fin | k_binary, "0123456789");
    CHECK(receive(input, {1U << 20U, 1024}, limits).events.size() == 20);
  }
  SECTION("and what is wrong before it is told first") {
    const std::string message = std::string(900, 'x') + '\xFF' + std::string(5000, 'x');
    const std::string payload = client.message(message);
    CHECK(violation_of(frame(k_whole_text, payload), limits) == Violation::invalid_utf8);
    CHECK(violation_of(frame(k_whole_binary, payload), limits) == Violation::message_too_big);
    // In plain fragments too: each of them would fit by itself.
    CHECK(violation_of(frame(k_text, message.substr(0, 800)) + frame(0, message.substr(800, 800)),
                       limits) == Violation::invalid_utf8);
  }
  SECTION("a limit of 0 is no limit") {
    CHECK(receive(beyond, {1U << 20U, 1024}, {.max_message = 0}).data_bytes == 1001);
  }
}

TEST_CASE("a message at the limit may be longer compressed", "[session][rfc6455-10.4]") {
  // At level 0 every block is stored, and here one byte long; at 6 noise is stored in larger ones.
  const std::size_t size = GENERATE(1U, 100U, 65536U);
  const Limits limits{.max_message = size};
  const int level = GENERATE(0, 6);
  const std::string message = noise(size);
  const std::string payload = ZlibCompressor(15, true, level).message(message);
  REQUIRE(payload.size() > size);
  CHECK(receive(frame(k_whole_binary, payload), {4096, 1024}, limits).events ==
        Events{"binary " + message + '.'});
}

TEST_CASE("a frame too long for its message is refused on its header", "[session][rfc6455-10.4]") {
  const Limits limits{.max_message = 8000};
  const auto header_of = [](unsigned first_byte, std::size_t size) {
    Bytes whole = frame(first_byte, std::string(size, 'x'));
    whole.resize(4);  // up to the length
    return whole;
  };
  CHECK_FALSE(receive(header_of(k_whole_binary, 10024), {100, 1024}, limits).violation);
  CHECK(receive(header_of(k_whole_binary, 10025), {100, 1024}, limits).violation ==
        Violation::message_too_big);
  CHECK(receive(frame(k_rsv1 | k_binary, "") + header_of(k_fin, 10025), {100, 1024}, limits)
            .violation == Violation::message_too_big);
  // A plain one beside them is refused at the limit itself.
  CHECK_FALSE(receive(header_of(k_fin | k_binary, 8000), {100, 1024}, limits).violation);
  CHECK(receive(header_of(k_fin | k_binary, 8001), {100, 1024}, limits).violation ==
        Violation::message_too_big);
  CHECK(receive(frame(k_binary, "") + header_of(k_fin, 8001), {100, 1024}, limits).violation ==
        Violation::message_too_big);
}

TEST_CASE("a bomb is stopped while it is inflated", "[session][rfc6455-10.4]") {
  const std::string payload = ZlibCompressor().message(std::string(64U << 20U, '\0'));
  REQUIRE(payload.size() < 66000);
  const std::uint64_t limit = GENERATE(1000U, 1U << 20U);
  const std::size_t room = GENERATE(1024U, 65536U);
  const Bytes input = GENERATE_REF(frame(k_whole_binary, payload),
                                   fragments(k_binary, payload, 1000, frame(k_ping, "")));
  CountedMemory memory;
  Bytes storage = input;
  Bytes space(room);
  Session session({.max_message = limit}, Agreement{});
  std::span<std::byte> rest(storage);
  std::uint64_t delivered = 0;
  while (true) {
    const Event event = session.receive(rest, space);
    if (const auto* data = std::get_if<Data>(&event)) {
      delivered += data->payload.size();
      CHECK_FALSE(data->message_ends);
    }
    if (const auto* failed = std::get_if<Failed>(&event)) {
      CHECK(failed->violation == Violation::message_too_big);
      break;
    }
    REQUIRE_FALSE(std::holds_alternative<Drained>(event));
  }
  CHECK(delivered <= limit);
  CHECK(delivered + room >= limit);
  // zlib writes at most 258 bytes for what can be as little as two bits.
  CHECK(input.size() - rest.size() <= limit / 1000 + 200 + payload.size() / 100);
  CHECK(memory.most_held() <= (1U << 15U) + 8192);
  CHECK(std::holds_alternative<Drained>(session.receive(rest, space)));
}

TEST_CASE("a session holds zlib's memory only where it must", "[session][rfc7692-7.1.1.2]") {
  CountedMemory memory;
  const bool takeover = GENERATE(true, false);
  ZlibCompressor client(12, takeover);
  Listener listener({}, {.client_takeover = takeover, .client_window = 12}, 1024);
  listener.feed(text_frame("plain"));
  CHECK(memory.allocations() == 0);
  const std::string payload = client.message(prose(10000));
  listener.feed(frame(k_rsv1 | k_text, payload.substr(0, 500)));
  CHECK(memory.held() > 0);
  listener.feed(frame(k_fin, payload.substr(500)));
  CHECK((memory.held() > 0) == takeover);
  listener.feed(text_frame("plain"));
  CHECK((memory.held() > 0) == takeover);
  CHECK(listener.events == Events{"text plain.", "text " + prose(10000) + '.', "text plain."});
}

TEST_CASE("memory that a session cannot have is told", "[session]") {
  const std::size_t failing = GENERATE(1U, 2U);
  CountedMemory memory(failing);
  Session session({}, Agreement{});
  Bytes input = frame(k_whole_text, ZlibCompressor().message(prose(10000)));
  Bytes room(1024);
  std::span<std::byte> rest(input);
  CHECK_THROWS_AS(
      [&] {
        while (!std::holds_alternative<Drained>(session.receive(rest, room))) continue;
      }(),
      std::bad_alloc);
}

}  // namespace
}  // namespace websocket::session
