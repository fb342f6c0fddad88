// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/engine/one_thread.hh"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <future>
#include <string>

#include "mod_websocket/tunnel/socket_end.hh"
#include "test/unit/catch.hh"
#include "test/unit/support/endless_end.hh"
#include "test/unit/support/line.hh"
#include "test/unit/support/socket_pair.hh"

namespace websocket::engine {
namespace {

using namespace std::chrono_literals;
using frame::CloseCode;
using frame::Opcode;
using frame::test::bytes;
using frame::test::operator+;
using frame::test::text;
using tunnel::Clock;
using tunnel::Descriptor;
using tunnel::Ending;
using tunnel::Time;
using tunnel::Timing;
using tunnel::Tunnel;
using namespace tunnel::test;

// Says goodbye once told to.
class TestSupervisor final : public Supervisor {
 public:
  enum class Say { nothing, close, at_once };
  std::optional<Goodbye> goodbye() noexcept override {
    ++asked;
    if (say == Say::nothing) return std::nullopt;
    return Goodbye{CloseCode::service_restart, "restart", say == Say::at_once};
  }
  std::atomic<Say> say = Say::nothing;
  std::atomic<int> asked = 0;
};

// A tunnel driven on a thread of its own.
class Drive {
 public:
  explicit Drive(Timing timing = {}) : tunnel_(make_tunnel(line, tally, timing)) {
    options.client_descriptor = tunnel_->client().descriptor();
    options.wake_descriptor = wake.get();
  }

  void start() {
    driven_ = std::async(std::launch::async,
                         [this] { drive_on_this_thread(*tunnel_, options, supervisor); });
  }
  void say(TestSupervisor::Say what) {
    supervisor.say = what;
    REQUIRE(eventfd_write(wake.get(), 1) == 0);
  }
  // Whether the driver has returned, its tunnel finished.
  bool ends_within(std::chrono::seconds time) {
    if (driven_.wait_for(time) != std::future_status::ready) return false;
    driven_.get();
    return tunnel_->finished();
  }

