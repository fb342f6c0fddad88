// SPDX-License-Identifier: Apache-2.0
// A tunnel between real sockets, whose far sides are in the test's hand, for tests of drivers.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "mod_websocket/tunnel/tunnel.hh"
#include "test/unit/support/bench.hh"
#include "test/unit/support/server_frames.hh"
#include "test/unit/support/socket_pair.hh"

namespace websocket::tunnel::test {

// Counts tunnels by how they ended, and what they report, on any thread. Those whose tally is
// dismissed shall end.
class Tally {
 public:
  void count(Ending ending) noexcept { counts_[static_cast<std::size_t>(ending)].fetch_add(1); }
  std::size_t of(Ending ending) const noexcept {
    return counts_[static_cast<std::size_t>(ending)].load();
  }
  std::size_t all() const noexcept;

  std::atomic<std::size_t> reports{0};
  std::atomic<std::uint64_t> last_report{0};  // bytes from its client
  std::atomic<bool> dismissed{false};

 private:
  std::array<std::atomic<std::size_t>, static_cast<std::size_t>(k_last_ending) + 1> counts_{};
};

// The far sides of a tunnel.
struct Line {
  Descriptor client;
  Descriptor target;

  // Reads server frames one by one. Throws where the connection ends first.
  ServerFrame next_frame() const;
  std::vector<ServerFrame> frames_until_close() const;
  // Reads up to the end of the connection.
  std::vector<ServerFrame> all_frames() const { return server_frames(receive_to_the_end(client)); }
};

enum class Sockets { local, tcp };

// `tally` outlives the tunnel.
std::unique_ptr<Tunnel> make_tunnel(Line& line, Tally& tally, Timing timing = {},
                                    Sockets sockets = Sockets::local);

}  // namespace websocket::tunnel::test
