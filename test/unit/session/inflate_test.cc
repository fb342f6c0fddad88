// SPDX-License-Identifier: Apache-2.0
// Sessions where permessage-deflate was agreed.
#include <algorithm>
#include <string>
#include <string_view>

#include "mod_websocket/frame/close_code.hh"
#include "mod_websocket/session/session.hh"
#include "test/unit/catch.hh"
#include "test/unit/deflate/zlib_peer.hh"
#include "test/unit/frame/bytes.hh"
#include "test/unit/frame/feeder.hh"
#include "test/unit/session/inflating.hh"
#include "test/unit/session/listener.hh"

namespace websocket::session {
namespace {

using deflate::Agreement;
using deflate::test::noise;
using deflate::test::prose;
using deflate::test::ZlibCompressor;
using frame::CloseCode;
using frame::Violation;
using frame::test::Bytes;
using frame::test::bytes;
using frame::test::frame;
using frame::test::k_fin;
using frame::test::k_rsv1;
using frame::test::operator+;
using frame::test::text;
using frame::test::text_frame;
using test::Chunks;
using test::Events;
using test::fragments;
using test::hostile_chunks;
using test::k_binary;
using test::k_close;
using test::k_ping;
using test::k_pong;
using test::k_text;
using test::k_whole_binary;
using test::k_whole_text;
using test::Listener;
using test::receive;
using test::violation_of;

TEST_CASE("only with an agreement does a session inflate", "[session][rfc7692-6]") {
  CHECK_FALSE(Session({}).inflates());
  CHECK(Session({}, Agreement{}).inflates());
  Listener plain;
  plain.feed(frame(k_whole_text, "\xF2\x48\xCD\xC9\xC9\x07"));
  CHECK(plain.violation == Violation::reserved_bits);
}

TEST_CASE("the RFC's examples arrive as they were meant", "[session][rfc7692-7.2.3]") {
  const Chunks chunks = hostile_chunks();
  const auto payload = [](std::initializer_list<unsigned> values) { return text(bytes(values)); };
  const std::string hello = payload({0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00});
  const Bytes input =
      // 7.2.3.1, in one frame and in two
      frame(k_whole_text, hello) + frame(k_rsv1 | k_text, hello.substr(0, 3)) +
      frame(k_fin, hello.substr(3)) +
      // 7.2.3.2 to 7.2.3.6
      frame(k_whole_text, payload({0xF2, 0x00, 0x11, 0x00, 0x00})) +
      frame(k_whole_text,
            payload({0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00})) +
      frame(k_whole_text, payload({0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00})) +
      frame(k_whole_text, payload({0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9,
                                   0x07, 0x00})) +
      frame(k_whole_text, payload({0x00})) +
      frame(k_rsv1 | k_text,
            payload({0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00, 0x00, 0xFF, 0xFF})) +
      frame(k_fin, payload({0x00}));
  CHECK(receive(input, chunks).events == Events{"text Hello.", "text Hello.", "text Hello.",
                                                "text Hello.", "text Hello.", "text Hello.",
                                                "text .", "text Hello."});
}

TEST_CASE("messages arrive however they are compressed and cut", "[session][rfc7692-7.2.2]") {
  const Chunks chunks = hostile_chunks();
  const int window = GENERATE(9, 15);
  const bool takeover = GENERATE(true, false);
  CAPTURE(chunks.input, chunks.room, window, takeover);
  ZlibCompressor client(window, takeover);
  Bytes input;
  Events expected;
  for (const std::string& message :
       {prose(2000), prose(2000), std::string(), std::string(4000, 'x'), prose(3), std::string(),
        prose(2000)}) {
    input = input + frame(k_whole_text, client.message(message));
    expected.push_back("text " + message + '.');
    // What is not compressed does not enter the window (section 7.2.3.2).
    input = input + text_frame(message);
    expected.push_back("text " + message + '.');
  }
  CHECK(receive(input, chunks, {}, {.client_takeover = takeover, .client_window = window}).events ==
        expected);
}

TEST_CASE("many small messages arrive one by one", "[session][rfc7692-7.2.2]") {
  ZlibCompressor client;
  Bytes input;
  Events expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string message = "{\"sequence\": " + std::to_string(i) + '}';
    input = input + frame(k_whole_text, client.message(message));
    expected.push_back("text " + message + '.');
  }
  CHECK(receive(input, GENERATE(Chunks{65536, 1024}, Chunks{100, 5})).events == expected);
}

TEST_CASE("control frames come between the fragments of a compressed message",
          "[session][rfc7692-6.1]") {
  const Chunks chunks = hostile_chunks();
  const std::size_t size = GENERATE(1U, 2U, 50U);
  ZlibCompressor client;
  const std::string message = prose(600);
  const std::string payload = client.message(message);
  const Bytes input = fragments(k_text, payload, size, frame(k_ping, "p") + frame(k_pong, "")) +
                      frame(k_whole_text, client.message(message));
  const Listener heard = receive(input, chunks);
  const auto pings = (payload.size() - 1) / size;
  CHECK(std::ranges::count(heard.events, "ping, pong 8a0170") ==
        static_cast<std::ptrdiff_t>(pings));
  CHECK(std::ranges::count(heard.events, "pong") == static_cast<std::ptrdiff_t>(pings));
  CHECK(std::ranges::count(heard.events, "text " + message + '.') == 2);
  CHECK(heard.events.size() == 2 * pings + 2);
}

TEST_CASE("empty fragments of a compressed message are of no account", "[session][rfc7692-6.1]") {
  const Chunks chunks = hostile_chunks();
  ZlibCompressor client;
  const std::string payload = client.message("Hello");
  const Bytes input = frame(k_rsv1 | k_text, "") + frame(0, payload.substr(0, 2)) + frame(0, "") +
                      frame(0, payload.substr(2)) + frame(k_fin, "") +
                      // no payload at all
                      frame(k_rsv1 | k_binary, "") + frame(k_fin, "") + frame(k_whole_binary, "") +
                      frame(k_whole_text, client.message("Hello"));
  CHECK(receive(input, chunks).events ==
        Events{"text Hello.", "binary .", "binary .", "text Hello."});
}

TEST_CASE("what is left of the input stays for the next call", "[session][rfc7692-7.2.2]") {
  ZlibCompressor client;
  const std::string message(100000, 'x');
  Bytes input = frame(k_whole_binary, client.message(message)) + frame(k_ping, "p");
  const std::size_t ping_at = input.size() - 7;
  Session session({}, Agreement{});
  Bytes room(1024);
  std::string received;
  std::span<std::byte> rest(input);
  while (received.size() < message.size()) {
    const Event event = session.receive(rest, room);
    const auto* data = std::get_if<Data>(&event);
    REQUIRE(data);
    CHECK(data->payload.data() == room.data());
    received += text(data->payload);
    // Nothing behind the message has been touched, and the ping comes only after all of it.
    CHECK(rest.size() >= 7);
    CHECK(std::equal(rest.end() - 7, rest.end(), frame(k_ping, "p").begin()));
    CHECK(data->message_ends == (received.size() == message.size() && rest.size() == 7));
  }
  CHECK(received == message);
  CHECK(rest.data() >= input.data() + ping_at - 5);
  Event event = session.receive(rest, room);
  if (const auto* data = std::get_if<Data>(&event)) {
    // The room was filled to the last byte: the end comes by itself.
    CHECK(data->payload.empty());
    CHECK(data->message_ends);
    event = session.receive(rest, room);
  }
  CHECK(std::holds_alternative<Pinged>(event));
  CHECK(std::holds_alternative<Drained>(session.receive(rest, room)));
}

TEST_CASE("plain messages keep to the caller's input where compression was agreed", "[session]") {
  Bytes input = frame(k_fin | k_binary, "plain");
  Session session({}, Agreement{});
  Bytes room(1024, std::byte{0xA5});
  std::span<std::byte> rest(input);
  const Event event = session.receive(rest, room);
  const auto& data = std::get<Data>(event);
  CHECK(data.payload.data() == input.data() + 6);
  CHECK(text(data.payload) == "plain");
  CHECK(room == Bytes(1024, std::byte{0xA5}));
}

TEST_CASE("text is checked after it is inflated", "[session][rfc6455-8.1]") {
  const Chunks chunks = hostile_chunks();
  ZlibCompressor client;
  const std::string words = "gr\xC3\xBC\xC3\x9F dich \xE2\x82\xAC \xF0\x9F\x8E\x88";
  CHECK(receive(fragments(k_text, client.message(words), 3, {}), chunks).events ==
        Events{"text " + words + '.'});
}

TEST_CASE("compressed text that is not UTF-8 is a violation", "[session][rfc6455-8.1]") {
  const auto* const words = GENERATE("\xFF", "ok \xED\xA0\x80", "ends in \xE2\x82", "\xC0\xAF");
  const std::string payload = ZlibCompressor().message(words);
  CHECK(violation_of(frame(k_whole_text, payload)) == Violation::invalid_utf8);
  CHECK(violation_of(fragments(k_text, payload, 2, {})) == Violation::invalid_utf8);
  CHECK(frame::close_code(Violation::invalid_utf8) == CloseCode::invalid_data);
  // As binary it is as good as anything.
  CHECK(receive(frame(k_whole_binary, payload)).events ==
        Events{"binary " + std::string(words) + '.'});
}

TEST_CASE("compressed text that can never become UTF-8 fails at once", "[session][rfc6455-8.1]") {
  ZlibCompressor client;
  std::string payload = client.flush("ok \xF4\x90", Z_SYNC_FLUSH);
  Listener listener({}, {}, 1024);
  listener.feed(frame(k_rsv1 | k_text, payload));  // its message has not ended
  CHECK(listener.violation == Violation::invalid_utf8);
}

TEST_CASE("what cannot be inflated is a violation", "[session][rfc7692-7.2.2]") {
  const std::string sound = ZlibCompressor().message(prose(300));
  const std::string payload = GENERATE_REF(
      std::string("\x06"), std::string("\xFF\xFF\xFF"), std::string("\x00\x05\x00\xFA\xFE", 5),
      std::string("Hello, this was never compressed"), sound.substr(0, sound.size() / 2),
      sound.substr(0, sound.size() - 1), sound + deflate::test::k_tail);
  CHECK(violation_of(frame(k_whole_binary, payload)) == Violation::deflate_corrupt);
  CHECK(violation_of(fragments(k_binary, payload, 1, frame(k_ping, "p"))) ==
        Violation::deflate_corrupt);
  CHECK(frame::close_code(Violation::deflate_corrupt) == CloseCode::invalid_data);
}

TEST_CASE("what is corrupt is told with the byte that shows it", "[session][rfc7692-7.2.2]") {
  // An A, and a reach beyond all that came. The message has not ended.
  const std::string payload = text(bytes({0x72, 0x04, 0x52}));
  const Listener heard = receive(frame(k_rsv1 | k_binary, payload) + frame(k_ping, "p"));
  CHECK(heard.violation == Violation::deflate_corrupt);
  CHECK(heard.data_bytes == 1);
  CHECK(std::ranges::count(heard.events, "ping, pong 8a0170") == 0);
}

TEST_CASE("all that can be inflated is told before the session is drained",
          "[session][rfc7692-7.2.2]") {
  const std::string payload =
      ZlibCompressor().message(prose(500) + std::string(5000, 'x') + noise(50));
  for (std::size_t size = 0; size <= payload.size(); ++size) {
    const Bytes fragment = frame(k_rsv1 | k_binary, payload.substr(0, size));
    const Listener roomy = receive(fragment, {65536, 65536});
    const Listener narrow = receive(fragment, {65536, 1});
    CAPTURE(size);
    CHECK(narrow.data_bytes == roomy.data_bytes);
    if (size == payload.size()) CHECK(narrow.data_bytes == 5550);
  }
}

TEST_CASE("a message that reaches back over one that was not kept is corrupt",
          "[session][rfc7692-7.1.1.2]") {
  ZlibCompressor client;  // keeps its window in spite of the agreement
  Bytes input = frame(k_whole_text, client.message(prose(300)));
  input = input + frame(k_whole_text, client.message(prose(300)));
  CHECK(receive(input).events.back() == "text " + prose(300) + '.');
  CHECK(receive(input, {1000, 1024}, {}, {.client_takeover = false}).violation ==
        Violation::deflate_corrupt);
}

TEST_CASE("RSV1 belongs to the first frame of a message", "[session][rfc7692-6.1]") {
  const std::string payload = ZlibCompressor().message("Hello");
  CHECK(violation_of(frame(k_rsv1 | k_text, payload.substr(0, 2)) +
                     frame(k_fin | k_rsv1, payload.substr(2))) == Violation::rsv1_on_continuation);
  CHECK(violation_of(frame(k_ping | k_rsv1, "p")) == Violation::rsv1_on_control);
  CHECK(violation_of(frame(k_whole_text | 0x20, payload)) == Violation::reserved_bits);
}

TEST_CASE("what follows a violation is not inflated", "[session][rfc7692-7.2.2]") {
  const Bytes more = frame(k_whole_text, ZlibCompressor().message("more"));
  CHECK(receive(frame(k_whole_text, "\x06") + more).events ==
        Events{"failed: a compressed message cannot be inflated"});
  CHECK(receive(frame(k_close, "") + more).events == Events{"close empty"});
}

TEST_CASE("compressed data still comes in after our Close", "[session][rfc6455-7.1.2]") {
  const std::string payload = ZlibCompressor().message("Hello");
  Listener listener({}, {}, 1024);
  listener.feed(frame(k_rsv1 | k_text, payload.substr(0, 3)));
  CHECK_FALSE(listener.session.close(CloseCode::normal, "").empty());
  listener.feed(frame(k_fin, payload.substr(3)) + frame(k_close, ""));
  CHECK(listener.events == Events{"text Hello.", "close empty"});
  CHECK(listener.session.state() == State::closed);
}

}  // namespace
}  // namespace websocket::session