  Tally tally;
  Line line;
  Descriptor wake{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  OneThreadOptions options;
  TestSupervisor supervisor;

 private:
  std::unique_ptr<Tunnel> tunnel_;
  std::future<void> driven_;
};

TEST_CASE("a thread carries its tunnel to the end", "[engine]") {
  Drive drive;
  drive.start();
  send_all(drive.line.client, message("up") + ping("p"));
  CHECK(text(receive(drive.line.target, 2)) == "up");
  CHECK(drive.line.next_frame().opcode == Opcode::pong);
  send_all(drive.line.target, bytes("down"));
  CHECK(drive.line.next_frame().payload == "down");
  finish_sending(drive.line.target);
  CHECK(drive.line.next_frame().close_code() == 1000);
  send_all(drive.line.client, message("last") + close_frame(1000));
  CHECK(text(receive_to_the_end(drive.line.target)) == "last");
  CHECK(drive.line.all_frames().empty());
  drive.line.client.reset();
  CHECK(drive.ends_within(10s));
  CHECK(drive.tally.of(Ending::target_closed) == 1);
}

TEST_CASE("a thread carries much both ways past slow readers", "[engine]") {
  Drive drive;
  drive.start();
  const std::string much(4U << 20U, 'x');
  auto client_sends =
      std::async(std::launch::async, [&] { send_all(drive.line.client, message(much)); });
  auto target_sends = std::async(std::launch::async, [&] {
    send_all(drive.line.target, bytes(much));
    finish_sending(drive.line.target);
  });
  std::this_thread::sleep_for(100ms);
  auto target_reads =
      std::async(std::launch::async, [&] { return receive(drive.line.target, much.size()); });
  const auto frames = drive.line.frames_until_close();
  std::string got;
  for (const ServerFrame& frame : frames) {
    if (frame.opcode == Opcode::binary) got += frame.payload;
  }
  CHECK(got == much);
  CHECK(text(target_reads.get()) == much);
  client_sends.get();
  target_sends.get();
  send_all(drive.line.client, close_frame(1000));
  drive.line.client.reset();
  CHECK(drive.ends_within(10s));
}

TEST_CASE("a wake after which there is nothing to say keeps no processor busy", "[engine]") {
  Drive drive;
  drive.start();
  drive.say(TestSupervisor::Say::nothing);
  send_all(drive.line.client, message("up"));
  CHECK(text(receive(drive.line.target, 2)) == "up");
  const int asked = drive.supervisor.asked;
  std::this_thread::sleep_for(300ms);
  CHECK(drive.supervisor.asked - asked < 10);
  drive.say(TestSupervisor::Say::at_once);
  CHECK(drive.ends_within(10s));
}

TEST_CASE("a tunnel on a thread reports, and is closed when somebody wants it to end", "[engine]") {
  Drive drive;
  drive.start();
  send_all(drive.line.client, message("up"));
  CHECK(text(receive(drive.line.target, 2)) == "up");
  for (int i = 0; i < 2000 && drive.tally.last_report != 2; ++i) std::this_thread::sleep_for(10ms);
  CHECK(drive.tally.last_report == 2);
  drive.tally.dismissed = true;
  CHECK(drive.line.next_frame().close_code() == 1001);
  send_all(drive.line.client, close_frame(1001));
  drive.line.target.reset();
  CHECK(drive.line.all_frames().empty());
  drive.line.client.reset();
  CHECK(drive.ends_within(10s));
  CHECK(drive.tally.of(Ending::server_closed) == 1);
}

TEST_CASE("a supervisor's goodbye begins the close handshake", "[engine]") {
  Drive drive;
  drive.start();
  drive.say(TestSupervisor::Say::close);
  const ServerFrame close = drive.line.next_frame();
  CHECK(close.close_code() == 1012);
  CHECK(close.close_reason() == "restart");
  send_all(drive.line.client, message("last") + close_frame(1012));
  CHECK(text(receive_to_the_end(drive.line.target)) == "last");
  drive.line.target.reset();
  CHECK(drive.line.all_frames().empty());
  drive.line.client.reset();
  CHECK(drive.ends_within(10s));
  CHECK(drive.tally.of(Ending::server_closed) == 1);
}

TEST_CASE("a supervisor's goodbye at once waits for nobody", "[engine]") {
  Drive drive;
  drive.start();
  drive.say(TestSupervisor::Say::at_once);
  CHECK(drive.ends_within(10s));
  CHECK(drive.line.next_frame().close_code() == 1012);
}

TEST_CASE("a supervisor that cannot wake anybody is asked every second", "[engine]") {
  Drive drive({.ping_interval = 0s});
  drive.options.wake_descriptor = -1;
  drive.start();
  std::this_thread::sleep_for(50ms);
  drive.supervisor.say = TestSupervisor::Say::at_once;
  CHECK(drive.ends_within(10s));
  CHECK(drive.supervisor.asked <= 3);
}

TEST_CASE("a thread's tunnel has its deadlines", "[engine]") {
  Drive drive({.close_timeout = 100ms, .ping_interval = 300ms});
  const Time before = Clock::now();
  drive.start();
  CHECK(drive.line.next_frame().opcode == Opcode::ping);
  CHECK((Clock::now() >= before + 300ms));
  CHECK(drive.line.next_frame().close_code() == 1008);
  CHECK((Clock::now() >= before + 600ms));
  CHECK(drive.ends_within(10s));
}

TEST_CASE("a thread that waits uses no time, whatever hung up", "[engine]") {
  Drive drive;
  drive.start();
  // The target has gone, and its FIN is not read: what came before waits for the client.
  send_until_full(drive.line.target);
  drive.line.target.reset();
  std::this_thread::sleep_for(100ms);
  const int before = drive.supervisor.asked;
  std::this_thread::sleep_for(500ms);
  CHECK(drive.supervisor.asked - before <= 10);
  drive.line.client.reset();
  CHECK(drive.ends_within(10s));
}

class CountingRoom final : public OutputRoom {
 public:
  std::chrono::microseconds look_again_in() noexcept override {
    ++asked;
    return 100us;
  }
  int asked = 0;
};

// A stream of HTTP/2 is polled by a pipe for input, and not at all for room.
TEST_CASE("where room cannot be polled for, it is looked for", "[engine]") {
  const auto client = std::make_shared<Wire>();
  client->write_at_most = 1000;
  SocketPair target = unix_pair();
  Tunnel tunnel(std::make_unique<ScriptedEnd>(client),
                std::make_unique<tunnel::SocketEnd>(std::move(target.near)), tunnel::Protocol{},
                Timing{.close_timeout = 0s}, nullptr, Clock::now());
  const std::string text(50'000, 'x');
  send_all(target.far, bytes(text));
  target.far.reset();
  const Descriptor never_readable(eventfd(0, EFD_CLOEXEC));
  TestSupervisor supervisor;
  const Time before = Clock::now();
  CountingRoom room;
  drive_on_this_thread(tunnel, {.client_descriptor = never_readable.get(), .client_room = &room},
                       supervisor);
  CHECK((Clock::now() - before < 5s));
  CHECK(room.asked >= 40);
  const auto frames = server_frames(client->output);
  REQUIRE(frames.size() >= 2);
  CHECK(frames.front().payload.substr(0, 1000) == text.substr(0, 1000));
  CHECK(frames.back().close_code() == 1000);
}

TEST_CASE("input that waits inside an end is read before any poll", "[engine]") {
  const auto client = std::make_shared<Wire>();
  client->buffers_input = true;
  client->ahead = message("inside") + close_frame(1000);
  client->input_ended = true;
  SocketPair target = unix_pair();
  Tunnel tunnel(std::make_unique<ScriptedEnd>(client),
                std::make_unique<tunnel::SocketEnd>(std::move(target.near)), tunnel::Protocol{},
                Timing{.close_timeout = 200ms}, nullptr, Clock::now());
  TestSupervisor supervisor;
  drive_on_this_thread(tunnel, {}, supervisor);
  CHECK(text(receive_to_the_end(target.far)) == "inside");
}

std::atomic<bool> signalled = false;

TEST_CASE("a client that never runs dry keeps neither orders nor deadlines off", "[engine]") {
  const auto drive = [](Timing timing, TestSupervisor& supervisor) {
    SocketPair target = unix_pair();
    Tunnel tunnel(std::make_unique<EndlessEnd>(),
                  std::make_unique<tunnel::SocketEnd>(std::move(target.near)), {}, timing, nullptr,
                  Clock::now());
    drive_on_this_thread(tunnel, {.client_descriptor = tunnel.client().descriptor()}, supervisor);
    return tunnel.account();
  };
  SECTION("an order") {
    TestSupervisor supervisor;
    supervisor.say = TestSupervisor::Say::at_once;
    CHECK(drive({}, supervisor).ending == Ending::server_closed);
  }
  SECTION("a deadline") {
    TestSupervisor supervisor;
    supervisor.say = TestSupervisor::Say::close;
    CHECK(drive({.close_timeout = 300ms}, supervisor).timed_out);
  }
}

TEST_CASE("a signal comes through while the thread polls, and only then", "[engine]") {
  Drive drive({.ping_interval = 0s});
  drive.options.wake_descriptor = -1;
  struct sigaction action {};
  struct sigaction former {};
  action.sa_handler = [](int) { signalled = true; };
  REQUIRE(sigaction(SIGUSR1, &action, &former) == 0);

  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  REQUIRE(pthread_sigmask(SIG_BLOCK, &blocked, &before) == 0);
  drive.options.signals_while_polling = &before;
  drive.start();  // its thread inherits the mask
  kill(getpid(), SIGUSR1);
  for (int i = 0; i < 1000 && !signalled; ++i) std::this_thread::sleep_for(10ms);
  CHECK(signalled);
  drive.supervisor.say = TestSupervisor::Say::at_once;
  CHECK(drive.ends_within(10s));
  REQUIRE(pthread_sigmask(SIG_SETMASK, &before, nullptr) == 0);
  REQUIRE(sigaction(SIGUSR1, &former, nullptr) == 0);
}

}  // namespace
}  // namespace websocket::engine
