// SPDX-License-Identifier: Apache-2.0
// Tunnels whose messages are not simply the target's bytes: framings, compression, the echo.
#include <zlib.h>

#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "mod_websocket/tunnel/echo_end.hh"
#include "test/unit/catch.hh"
#include "test/unit/frame/feeder.hh"
#include "test/unit/support/bench.hh"

namespace websocket::tunnel::test {
namespace {

using frame::Opcode;
using frame::test::frame;
using frame::test::k_fin;
using frame::test::operator+;

constexpr unsigned k_rsv1 = 0x40;

Bytes text_message(std::string_view payload) { return frame(k_fin | 0x01, payload); }

// A message as a client with a fresh compressor sends it (RFC 7692 section 7.2.1).
Bytes compressed_message(std::string_view payload) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, payload.size()) + 16, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(payload.data()));
  stream.avail_in = static_cast<uInt>(payload.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(::deflate(&stream, Z_SYNC_FLUSH) == Z_OK);
  out.resize(out.size() - stream.avail_out - 4);
  deflateEnd(&stream);
  return frame(k_fin | k_rsv1 | 0x02, out);
}

Protocol with(framing::Form form) {
  Protocol protocol;
  protocol.style = {.form = form, .text = form == framing::Form::lines};
  return protocol;
}

Protocol compressing(framing::Form form = framing::Form::binary) {
  Protocol protocol = with(form);
  protocol.compression = deflate::Agreement{
      .server_takeover = true, .client_takeover = false, .server_window = 12, .client_window = 15};
  return protocol;
}

std::unique_ptr<Bench> echo(Protocol protocol = with(framing::Form::echo)) {
  return std::make_unique<Bench>(protocol, std::make_unique<EchoEnd>());
}

// ---- framings ------------------------------------------------------------------------------

TEST_CASE("lines: each message is a line for the target, and each line a message", "[tunnel]") {
  Bench bench({}, with(framing::Form::lines));
  bench.client_sends(text_message("NICK a") + text_message("JOIN #b\r\n"));
  bench.target_sends("PING :1\r\nNOTI");
  bench.serve();
  CHECK(bench.target_got() == "NICK a\r\nJOIN #b\r\n");
  CHECK(bench.frames() == std::vector<ServerFrame>{{Opcode::text, "PING :1", true}});
  bench.target_sends("CE\r\n");
  bench.serve();
  CHECK(bench.frames().back() == ServerFrame{Opcode::text, "NOTICE", true});
  CHECK(bench.tunnel->account().client_messages == 2);
  CHECK(bench.tunnel->account().target_messages == 2);
}

TEST_CASE("lines: a second command in a message closes the tunnel, the first is not lost",
          "[tunnel]") {
  Bench bench({}, with(framing::Form::lines));
  bench.client_sends(text_message("ok") + text_message("NICK a\r\nOPER b") + text_message("later"));
  bench.serve();
  CHECK(bench.target_got().starts_with("ok\r\n"));
  CHECK(bench.target_got().find("OPER") == std::string::npos);
  CHECK(bench.close()->close_code() == 1007);
  CHECK(bench.target->finished);
  CHECK(bench.tunnel->account().violation == frame::Violation::line_break);
}

TEST_CASE("lines: what the target had said when it ended comes before the Close", "[tunnel]") {
  Bench bench({}, with(framing::Form::lines));
  bench.target_sends("ERROR :bye\r\nlast words");
  bench.target->input_ended = true;
  bench.serve();
  CHECK(bench.client_got() == "ERROR :byelast words");
  CHECK(bench.close()->close_code() == 1000);
}

TEST_CASE("lines: a target that never ends its line is cut off", "[tunnel]") {
  Protocol protocol = with(framing::Form::lines);
  protocol.style.max_line = 10;
  Bench bench({}, protocol);
  bench.target_sends("short\r\n" + std::string(11, 'x'));
  bench.serve();
  CHECK(bench.client_got() == "short");
  CHECK(bench.close()->close_code() == 1014);
  CHECK(bench.tunnel->account().ending == Ending::target_misframed);
  CHECK(bench.tunnel->account().fault == framing::Fault::line_too_long);
  bench.client_sends(text_message("heard") + close_frame(1014));
  bench.peers_finish();
  CHECK(bench.target_got() == "heard\r\n");
  CHECK(bench.tunnel->finished());
}

