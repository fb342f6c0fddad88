// SPDX-License-Identifier: Apache-2.0
// A load on a server: so many connections that are busy, so many that are quiet.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "test/bench/client.hh"

namespace bench {

struct Shape {
  std::uint16_t port = 0;
  std::string path = "/";
  std::optional<std::string> cipher{};  // TLS
  std::size_t size = 64;                // of a message
  Kind kind = Kind::binary;
  std::size_t busy = 0;               // tunnels that have messages under way all the time
  std::size_t window = 1;             // how many
  std::size_t quiet = 0;              // tunnels that echo one message when they open
  std::chrono::milliseconds pause{};  // and another one every so often; 0: never
  bool handshakes = false;            // the busy ones hang up at the 101 and begin again
};

class Load {
 public:
  // `standard_input` is waited for as well.
  Load(const Shape& shape, int standard_input);

  // One round of what there is to do; true where standard input has something to say.
  bool serve();
  // All tunnels are open, and each has echoed something.
  bool ready() const { return opened_ == shape_.quiet + shape_.busy; }
  Figures& figures() { return figures_; }
  // Every quiet tunnel echoes once more: they are what they look like.
  void wake_all_quiet();
  bool all_quiet_are_back() const { return quiet_under_way_ == 0; }

 private:
  struct Tunnel {
    std::unique_ptr<Client> client;
    bool busy = false;
    bool counted = false;  // in opened_
    std::uint32_t events = 0;
    std::size_t number = 0;
  };

  void open_some();
  void open(Tunnel& tunnel);
  void serve(Tunnel& tunnel);
  void echoed(Tunnel& tunnel, Clock::duration time);
  void answered(Tunnel& tunnel);
  void count_as_open(Tunnel& tunnel);
  void keep_busy(Tunnel& tunnel);
  void wake(Tunnel& tunnel);
  void wake_those_due();
  int until_next_due() const;

  Shape shape_;
  std::optional<Tls> tls_;
  Opening opening_;
  Messages messages_;
  Poller poller_;
  std::vector<Tunnel> tunnels_;  // the quiet ones first
  std::size_t begun_ = 0;        // tunnels whose first connection has been begun
  std::size_t opened_ = 0;
  std::uint64_t connections_ = 0;
  std::size_t quiet_under_way_ = 0;
  std::size_t next_due_ = 0;  // which quiet tunnel
  Clock::time_point due_at_{};
  Figures figures_;
  std::vector<std::byte> buffer_;
};

}  // namespace bench
