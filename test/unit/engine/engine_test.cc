// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/engine/engine.hh"

#include <apr_general.h>
#include <fcntl.h>

#include <array>
#include <ctime>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "mod_websocket/tunnel/socket_end.hh"
#include "test/unit/catch.hh"
#include "test/unit/support/endless_end.hh"
#include "test/unit/support/line.hh"

namespace websocket::engine {
namespace {

using namespace std::chrono_literals;
using frame::CloseCode;
using frame::Opcode;
using frame::test::bytes;
using frame::test::operator+;
using frame::test::text;
using tunnel::Descriptor;
using tunnel::Ending;
using tunnel::SocketEnd;
using tunnel::Timing;
using tunnel::Tunnel;
using namespace tunnel::test;

// Long enough for any machine; nothing waits for it where all is well.
constexpr auto k_patience = 20s;

struct Pool {
  Pool() {
    static const apr_status_t started = apr_initialize();
    REQUIRE(started == APR_SUCCESS);
    REQUIRE(apr_pool_create(&pool, nullptr) == APR_SUCCESS);
  }
  ~Pool() { apr_pool_destroy(pool); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  apr_pool_t* pool = nullptr;
};

// An engine, and the promise that it leaves nothing behind.
class Works {
 public:
  explicit Works(unsigned threads = 2) {
    raise_descriptor_limit();
    descriptors_ = open_descriptors();
    engine = std::make_unique<Engine>(pool_.pool, threads, &dismissals);
  }
  ~Works() {
    engine.reset();
    lines.clear();
    CHECK(open_descriptors() == descriptors_);
    CHECK(tally.all() == made_);
  }
  Works(const Works&) = delete;
  Works& operator=(const Works&) = delete;

  std::unique_ptr<Tunnel> make(Line& line, Timing timing = {}, Sockets sockets = Sockets::local) {
    ++made_;
    return make_tunnel(line, tally, timing, sockets);
  }

  // A tunnel that the engine has taken over.
  Line& connect(Timing timing = {}, Sockets sockets = Sockets::local) {
    Line& line = *lines.emplace_back(std::make_unique<Line>());
    auto made = make(line, timing, sockets);
    REQUIRE(engine->adopt(made));
    REQUIRE(made == nullptr);
    return line;
  }

  bool wait() { return engine->wait_until_none(Clock::now() + k_patience); }

  Tally tally;
  std::atomic<std::uint32_t> dismissals{0};
  std::vector<std::unique_ptr<Line>> lines;
  std::unique_ptr<Engine> engine;