TEST_CASE("text: characters are never split and what is no UTF-8 is named", "[tunnel]") {
  Bench bench({}, with(framing::Form::text));
  bench.target_sends("gr\xc3");
  bench.serve();
  bench.target_sends("\xbc\xc3\x9f");
  bench.serve();
  REQUIRE(bench.frames().size() == 3);
  CHECK(bench.frames()[0] == ServerFrame{Opcode::text, "gr"});
  CHECK(bench.frames()[1] == ServerFrame{Opcode::text, "\xc3\xbc", true, false});
  CHECK(bench.frames()[2] == ServerFrame{Opcode::continuation, "\xc3\x9f"});
  bench.target_sends("good\xff");
  bench.serve();
  CHECK(bench.client_got().ends_with("good"));
  CHECK(bench.close()->close_code() == 1014);
  CHECK(bench.tunnel->account().fault == framing::Fault::not_utf8);
}

TEST_CASE("a kind of message that the framing does not take is 1003", "[tunnel][rfc6455-7.4.1]") {
  const auto [form, wrong] =
      GENERATE(std::pair(framing::Form::mqtt, 0x01U), std::pair(framing::Form::text, 0x02U));
  Bench bench({}, with(form));
  bench.client_sends(frame(k_fin | wrong, "x"));
  bench.serve();
  CHECK(bench.target_got().empty());
  CHECK(bench.close()->close_code() == 1003);
}

TEST_CASE("what came before a message of the wrong kind is not lost", "[tunnel][rfc6455-7.4.1]") {
  const auto [form, right, wrong] = GENERATE(std::tuple(framing::Form::mqtt, 0x02U, 0x01U),
                                             std::tuple(framing::Form::text, 0x01U, 0x02U));
  const bool compresses = GENERATE(false, true);
  Bench bench({}, compresses ? compressing(form) : with(form));
  bench.client_sends(frame(k_fin | right, "go") + frame(k_fin | right, "od") +
                     frame(k_fin | wrong, "x") + frame(k_fin | right, "late"));
  bench.serve();
  CHECK(bench.target_got() == "good");
  CHECK(bench.close()->close_code() == 1003);
}

TEST_CASE("a whole read of the target is one frame in one write, whatever the framing",
          "[tunnel]") {
  const auto form = GENERATE(framing::Form::binary, framing::Form::mqtt, framing::Form::text);
  Bench bench({}, with(form));
  bench.target_sends(std::string(ReadSize::k_small, 'x'));
  bench.serve();
  REQUIRE(bench.frames().size() == 1);
  CHECK(bench.client->writes == 1);
}

// ---- compression ---------------------------------------------------------------------------

