// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/session/session.hh"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "test/unit/catch.hh"
#include "test/unit/frame/bytes.hh"
#include "test/unit/frame/feeder.hh"
#include "test/unit/session/listener.hh"

namespace websocket::session {
namespace {

using frame::CloseCode;
using frame::Violation;
using frame::test::Bytes;
using frame::test::bytes;
using frame::test::frame;
using frame::test::k_fin;
using frame::test::operator+;
using frame::test::text;
using frame::test::text_frame;

using test::Events;
using test::k_binary;
using test::k_close;
using test::k_ping;
using test::k_pong;
using test::k_text;
using test::Listener;

// In one go, in two parts cut at every point, and a byte at a time: all must tell the same.
Events receive_every_way(const Bytes& input, Limits limits = {}) {
  Listener whole(limits);
  whole.feed(input);
  for (std::size_t split = 0; split <= input.size(); ++split) {
    Listener cut(limits);
    cut.feed(std::span(input).first(split));
    cut.feed(std::span(input).subspan(split));
    CAPTURE(split);
    REQUIRE(cut.events == whole.events);
    REQUIRE(cut.session.state() == whole.session.state());
  }
  Listener trickle(limits);
  for (const std::byte& byte : input) trickle.feed({&byte, 1});
  REQUIRE(trickle.events == whole.events);
  REQUIRE(trickle.session.state() == whole.session.state());
  return whole.events;
}

Event last_event(Session& session, const Bytes& input) {
  Bytes copy = input;
  std::span<std::byte> rest(copy);
  Event last = Drained{};
  while (true) {
    Event event = session.receive(rest);
    if (std::holds_alternative<Drained>(event)) return last;
    last = std::move(event);
  }
}

Violation violation_of(const Bytes& input, Limits limits = {}) {
  Session session(limits);
  const Event event = last_event(session, input);
  REQUIRE(std::holds_alternative<Failed>(event));
  REQUIRE(session.state() == State::failed);
  return std::get<Failed>(event).violation;
}

Bytes close_frame(unsigned code, std::string_view reason = "") {
  const std::array<char, 2> number = {static_cast<char>(code >> 8U), static_cast<char>(code)};
  return frame(k_close, std::string(number.data(), 2) + std::string(reason));
}

Bytes sent(const ControlFrame& frame) { return {frame.bytes().begin(), frame.bytes().end()}; }

TEST_CASE("a stream of frames tells the same however it is cut", "[session][rfc6455-5.2]") {
  const Bytes stream =
      text_frame("hello") + frame(k_binary, "one ") + frame(k_ping, "are you there") +
      frame(0, "") + frame(k_pong, "unasked") + frame(k_fin, "two") + frame(k_fin | k_binary, "") +
      frame(k_fin | k_binary, std::string(200, 'x')) + frame(k_ping, "") + close_frame(1000, "bye");
  CHECK(receive_every_way(stream) ==
        Events{"text hello.", "ping, pong 8a0d61726520796f75207468657265", "pong",
               "binary one two.", "binary .", "binary " + std::string(200, 'x') + '.',
               "ping, pong 8a00", "close 1000"});
}

TEST_CASE("a text message may be cut inside its characters", "[session][rfc6455-8.1]") {
  const std::string words = "gr\xC3\xBC\xC3\x9F dich \xE2\x82\xAC \xF0\x9F\x8E\x88";
  for (std::size_t at = 0; at <= words.size(); ++at) {
    const Bytes stream = frame(k_text, words.substr(0, at)) + frame(k_fin, words.substr(at));
    CAPTURE(at);
    CHECK(receive_every_way(stream) == Events{"text " + words + '.'});
  }
}

TEST_CASE("a message that ends inside a character is not UTF-8", "[session][rfc6455-8.1]") {
  CHECK(violation_of(text_frame("\xE2\x82")) == Violation::invalid_utf8);
  CHECK(violation_of(frame(k_text, "\xE2\x82") + frame(k_fin, "")) == Violation::invalid_utf8);
}

TEST_CASE("what can never become UTF-8 fails at once", "[session][rfc6455-8.1]") {
  // F4 may be followed by 80-8F only; the frame announces ten bytes more that never come.
  Bytes stream = frame(k_text,
                       "ok \xF4\x90"
                       "0123456789");
  stream.resize(stream.size() - 10);
  Listener listener;
  listener.feed(std::span(stream).first(stream.size() - 1));
  CHECK(listener.session.state() == State::open);
  listener.feed(std::span(stream).last(1));
  CHECK(listener.session.state() == State::failed);
}

TEST_CASE("every message's text is checked by itself", "[session][rfc6455-8.1]") {
  CHECK(receive_every_way(text_frame("a") + frame(k_fin | k_binary, "\xFF\xC3") +
                          text_frame("\xC3\xBC")) ==
        Events{"text a.", "binary \xFF\xC3.", "text \xC3\xBC."});
}

TEST_CASE("the message limit counts over all fragments", "[session][rfc6455-10.4]") {
  const Limits limits{.max_message = 10};
  SECTION("up to the limit all is well, message after message") {
    CHECK(receive_every_way(frame(k_binary, "0123") + frame(0, "456") + frame(k_ping, "p") +
                                frame(k_fin, "789") + frame(k_fin | k_binary, "0123456789"),
                            limits) ==
          Events{"ping, pong 8a0170", "binary 0123456789.", "binary 0123456789."});
  }
  SECTION("one byte more in the last fragment is too much") {
    CHECK(violation_of(frame(k_binary, "012345") + frame(k_fin, "6789A"), limits) ==
          Violation::message_too_big);
  }
  SECTION("one long frame is refused on its header") {
    const Bytes long_frame = frame(k_fin | k_binary, "0123456789A");
    CHECK(violation_of({long_frame.begin(), long_frame.begin() + 2}, limits) ==
          Violation::message_too_big);
  }
  SECTION("control frames do not count") {
    CHECK(receive_every_way(
              frame(k_binary, "01234") + frame(k_ping, "0123456789ABCDEF") + frame(k_fin, "56789"),
              limits)
              .back() == "binary 0123456789.");
  }
}

TEST_CASE("a limit of 0 is no limit", "[session]") {
  CHECK(receive_every_way(frame(k_fin | k_binary, "0123456789"), {.max_message = 0}) ==
        Events{"binary 0123456789."});
}

TEST_CASE("a ping is answered with its own payload", "[session][rfc6455-5.5.3]") {
  const std::string payload(125, 'p');
  Session session({});
  const Event event = last_event(session, frame(k_ping, payload));
  CHECK(sent(std::get<Pinged>(event).pong) == bytes({0x8A, 0x7D}) + bytes(payload));
}

TEST_CASE("a ping after our Close gets no pong", "[session][rfc6455-5.5.1]") {
  Session session({});
  CHECK_FALSE(session.close(CloseCode::normal, "").empty());
  CHECK(session.state() == State::close_sent);
  const Event event = last_event(session, frame(k_ping, "p"));
  CHECK(std::get<Pinged>(event).pong.empty());
}

TEST_CASE("data still comes in after our Close", "[session][rfc6455-7.1.2]") {
  Listener listener;
  listener.feed(frame(k_binary, "half a "));
  CHECK_FALSE(listener.session.close(CloseCode::normal, "").empty());
  listener.feed(frame(k_fin, "message") + close_frame(1000));
  CHECK(listener.events == Events{"binary half a message.", "close 1000"});
  CHECK(listener.session.state() == State::closed);
}

TEST_CASE("the code of a Close is handed out to be echoed", "[session][rfc6455-5.5.1]") {
  const unsigned code = GENERATE(1000U, 1001U, 1003U, 1007U, 1011U, 1014U, 3000U, 4999U);
  Listener listener;
  listener.feed(close_frame(code, "because"));
  CHECK(listener.events == Events{"close " + std::to_string(code)});
  CHECK(listener.session.state() == State::close_received);
  CHECK(sent(listener.session.close(static_cast<CloseCode>(code), "")) ==
        bytes({0x88, 0x02, code >> 8U, code & 0xFFU}));
  CHECK(listener.session.state() == State::closed);
}

TEST_CASE("an empty Close has no code, and neither has its answer", "[session][rfc6455-5.5.1]") {
  Listener listener;
  listener.feed(frame(k_close, ""));
  CHECK(listener.events == Events{"close empty"});
  CHECK(sent(listener.session.close_without_code()) == bytes({0x88, 0x00}));
  CHECK(listener.session.state() == State::closed);
}

TEST_CASE("what follows a Close is ignored", "[session][rfc6455-5.5.1]") {
  CHECK(receive_every_way(close_frame(1000) + frame(k_ping, "p") + text_frame("more") +
                          bytes({0xFF, 0xFF})) == Events{"close 1000"});
}

TEST_CASE("what follows a violation is ignored", "[session][rfc6455-7.1.7]") {
  CHECK(receive_every_way(text_frame("a") + frame(0x83, "?") + close_frame(1000)) ==
        Events{"text a.", "failed: the opcode is reserved"});
}

TEST_CASE("a Close that must not be sent is a violation", "[session][rfc6455-7.4]") {
  CHECK(violation_of(frame(k_close, "x")) == Violation::close_payload_truncated);
  CHECK(violation_of(close_frame(1005)) == Violation::close_code_invalid);
  CHECK(violation_of(close_frame(1000, "\xFF")) == Violation::close_reason_not_utf8);
  CHECK(receive_every_way(close_frame(1006)) ==
        Events{"failed: the code in Close must not be sent"});
}

TEST_CASE("a violation may still be answered by one Close", "[session][rfc6455-7.1.7]") {
  Session session({});
  last_event(session, bytes({0x83}));
  CHECK(session.state() == State::failed);
  CHECK(sent(session.close(CloseCode::protocol_error, "why")) ==
        bytes({0x88, 0x05, 0x03, 0xEA}) + bytes("why"));
  CHECK(session.state() == State::failed);
  CHECK(session.close(CloseCode::protocol_error, "again").empty());
}

TEST_CASE("a violation after our Close is told and not answered", "[session][rfc6455-7.1.7]") {
  Session session({});
  CHECK_FALSE(session.close(CloseCode::going_away, "").empty());
  const Event event = last_event(session, bytes({0x83}));
  CHECK(std::holds_alternative<Failed>(event));
  CHECK(session.close(CloseCode::protocol_error, "").empty());
}

TEST_CASE("a session sends one Close and nothing after it", "[session][rfc6455-5.5.1]") {
  Session session({});
  CHECK(session.may_send_data());
  CHECK_FALSE(session.close_was_sent());
  CHECK(sent(session.close(CloseCode::service_restart, "later")) ==
        bytes({0x88, 0x07, 0x03, 0xF4}) + bytes("later"));
  CHECK(session.close_was_sent());
  CHECK_FALSE(session.may_send_data());
  CHECK(session.close(CloseCode::normal, "").empty());
  CHECK(session.close_without_code().empty());
  CHECK(session.ping({}).empty());
}

TEST_CASE("data may be sent between the peer's Close and ours", "[session][rfc6455-5.5.1]") {
  Session session({});
  last_event(session, close_frame(1000));
  CHECK(session.may_send_data());
  CHECK_FALSE(session.ping({}).empty());
  CHECK_FALSE(session.close(CloseCode::normal, "").empty());
  CHECK_FALSE(session.may_send_data());
  CHECK(session.ping({}).empty());
}

TEST_CASE("a Ping carries at most 125 bytes", "[session][rfc6455-5.5]") {
  Session session({});
  CHECK(sent(session.ping({})) == bytes({0x89, 0x00}));
  CHECK(sent(session.ping(bytes("now"))) == bytes({0x89, 0x03}) + bytes("now"));
  const ControlFrame longest = session.ping(bytes(std::string(200, 'x')));
  CHECK(sent(longest) == bytes({0x89, 0x7D}) + bytes(std::string(125, 'x')));
}

TEST_CASE("a long reason is cut between characters", "[session][rfc6455-5.5.1]") {
  Session session({});
  // 122 bytes, then one character of two: only 123 bytes fit.
  const ControlFrame close = session.close(CloseCode::normal, std::string(122, 'x') + "\xC3\xBC");
  CHECK(close.bytes().size() == 2 + 2 + 122);
}

TEST_CASE("states have names", "[session]") {
  CHECK(name(State::open) == "open");
  CHECK(name(State::close_sent) == "close_sent");
  CHECK(name(State::close_received) == "close_received");
  CHECK(name(State::closed) == "closed");
  CHECK(name(State::failed) == "failed");
}

}  // namespace
}  // namespace websocket::session
