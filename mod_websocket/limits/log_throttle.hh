// SPDX-License-Identifier: Apache-2.0
// One line a second, or a longer time, of what a flood of clients can bring about as often as they
// like: it would fill the disk, and cost more than answering them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace websocket::limits {

class LogThrottle {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::seconds k_pause{1};

  explicit LogThrottle(std::chrono::seconds pause = k_pause) noexcept : pause_(pause) {}

  // Any thread. Whether a line may be written now, and then how many were left out since the last;
  // nothing where this one is to be left out.
  std::optional<std::uint64_t> admit(Clock::time_point now) noexcept;

 private:
  std::chrono::seconds pause_;
  std::atomic<Clock::rep> next_{Clock::duration::min().count()};
  std::atomic<std::uint64_t> left_out_{0};
};

// What a line says of those that were left out before it: nothing where there were none.
std::string and_left_out(std::uint64_t lines);

}  // namespace websocket::limits