TEST_CASE("a small frame that becomes much waits for the target, and memory does not grow",
          "[tunnel][rfc7692-7.2.2]") {
  Bench bench({}, compressing());
  const std::string much(8U << 20U, 'm');
  const Bytes small = compressed_message(much);
  REQUIRE(small.size() < 20'000);
  bench.target->room = 1000;
  bench.client_sends(small + message("behind it"));
  bench.serve();
  CHECK(bench.target->output.size() == 1000);
  const std::uint64_t inflated = bench.tunnel->account().client_bytes;
  CHECK(inflated <= 3 * Scratch::k_inflated);
  for (int step = 0; step < 20; ++step) {
    bench.target->room = 100'000;
    bench.serve();
    CHECK(bench.tunnel->account().client_bytes <= bench.target->output.size() + inflated);
  }
  bench.target->room = k_unlimited;
  bench.serve();
  CHECK(bench.target_got() == much + "behind it");
}

TEST_CASE("a bomb is stopped at the limit, whatever its frame says", "[tunnel][rfc6455-10.4]") {
  Protocol protocol = compressing();
  protocol.limits.max_message = 1U << 20U;
  Bench bench({}, protocol);
  bench.client_sends(compressed_message(std::string(16U << 20U, '0')));
  bench.serve();
  CHECK(bench.target->output.size() <= (1U << 20U));
  CHECK(bench.close()->close_code() == 1009);
}

TEST_CASE("what waits to be inflated is dropped with the client's right to be heard", "[tunnel]") {
  Bench bench({.close_timeout = 5s}, compressing());
  bench.target->room = 0;
  bench.client_sends(compressed_message(std::string(1U << 20U, 'm')));
  bench.serve();
  bench.tunnel->close(frame::CloseCode::service_restart, "", bench.now);
  bench.pass(10min);
  CHECK(bench.tunnel->finished());
}

TEST_CASE("the target's bytes go out compressed where that is worth it", "[tunnel]") {
  Bench bench({}, compressing());
  bench.target_sends(std::string(50'000, 'z'));
  bench.serve();
  CHECK(bench.client->output.size() < 1000);
  CHECK((std::to_integer<unsigned>(bench.client->output[0]) & k_rsv1) != 0);
  CHECK(bench.tunnel->account().target_bytes == 50'000);
}

// ---- the echo ------------------------------------------------------------------------------

TEST_CASE("the echo gives back every message as it came", "[tunnel][echo]") {
  const auto bench = echo();
  bench->client_sends(text_message("text") + message("binary") + text_message("") + ping("p"));
  bench->serve();
  std::vector<ServerFrame> data;
  for (const ServerFrame& each : bench->frames()) {
    if (!frame::is_control(each.opcode)) data.push_back(each);
  }
  CHECK(data == std::vector<ServerFrame>{{Opcode::text, "text", true},
                                         {Opcode::binary, "binary", true},
                                         {Opcode::text, "", true}});
  CHECK(bench->frames().size() == 4);
}

TEST_CASE("the echo has said all before it answers a Close or names a fault", "[tunnel][echo]") {
  const auto [last, code] = GENERATE(std::pair(close_frame(3000, "bye"), 3000U),
                                     std::pair(frame(0x83, "reserved"), 1002U));
  const auto bench = echo();
  bench->client_sends(text_message("before") + last + text_message("after"));
  bench->serve();
  CHECK(bench->client_got() == "before");
  REQUIRE(bench->close());
  CHECK(bench->close()->close_code() == code);
  bench->client->input_ended = true;
  bench->serve();
  CHECK(bench->tunnel->finished());
}

TEST_CASE("the echo never forgets what waits for its own room", "[tunnel][echo]") {
  // However many bounded services it takes, and wherever they stop.
  const std::size_t size = GENERATE(range(std::size_t{1}, std::size_t{40}));
  const auto bench = echo(compressing(framing::Form::echo));
  bench->client_sends(compressed_message(std::string(size * 30'000, 'x')));
  bench->serve();
  CHECK(bench->tunnel->account().target_bytes == size * 30'000);
}

TEST_CASE("a client that does not read stops the echo, and nothing is lost", "[tunnel][echo]") {
  const auto bench = echo();
  bench->client->room = 100;
  std::string all;
  for (int i = 0; i < 400; ++i) {
    const std::string one(1000, static_cast<char>('a' + i % 26));
    all += one;
    bench->client_sends(message(one));
  }
  bench->serve();
  CHECK_FALSE(bench->client->input.empty());
  CHECK(bench->tunnel->account().client_bytes <= 5 * ReadSize::k_small);
  bench->client->room = k_unlimited;
  bench->serve();
  CHECK(bench->client_got() == all);
}

TEST_CASE("early bytes are echoed too", "[tunnel][echo]") {
  const auto bench = echo();
  bench->feed_early(message("early"));
  CHECK(bench->tunnel->has_more_to_serve());
  bench->serve();
  CHECK(bench->client_got() == "early");
}

TEST_CASE("the server closes an echo like any tunnel", "[tunnel][echo]") {
  const auto bench = echo();
  bench->client_sends(message("x"));
  bench->serve();
  bench->tunnel->close(frame::CloseCode::going_away, "", bench->now);
  bench->client_sends(close_frame(1001));
  bench->serve();
  bench->client->input_ended = true;
  bench->serve();
  CHECK(bench->close()->close_code() == 1001);
  CHECK(bench->tunnel->finished());
}

}  // namespace
}  // namespace websocket::tunnel::test
