// SPDX-License-Identifier: Apache-2.0
// How many tunnels descriptors are enough for, and how many descriptors tunnels need.
#pragma once

#include <cstdint>

namespace websocket::limits {

// In all children together; each has `limit` descriptors and `threads` threads.
std::uint64_t tunnels_within(std::uint64_t limit, int threads, int children) noexcept;

// The smallest limit of a child's descriptors with which so many tunnels find room.
std::uint64_t descriptors_wanted(std::uint64_t tunnels, int threads, int children) noexcept;

}  // namespace websocket::limits