 private:
  Pool pool_;
  std::size_t descriptors_ = 0;
  std::size_t made_ = 0;
};

// The client answers the server's Close and sees the server end first.
unsigned answer_close(const Line& line) {
  ServerFrame frame = line.next_frame();
  while (frame.opcode != Opcode::close) frame = line.next_frame();
  send_all(line.client, close_frame(frame.close_code()));
  return frame.close_code();
}

TEST_CASE("the engine carries bytes both ways and closes in order", "[engine]") {
  const auto sockets = GENERATE(Sockets::local, Sockets::tcp);
  Works works(GENERATE(1U, 2U));
  Line& line = works.connect({}, sockets);
  CHECK(works.engine->tunnels() == 1);
  send_all(line.client, message("up"));
  CHECK(text(receive(line.target, 2)) == "up");
  send_all(line.target, bytes("down"));
  CHECK(line.next_frame() == ServerFrame{Opcode::binary, "down", true});
  send_all(line.client, ping("p"));
  CHECK(line.next_frame() == ServerFrame{Opcode::pong, "p", true});

  send_all(line.client, message("bye") + close_frame(1000));
  CHECK(text(receive_to_the_end(line.target)) == "bye");
  line.target.reset();
  const auto last = line.all_frames();
  REQUIRE(last.size() == 1);
  CHECK(last[0].close_code() == 1000);
  line.client.reset();
  CHECK(works.wait());
  CHECK(works.engine->tunnels() == 0);
  CHECK(works.tally.of(Ending::client_closed) == 1);
}

TEST_CASE("much goes through the engine both ways at once, past slow readers", "[engine]") {
  const auto sockets = GENERATE(Sockets::local, Sockets::tcp);
  Works works(1);
  Line& line = works.connect({}, sockets);
  const std::string much(4U << 20U, 'x');
  auto client_sends = std::async(std::launch::async, [&] {
    for (int i = 0; i < 64; ++i) send_all(line.client, message(much.substr(0, much.size() / 64)));
  });
  auto target_sends = std::async(std::launch::async, [&] {
    send_all(line.target, bytes(much));
    finish_sending(line.target);
  });
  auto target_reads = std::async(std::launch::async, [&] {
    std::this_thread::sleep_for(100ms);
    return receive(line.target, much.size());
  });
  std::this_thread::sleep_for(200ms);
  const auto down = line.frames_until_close();
  client_sends.get();
  target_sends.get();
  CHECK(text(target_reads.get()) == much);
  std::string got;
  for (const ServerFrame& frame : down) {
    if (frame.opcode == Opcode::binary) got += frame.payload;
  }
  CHECK(got == much);
  send_all(line.client, close_frame(1000));
  line.client.reset();
  CHECK(works.wait());
}

TEST_CASE("a thousand tunnels work, close and leave no descriptor", "[engine]") {
  Works works(2);
  constexpr int k_tunnels = 1000;
  for (int i = 0; i < k_tunnels; ++i) works.connect();
  CHECK(works.engine->tunnels() == k_tunnels);
  for (int i = 0; i < k_tunnels; ++i) {
    send_all(works.lines[static_cast<std::size_t>(i)]->client, message(std::to_string(i)));
  }
  for (int i = 0; i < k_tunnels; ++i) {
    const Line& line = *works.lines[static_cast<std::size_t>(i)];
    const std::string number = std::to_string(i);
    REQUIRE(text(receive(line.target, number.size())) == number);
    send_all(line.target, bytes(number));
    REQUIRE(line.next_frame().payload == number);
  }
  works.engine->close_all(CloseCode::service_restart, "restart");
  for (const auto& line : works.lines) {
    REQUIRE(answer_close(*line) == 1012);
    line->target.reset();
    line->client.reset();
  }
  CHECK(works.wait());
  CHECK(works.tally.of(Ending::server_closed) == k_tunnels);
}

TEST_CASE("close_all reaches those that are adopted meanwhile and later, from any thread",
          "[engine]") {
  Works works(2);
  constexpr int k_threads = 4;
  constexpr int k_each = 50;
  std::vector<std::unique_ptr<Tunnel>> tunnels;
  for (int i = 0; i < k_threads * k_each; ++i) {
    works.lines.push_back(std::make_unique<Line>());
    tunnels.push_back(works.make(*works.lines.back()));
  }
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < k_threads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < k_each; ++i) {
        if (!works.engine->adopt(tunnels[static_cast<std::size_t>(t * k_each + i)])) ++refused;
        if (i % 10 == 0) std::this_thread::sleep_for(1ms);
      }
    });
  }
  std::this_thread::sleep_for(2ms);
  works.engine->close_all(CloseCode::service_restart, "restart");
  for (std::thread& thread : threads) thread.join();
  CHECK(refused == 0);
  for (const auto& line : works.lines) {
    REQUIRE(answer_close(*line) == 1012);
    line->target.reset();
    line->client.reset();
  }
  CHECK(works.wait());
  CHECK(works.tally.of(Ending::server_closed) == k_threads * k_each);

  Line& late = works.connect();
  CHECK(answer_close(late) == 1012);
  late.target.reset();
  late.client.reset();
  CHECK(works.wait());
}

