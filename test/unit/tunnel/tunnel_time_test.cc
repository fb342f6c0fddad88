// SPDX-License-Identifier: Apache-2.0
// A tunnel's deadlines: pings, and how long each step of closing may take.
#include <algorithm>
#include <string>

#include "test/unit/catch.hh"
#include "test/unit/frame/feeder.hh"
#include "test/unit/support/bench.hh"

namespace websocket::tunnel::test {
namespace {

using frame::CloseCode;
using frame::Opcode;
using frame::test::operator+;

std::size_t pings(const Bench& bench) {
  const auto frames = bench.frames();
  return static_cast<std::size_t>(std::ranges::count(frames, Opcode::ping, &ServerFrame::opcode));
}

// ---- keeping alive -------------------------------------------------------------------------

TEST_CASE("an open client is pinged at every interval", "[tunnel][rfc6455-5.5.2]") {
  Bench bench({.ping_interval = 10s});
  bench.pass(9'999ms);
  CHECK(bench.frames().empty());
  for (std::size_t n = 1; n <= 5; ++n) {
    bench.pass(n == 1 ? 1ms : 10'000ms);
    CHECK(pings(bench) == n);
    bench.client_sends(pong());
    bench.serve();
  }
  CHECK_FALSE(bench.tunnel->finished());
}

TEST_CASE("without an interval an open tunnel has no deadline", "[tunnel]") {
  Bench bench({.ping_interval = 0s});
  CHECK(bench.tunnel->deadline() == Time::max());
  bench.client_sends(message("up"));
  bench.target_sends("down");
  bench.pass(24h);
  CHECK(bench.tunnel->deadline() == Time::max());
  CHECK(pings(bench) == 0);
}

TEST_CASE("a client that answers no ping is given up, and its target told", "[tunnel]") {
  Bench bench({.ping_interval = 10s});
  bench.pass(19'999ms);
  CHECK_FALSE(bench.close());
  bench.pass(1ms);
  REQUIRE(bench.close());
  CHECK(bench.close()->close_code() == 1008);
  CHECK(bench.target->finished);
  CHECK(bench.tunnel->account().ending == Ending::client_silent);
  bench.pass(5s);
  CHECK(bench.tunnel->finished());
}

TEST_CASE("whatever a client sends is a sign of life", "[tunnel]") {
  Bench bench({.ping_interval = 10s});
  const Bytes half_a_header = frame::test::bytes({0x82});
  const Bytes sign = GENERATE_COPY(message("x"), ping("x"), pong(), half_a_header);
  for (int i = 0; i < 4; ++i) {
    bench.pass(10s);
    if (i < 2) bench.client_sends(sign);
    bench.serve();
  }
  // Signs after the first and the second ping; the third stayed without an answer.
  CHECK(bench.close());
  CHECK(pings(bench) == 3);
}

TEST_CASE("a client is not silent because its target is slow and it is not read", "[tunnel]") {
  Bench bench({.ping_interval = 10s});
  bench.target->room = 0;
  bench.client_sends(message("first "));
  bench.serve();
  bench.client_sends(message("second") + pong());
  bench.pass(65s);
  CHECK_FALSE(bench.close());
  CHECK(pings(bench) == 6);

  // Just before the next ping is due it is read again, and its answers are on their way.
  bench.pass(4'999ms);
  bench.target->room = 6;
  bench.client->input.clear();
  bench.pass(1ms);
  CHECK_FALSE(bench.close());
  bench.client_sends(message("second"));
  bench.target->room = k_unlimited;
  bench.serve();
  CHECK(bench.target_got() == "first second");
}

TEST_CASE("a client that takes nothing is not pinged and not called silent", "[tunnel]") {
  Bench bench({.ping_interval = 10s});
  bench.client->room = 3;
  bench.target_sends("down");
  bench.pass(100s);
  CHECK_FALSE(bench.tunnel->finished());
  bench.client->room = k_unlimited;
  bench.serve();
  CHECK(pings(bench) == 0);
  CHECK(bench.client_got() == "down");
  // From here on it is asked again, and has an interval for its answer.
  bench.pass(19s);
  CHECK(pings(bench) == 1);
  CHECK_FALSE(bench.close());
}

TEST_CASE("a ping that waited among other bytes has an interval for its answer", "[tunnel]") {
  Bench bench({.ping_interval = 10s});
  bench.pass(10s);
  CHECK(pings(bench) == 1);
  bench.client->room = 0;
  bench.target_sends("down");
  bench.pass(9'999ms);
  bench.client->room = k_unlimited;
  bench.pass(9'999ms);
  CHECK_FALSE(bench.close());
  bench.pass(2ms);
  CHECK(bench.close());
}

TEST_CASE("a ping to a client that is gone ends the tunnel", "[tunnel]") {
  Bench bench({.ping_interval = 10s});
  bench.client->writes_fail = true;
  bench.pass(15s);
  CHECK(bench.tunnel->finished());
  CHECK(bench.tunnel->account().ending == Ending::client_vanished);
}

TEST_CASE("a tunnel that closes is not pinged", "[tunnel]") {
  Bench bench({.close_timeout = 60s, .ping_interval = 10s});
  bench.target->input_ended = true;
  bench.pass(59s);
  CHECK(pings(bench) == 0);
  CHECK_FALSE(bench.tunnel->finished());
}

// ---- waiting for the ends ------------------------------------------------------------------

TEST_CASE("a client has the close time-out to answer our Close, and again to end", "[tunnel]") {
  Bench bench;
  bench.client_sends(message("up"));
  bench.serve();
  bench.tunnel->close(CloseCode::service_restart, "", bench.now);
  bench.pass(4'999ms);
  CHECK_FALSE(bench.client->finished);
  bench.pass(1ms);
  CHECK(bench.client->finished);
  CHECK(bench.target->finished);
  CHECK_FALSE(bench.tunnel->finished());
  bench.pass(5s);
  CHECK(bench.tunnel->finished());
  CHECK(bench.tunnel->account().timed_out);
}

TEST_CASE("a client has the close time-out to end its connection", "[tunnel][rfc6455-7.1.1]") {
  Bench bench;
  bench.target->input_ended = true;
  bench.serve();
  bench.client_sends(close_frame(1000));
  bench.serve();
  CHECK(bench.client->finished);
  bench.pass(4'999ms);
  CHECK_FALSE(bench.tunnel->finished());
  bench.pass(1ms);
  CHECK(bench.tunnel->finished());
  CHECK(bench.tunnel->account().timed_out);
}

TEST_CASE("a target has the close time-out to end after its FIN", "[tunnel]") {
  Bench bench;
  bench.client_sends(close_frame(1000));
  bench.serve();
  bench.client->input_ended = true;
  bench.pass(1s);
  CHECK(bench.close());
  for (int i = 0; i < 49; ++i) {
    bench.target_sends("and on and on");
    bench.pass(100ms);
  }
  CHECK_FALSE(bench.tunnel->finished());
  bench.pass(100ms);
  CHECK(bench.tunnel->finished());
  CHECK(bench.tunnel->account().timed_out);
}

TEST_CASE("a close time-out below a second shortens the last words", "[tunnel]") {
  Bench bench({.close_timeout = 200ms});
  bench.client_sends(close_frame(1000));
  bench.pass(199ms);
  CHECK_FALSE(bench.close());
  bench.pass(1ms);
  CHECK(bench.close());
}

TEST_CASE("a close time-out of 0 waits for nobody and is over", "[tunnel]") {
  Bench bench({.close_timeout = 0s});
  bench.client_sends(message("up") + close_frame(1000));
  bench.serve();
  for (int i = 0; i < 3 && !bench.tunnel->finished(); ++i) {
    bench.tunnel->expire(bench.now);
    bench.serve();
  }
  CHECK(bench.tunnel->finished());
  CHECK(bench.target_got() == "up");
  CHECK(bench.close());
}

// ---- flushing ------------------------------------------------------------------------------

TEST_CASE("a client that takes nothing of what waits for it is given up after 30 s", "[tunnel]") {
  Bench bench;
  bench.client->keeps_output = GENERATE(false, true);
  bench.client->room = 0;
  bench.target_sends("down");
  bench.serve();
  bench.tunnel->close(CloseCode::going_away, "", bench.now);
  bench.pass(29'999ms);
  CHECK_FALSE(bench.tunnel->finished());
  CHECK_FALSE(bench.target->finished);
  bench.pass(1ms);
  CHECK(bench.tunnel->finished());
  CHECK(bench.tunnel->account().timed_out);
}

TEST_CASE("a target that takes nothing of what waits for it is given up after 30 s", "[tunnel]") {
  Bench bench;
  bench.target->keeps_output = GENERATE(false, true);
  bench.target->room = 0;
  bench.client_sends(message("up") + close_frame(1000));
  bench.serve();
  bench.pass(1s);
  CHECK(bench.close());
  bench.client->input_ended = true;
  bench.serve();
  bench.pass(29'900ms);
  CHECK_FALSE(bench.tunnel->finished());
  SECTION("nothing") {
    bench.pass(101ms);
    CHECK(bench.tunnel->finished());
    CHECK(bench.tunnel->account().timed_out);
  }
  SECTION("in time") {
    bench.target->room = k_unlimited;
    bench.serve();
    CHECK(bench.target_got() == "up");
    CHECK(bench.target->finished);
  }
}

TEST_CASE("a client that takes its bytes slowly gets them all", "[tunnel]") {
  const bool keeps_output = GENERATE(false, true);
  Bench bench;
  bench.client->keeps_output = keeps_output;
  bench.client->room = 0;
  const std::string text(20, 'x');
  bench.target_sends(text);
  bench.target->input_ended = true;
  bench.serve();
  while (bench.client->output.size() < 2 + text.size() + 4) {
    bench.pass(10s);
    REQUIRE_FALSE(bench.tunnel->finished());
    bench.client->room = 1;
    bench.serve();
  }
  CHECK(bench.client_got() == text);
  CHECK(bench.close());
}

TEST_CASE("a client is not late with its reply while its target takes nothing", "[tunnel]") {
  Bench bench;
  bench.target->input_ended = true;
  bench.serve();
  bench.pass(4s);
  bench.target->room = 0;
  bench.client_sends(message(std::string(70'000, 'x')) + close_frame(1000));
  bench.pass(29s);
  bench.target->room = k_unlimited;
  bench.serve();
  CHECK(bench.target_got() == std::string(70'000, 'x'));
  CHECK(bench.target->finished);
}

TEST_CASE("a client that streams on and answers no Close cannot hold the tunnel", "[tunnel]") {
  Bench bench;
  bench.target->room = 0;
  bench.client_sends(message("up"));
  bench.serve();
  bench.tunnel->close(CloseCode::service_restart, "", bench.now);
  std::chrono::milliseconds lasted{0};
  while (!bench.tunnel->finished() && lasted < 24h) {
    bench.client_sends(message("more"));
    bench.target->room = 1;
    bench.pass(1s);
    lasted += 1s;
  }
  CHECK(lasted <= 6min);
}

TEST_CASE("a client that takes a byte now and then cannot hold a tunnel that closes", "[tunnel]") {
  Bench bench;
  bench.client->room = 0;
  bench.target_sends(std::string(60'000, 'x'));
  bench.serve();
  bench.tunnel->close(CloseCode::service_restart, "", bench.now);
  std::chrono::milliseconds lasted{0};
  while (!bench.tunnel->finished() && lasted < 24h) {
    bench.client->room = 1;
    bench.pass(20s);
    lasted += 20s;
  }
  CHECK(lasted <= 6min);
}

// ---- idle ----------------------------------------------------------------------------------

TEST_CASE("a tunnel without data for its idle time is closed, whatever pings say", "[tunnel]") {
  Bench bench({.ping_interval = 3s, .idle_timeout = 10s});
  const auto answer_pings = [&](std::chrono::seconds time) {
    for (auto passed = 0s; passed < time; passed += 1s) {
      bench.pass(1s);
      bench.client_sends(pong());
      bench.serve();
    }
  };
  answer_pings(9s);
  const auto from = GENERATE(0, 1);
  if (from == 0) bench.client_sends(message("data"));
  if (from == 1) bench.target_sends("data");
  bench.serve();
  answer_pings(9s);
  CHECK_FALSE(bench.close());
  answer_pings(1s);
  REQUIRE(bench.close());
  CHECK(bench.close()->close_code() == 1001);
  CHECK(bench.tunnel->account().ending == Ending::idle);
  CHECK(bench.target->finished == false);
  bench.peers_finish();
  CHECK(bench.tunnel->finished());
}

TEST_CASE("idle time counts without pings too, and a slow peer is not idle", "[tunnel]") {
  Bench bench({.ping_interval = 0s, .idle_timeout = 10s});
  bench.target->room = 1;
  bench.client_sends(message("slow"));
  bench.serve();
  for (int i = 0; i < 3; ++i) {
    bench.pass(8s);
    bench.target->room = 1;
    bench.serve();
  }
  CHECK_FALSE(bench.close());
  bench.pass(10s);
  CHECK(bench.close());
}

TEST_CASE("pongs that have waited are no data, and what the target sent is", "[tunnel]") {
  Bench bench({.ping_interval = 0s, .idle_timeout = 10s});
  const bool has_data = GENERATE(false, true);
  bench.client->room = 0;
  if (has_data) bench.target_sends("data");
  bench.serve();
  bench.client_sends(ping("p"));
  bench.serve();
  bench.pass(8s);
  bench.client->room = 1;
  bench.serve();
  bench.pass(2s);
  bench.client->room = k_unlimited;
  bench.serve();
  CHECK(bench.close().has_value() != has_data);
}

}  // namespace
}  // namespace websocket::tunnel::test
