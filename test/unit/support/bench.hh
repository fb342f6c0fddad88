// SPDX-License-Identifier: Apache-2.0
// A tunnel between two scripted ends, driven as a driver would, on a clock of the test's own.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mod_websocket/tunnel/tunnel.hh"
#include "test/unit/support/scripted_end.hh"
#include "test/unit/support/server_frames.hh"

namespace websocket::tunnel::test {

using namespace std::chrono_literals;

// How a driver serves two ends that are ready at once: the one-thread driver both together, the
// engine one after the other, in the order in which the pollset names them.
enum class Order { together, client_first, target_first };

// What the tunnel wrote into its journal; outlives the tunnel.
struct Journalled {
  std::vector<Account> accounts;
  bool ends_were_open = true;
};

class Bench {
 public:
  explicit Bench(Timing timing = {}, const Protocol& protocol = {});
  // With a target inside this process instead of the scripted one.
  Bench(const Protocol& protocol, std::unique_ptr<End> local_target);
  ~Bench();

  // The peers act; serve() lets the tunnel notice.
  void client_sends(const Bytes& frames);
  void target_sends(std::string_view text);

  // What came with the handshake.
  void feed_early(Bytes frames);

  // Serves the tunnel until a poll would sleep. Fails the test when it does not come to that.
  void serve();
  // Lets time pass, from deadline to deadline.
  void pass(std::chrono::milliseconds time);

  // The client reads, answers a Close by its own and ends its connection when ours has ended; the
  // target ends when its input has.
  void peers_finish();

  // What the client got.
  std::vector<ServerFrame> frames() const { return server_frames(client->output); }
  // Payloads of the data frames that the client got.
  std::string client_got() const;
  std::string target_got() const { return frame::test::text(target->output); }
  // The Close that the client got, if any. Fails the test if anything came behind it.
  std::optional<ServerFrame> close() const;

  bool wants_something() const;

  Order order = Order::together;
  std::shared_ptr<Wire> client = std::make_shared<Wire>();
  std::shared_ptr<Wire> target = std::make_shared<Wire>();
  std::shared_ptr<Journalled> journal = std::make_shared<Journalled>();
  Time now{std::chrono::hours(1)};
  const Time begin = now;
  std::unique_ptr<Tunnel> tunnel;

 private:
  Readiness poll() const;
  void check() const;

  Scratch scratch_;
  bool client_answered_ = false;
  bool has_local_target_ = false;
};

// A client's frames.
Bytes message(std::string_view payload);
Bytes ping(std::string_view payload);
Bytes pong();
Bytes close_frame(unsigned code, std::string_view reason = "");
Bytes empty_close();

}  // namespace websocket::tunnel::test