TEST_CASE("abandon_all says goodbye and waits for nobody", "[engine]") {
  Works works(2);
  for (int i = 0; i < 100; ++i) works.connect();
  works.engine->abandon_all(CloseCode::going_away, "stop");
  CHECK(works.wait());
  for (const auto& line : works.lines) {
    const auto frames = line->all_frames();
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].close_code() == 1001);
    CHECK(receive_to_the_end(line->target).empty());
  }
  // Also to those that come later.
  const Line& late = works.connect();
  CHECK(late.all_frames().size() == 1);
  CHECK(works.wait());
}

TEST_CASE("abandon_all ends what close_all still waits for", "[engine]") {
  Works works(1);
  for (int i = 0; i < 20; ++i) works.connect();
  works.engine->close_all(CloseCode::service_restart, "restart");
  CHECK_FALSE(works.engine->wait_until_none(Clock::now() + 100ms));
  works.engine->abandon_all(CloseCode::going_away, "stop");
  CHECK(works.wait());
}

TEST_CASE("adopting from many threads while all are abandoned loses no tunnel", "[engine]") {
  Works works(2);
  constexpr std::size_t k_threads = 3;
  constexpr std::size_t k_each = 60;
  std::vector<std::unique_ptr<Tunnel>> tunnels;
  for (std::size_t i = 0; i < k_threads * k_each; ++i) {
    works.lines.push_back(std::make_unique<Line>());
    tunnels.push_back(works.make(*works.lines.back()));
    send_all(works.lines.back()->client, message("already here"));
  }
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < k_threads; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < k_each; ++i) works.engine->adopt(tunnels[t * k_each + i]);
    });
  }
  works.engine->abandon_all(CloseCode::going_away, "stop");
  for (std::thread& thread : threads) thread.join();
  CHECK(works.wait());
  CHECK(works.tally.all() == k_threads * k_each);
}

TEST_CASE("an engine that is destroyed abandons what it holds", "[engine]") {
  Works works(2);
  for (int i = 0; i < 10; ++i) works.connect();
  works.engine.reset();
  CHECK(works.tally.of(Ending::server_closed) == 10);
  for (const auto& line : works.lines) {
    const auto frames = line->all_frames();
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].close_code() == 1001);
  }
}

TEST_CASE("wait_until_none tells whether there are none", "[engine]") {
  Works works(1);
  CHECK(works.engine->wait_until_none(Clock::now()));
  Line& line = works.connect();
  const Time before = Clock::now();
  CHECK_FALSE(works.engine->wait_until_none(before + 50ms));
  CHECK((Clock::now() >= before + 50ms));
  auto waiting = std::async(std::launch::async, [&] { return works.wait(); });
  line.target.reset();
  line.client.reset();
  CHECK(waiting.get());
}

// ---- adopting ------------------------------------------------------------------------------

TEST_CASE("a tunnel that waits for its deadline alone is woken for it", "[engine]") {
  Works works(1);
  // Asleep without end.
  works.connect({.ping_interval = 0s});
  std::this_thread::sleep_for(50ms);
  const Time before = Clock::now();
  const Line& line = works.connect({.ping_interval = 300ms});
  CHECK(line.next_frame().opcode == Opcode::ping);
  CHECK((Clock::now() >= before + 300ms));
  works.engine->abandon_all(CloseCode::going_away, "");
}

TEST_CASE("pings come at their interval, and a silent client goes", "[engine]") {
  Works works(1);
  const Line& line = works.connect({.close_timeout = 100ms, .ping_interval = 300ms});
  const auto frames = line.all_frames();
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].opcode == Opcode::ping);
  CHECK(frames[1].close_code() == 1008);
  CHECK(receive_to_the_end(line.target).empty());
  CHECK(works.wait());
  CHECK(works.tally.of(Ending::client_silent) == 1);
}

TEST_CASE("a deadline that comes nearer while a tunnel is served is met", "[engine]") {
  Works works(1);
  const Line& line = works.connect();  // its next ping is half a minute away
  send_all(line.client, close_frame(1000));
  const Time before = Clock::now();
  CHECK(line.next_frame().close_code() == 1000);
  CHECK((Clock::now() >= before + 900ms));
  works.engine->abandon_all(CloseCode::going_away, "");
}

