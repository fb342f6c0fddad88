// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/limits/log_throttle.hh"

namespace websocket::limits {

std::optional<std::uint64_t> LogThrottle::admit(Clock::time_point now) noexcept {
  Clock::rep next = next_.load(std::memory_order_relaxed);
  const bool is_time = now.time_since_epoch().count() >= next;
  // Of several that find the time come one wins.
  if (is_time && next_.compare_exchange_strong(next, (now + pause_).time_since_epoch().count(),
                                               std::memory_order_relaxed)) {
    return left_out_.exchange(0, std::memory_order_relaxed);
  }
  left_out_.fetch_add(1, std::memory_order_relaxed);
  return std::nullopt;
}

std::string and_left_out(std::uint64_t lines) {
  return lines == 0 ? "" : " (and " + std::to_string(lines) + " more like it before)";
}

}  // namespace websocket::limits
