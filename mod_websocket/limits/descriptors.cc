// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/limits/descriptors.hh"

#include <algorithm>
#include <limits>

namespace websocket::limits {

namespace {

// A thread's share: the event MPM admits three connections a thread (AsyncRequestWorkerFactor 2,
// and the one that is worked on), and a request opens a file. Handshakes under way take theirs here
// too: each may have got its descriptor below the bound and the target's socket above it.
constexpr std::uint64_t k_a_thread = 4;

// Logs, libraries and scripts, whatever the number of threads.
constexpr std::uint64_t k_least = 64;

}  // namespace

int descriptors_for_tunnels(std::uint64_t limit, int threads) noexcept {
  constexpr std::uint64_t k_most = std::numeric_limits<int>::max();
  limit = std::min(limit, k_most);  // also RLIM_INFINITY
  const auto wanted = k_a_thread * static_cast<std::uint64_t>(std::max(threads, 1));
  // Where there are few in all, tunnels get half of them.
  return static_cast<int>(limit - std::min(std::max(wanted, k_least), limit / 2));
}

}  // namespace websocket::limits