TEST_CASE("a tunnel may be adopted in the middle of closing", "[engine]") {
  Works works(1);
  Line& line = *works.lines.emplace_back(std::make_unique<Line>());
  auto made = works.make(line);
  Bytes early = message("early") + close_frame(1000);
  tunnel::Scratch scratch;
  made->feed_early(early, scratch, Clock::now());
  REQUIRE(works.engine->adopt(made));
  CHECK(text(receive_to_the_end(line.target)) == "early");
  const auto frames = line.all_frames();
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].close_code() == 1000);
  line.client.reset();
  line.target.reset();
  CHECK(works.wait());
}

TEST_CASE("a tunnel whose peers are gone already is adopted and ends", "[engine]") {
  Works works(1);
  for (int i = 0; i < 50; ++i) {
    Line& line = *works.lines.emplace_back(std::make_unique<Line>());
    auto made = works.make(line, {}, Sockets::tcp);
    reset_connection(line.client);
    if (i % 2 == 0) line.target.reset();
    REQUIRE(works.engine->adopt(made));
    line.target.reset();
  }
  CHECK(works.wait());
}

TEST_CASE("a tunnel that cannot be polled stays the caller's", "[engine]") {
  Works works(1);
  // The loop has work all the time, so that it comes upon what is being adopted.
  const Line& busy = works.connect();
  std::atomic<bool> enough = false;
  auto sends = std::async(std::launch::async, [&] {
    while (!enough) send_all(busy.client, message(std::string(10'000, 'x')));
    finish_sending(busy.client);
  });
  auto reads = std::async(std::launch::async, [&] { return receive_to_the_end(busy.target); });
  for (int i = 0; i < 2000; ++i) {
    SocketPair client = unix_pair();
    // Input is there at once: the loop may see it before the target is found to be no socket.
    send_all(client.far, message("up"));
    auto made = std::make_unique<Tunnel>(
        std::make_unique<SocketEnd>(std::move(client.near)),
        std::make_unique<SocketEnd>(Descriptor(open("/proc/self/exe", O_RDONLY | O_CLOEXEC))),
        tunnel::Protocol{}, Timing{}, nullptr, Clock::now());
    REQUIRE_FALSE(works.engine->adopt(made));
    REQUIRE(made != nullptr);
    REQUIRE_FALSE(made->finished());
    made->abandon(CloseCode::internal_error, "cannot poll");
    REQUIRE(server_frames(receive_to_the_end(client.far)).size() == 1);
  }
  CHECK(works.engine->tunnels() == 1);
  enough = true;
  sends.get();
  CHECK(reads.get().size() % 10'000 == 0);
}

TEST_CASE("a client that never runs dry leaves the others their turn, and ends", "[engine]") {
  Works works(1);
  SocketPair target = unix_pair();
  auto endless = std::make_unique<Tunnel>(std::make_unique<EndlessEnd>(),
                                          std::make_unique<SocketEnd>(std::move(target.near)),
                                          tunnel::Protocol{}, Timing{}, nullptr, Clock::now());
  REQUIRE(works.engine->adopt(endless));
  const Line& line = works.connect();
  send_all(line.client, message("up"));
  CHECK(text(receive(line.target, 2)) == "up");
  const std::size_t before = EndlessEnd::reads;
  send_all(line.target, bytes("down"));
  CHECK(line.next_frame().payload == "down");
  while (EndlessEnd::reads < before + 1000) std::this_thread::yield();
  works.engine->abandon_all(CloseCode::going_away, "enough");
  CHECK(works.wait());
}

// ---- no work for nothing -------------------------------------------------------------------

double cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

TEST_CASE("tunnels that wait cost no time, whatever hung up", "[engine]") {
  Works works(1);
  works.connect();
  // Its client takes nothing, its target has hung up behind more than can be taken.
  Line& full = works.connect({}, Sockets::tcp);
  send_until_full(full.target);
  full.target.reset();
  // Its client is gone, and so is its target but for its FIN: only a deadline is left.
  Line& closing = works.connect();
  closing.client.reset();
  std::this_thread::sleep_for(100ms);
  const double before = cpu_seconds();
  std::this_thread::sleep_for(500ms);
  CHECK(cpu_seconds() - before < 0.1);
  works.engine->abandon_all(CloseCode::going_away, "");
  CHECK(works.wait());
}

// ---- once a second -------------------------------------------------------------------------

template <class Condition>
bool wait_for(Condition condition) {
  const auto until = Clock::now() + k_patience;
  while (!condition()) {
    if (Clock::now() >= until) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

TEST_CASE("a tunnel reports what it has moved, and is quiet when it is idle", "[engine]") {
  Works works(1);
  const Line& line = works.connect();
  for (const std::uint64_t size : {2U, 4U, 6U}) {
    send_all(line.client, message("up"));
    CHECK(text(receive(line.target, 2)) == "up");
    CHECK(wait_for([&] { return works.tally.last_report == size; }));
  }
  // Each report stands for something that has moved, or for the beginning.
  std::this_thread::sleep_for(2 * Loop::k_beat + 200ms);
  CHECK(works.tally.reports >= 3);
  CHECK(works.tally.reports <= 3 + 1);
}

TEST_CASE("a tunnel that ends before its report is due is forgotten with it", "[engine]") {
  Works works(1);
  const Line& stays = works.connect();
  for (int i = 0; i < 20; ++i) {
    const Line& line = works.connect();
    send_all(line.client, message("up"));
    CHECK(text(receive(line.target, 2)) == "up");
    send_all(line.client, close_frame(1000));
    works.lines.pop_back();
  }
  CHECK(wait_for([&] { return works.engine->tunnels() == 1; }));
  send_all(stays.client, message("stays"));
  CHECK(wait_for([&] { return works.tally.last_report == 5; }));
}

TEST_CASE("tunnels that somebody wants to end get Close 1001 within a second or so", "[engine]") {
  Works works(GENERATE(1U, 2U));
  for (int i = 0; i < 4; ++i) works.connect();
  std::this_thread::sleep_for(50ms);
  CHECK(works.tally.all() == 0);
  works.tally.dismissed = true;
  ++works.dismissals;
  for (const auto& line : works.lines) {
    CHECK(answer_close(*line) == 1001);
    line->target.reset();
    CHECK(line->all_frames().empty());
    line->client.reset();
  }
  CHECK(works.wait());
  CHECK(works.tally.of(Ending::server_closed) == 4);
}

TEST_CASE("a tunnel without a deadline ends when somebody wants it to", "[engine]") {
  Works works(1);
  std::this_thread::sleep_for(50ms);  // it sleeps, and knows of no end of that
  Line& line = works.connect({.ping_interval = 0s});
  std::this_thread::sleep_for(50ms);
  works.tally.dismissed = true;
  ++works.dismissals;
  CHECK(answer_close(line) == 1001);
  line.target.reset();
  CHECK(line.all_frames().empty());
  line.client.reset();
  CHECK(works.wait());
}

TEST_CASE("a tunnel that was dismissed before it was adopted ends", "[engine]") {
  Works works(1);
  works.connect();
  works.tally.dismissed = true;
  ++works.dismissals;
  // Once the first has ended the order has been looked at.
  for (int i = 0; i < 2; ++i) {
    Line& line = i == 0 ? *works.lines.front() : works.connect();
    CHECK(answer_close(line) == 1001);
    line.target.reset();
    CHECK(line.all_frames().empty());
    line.client.reset();
  }
  CHECK(works.wait());
  CHECK(works.tally.of(Ending::server_closed) == 2);
}

}  // namespace
}  // namespace websocket::engine
