// SPDX-License-Identifier: Apache-2.0
// Ends that cut, stutter and fail wherever they can: the peers must not be able to tell, or get
// no more than a clean part of what was theirs.
#include <algorithm>
#include <string>
#include <vector>

#include "test/unit/catch.hh"
#include "test/unit/frame/feeder.hh"
#include "test/unit/support/bench.hh"

namespace websocket::tunnel::test {
namespace {

using frame::Opcode;
using frame::test::operator+;

constexpr std::string_view k_down = "220 ready\r\n250 go on\r\n354 send\r\n221 bye\r\n";
constexpr std::string_view k_up =
    "EHLO here\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nQUIT\r\n";

Bytes up_frames() {
  Bytes frames;
  for (std::size_t at = 0; at < k_up.size(); at += 7) {
    frames = std::move(frames) + message(k_up.substr(at, 7));
    if (at == 21) frames = std::move(frames) + ping("p");
  }
  return frames;
}

enum class Closer { client, client_vanishes, target, server };

// A conversation from beginning to end, whoever ends it.
void converse(Bench& bench, Closer closer) {
  bench.target_sends(k_down);
  bench.client_sends(up_frames());
  bench.serve();
  switch (closer) {
    case Closer::client: bench.client_sends(close_frame(1000)); break;
    case Closer::client_vanishes: bench.client->input_ended = true; break;
    case Closer::target: bench.target->input_ended = true; break;
    case Closer::server:
      bench.tunnel->close(frame::CloseCode::service_restart, "", bench.now);
      break;
  }
  bench.serve();
  bench.peers_finish();
}

std::size_t count(const Bench& bench, Opcode opcode) {
  const auto frames = bench.frames();
  return static_cast<std::size_t>(std::ranges::count(frames, opcode, &ServerFrame::opcode));
}

// One that went without a word gets none.
std::size_t closes_due(const Bench& bench) {
  return bench.tunnel->account().ending == Ending::client_vanished ? 0 : 1;
}

Closer any_closer() {
  return GENERATE(Closer::client, Closer::client_vanishes, Closer::target, Closer::server);
}

TEST_CASE("no way of cutting reads and writes changes what the peers get", "[tunnel]") {
  const Closer closer = any_closer();
  const std::size_t read_at_most = GENERATE(1U, 2U, 3U, 7U, k_unlimited);
  const std::size_t write_at_most = GENERATE(1U, 2U, 5U, k_unlimited);
  const std::size_t stutter = GENERATE(1U, 2U, 5U);
  const bool keeps_output = GENERATE(false, true);
  CAPTURE(closer, read_at_most, write_at_most, stutter, keeps_output);
  Bench bench;
  bench.order = GENERATE(Order::together, Order::client_first, Order::target_first);
  for (Wire* const wire : {bench.client.get(), bench.target.get()}) {
    wire->read_at_most = read_at_most;
    wire->write_at_most = write_at_most;
    wire->stutter = stutter;
    wire->buffers_input = stutter == 1;
    wire->keeps_output = keeps_output;
  }
  converse(bench, closer);
  CHECK(bench.client_got() == k_down);
  CHECK(bench.target_got() == k_up);
  CHECK(count(bench, Opcode::pong) == 1);
  CHECK(count(bench, Opcode::close) == closes_due(bench));
  CHECK(bench.client->finished);
  CHECK(bench.target->finished);
  CHECK(bench.tunnel->finished());
  CHECK_FALSE(bench.tunnel->account().timed_out);
}

// What holds after whatever has failed wherever.
void check_clean(Bench& bench) {
  // Time-outs may be needed: nobody else knows that the connection broke.
  bench.pass(5min);
  CHECK(bench.tunnel->finished());
  const std::string down = bench.client_got();
  const std::string up = bench.target_got();
  CHECK(down == k_down.substr(0, down.size()));
  CHECK(up == k_up.substr(0, up.size()));
  CHECK(count(bench, Opcode::close) <= 1);
  bench.close();  // nothing is behind it
}

TEST_CASE("whichever operation on the client fails, the target gets a clean end", "[tunnel]") {
  const Closer closer = any_closer();
  for (std::size_t n = 1; n <= 40; ++n) {
    CAPTURE(closer, n);
    Bench bench;
    bench.client->read_at_most = bench.client->write_at_most = 11;
    bench.client->fail_operation = n;
    converse(bench, closer);
    check_clean(bench);
    CHECK(bench.target->finished);
  }
}

TEST_CASE("whichever operation on the target fails, the client gets a clean end", "[tunnel]") {
  const Closer closer = any_closer();
  for (std::size_t n = 1; n <= 40; ++n) {
    CAPTURE(closer, n);
    Bench bench;
    bench.target->read_at_most = bench.target->write_at_most = 11;
    bench.target->fail_operation = n;
    converse(bench, closer);
    check_clean(bench);
    CHECK(bench.client->finished);
    CHECK(count(bench, Opcode::close) == closes_due(bench));
  }
}

TEST_CASE("both ends may fail, in any order", "[tunnel]") {
  for (std::size_t n = 1; n <= 14; ++n) {
    for (std::size_t m = 1; m <= 14; ++m) {
      CAPTURE(n, m);
      Bench bench;
      bench.client->read_at_most = bench.target->read_at_most = 20;
      bench.client->fail_operation = n;
      bench.target->fail_operation = m;
      converse(bench, Closer::client);
      check_clean(bench);
    }
  }
}

}  // namespace
}  // namespace websocket::tunnel::test
