// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/limits/capacity.hh"

#include <algorithm>

#include "mod_websocket/limits/descriptors.hh"

namespace websocket::limits {

namespace {

constexpr std::uint64_t k_a_tunnel = 2;  // the client's and the target's
constexpr std::uint64_t k_most_descriptors = 1U << 30U;

}  // namespace

std::uint64_t tunnels_within(std::uint64_t limit, int threads, int children) noexcept {
  const auto a_child = static_cast<std::uint64_t>(descriptors_for_tunnels(limit, threads));
  return a_child / k_a_tunnel * static_cast<std::uint64_t>(std::max(children, 1));
}

std::uint64_t descriptors_wanted(std::uint64_t tunnels, int threads, int children) noexcept {
  std::uint64_t low = 0;
  std::uint64_t high = k_most_descriptors;
  while (low < high) {
    const std::uint64_t middle = (low + high) / 2;
    if (tunnels_within(middle, threads, children) >= tunnels) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace websocket::limits
