// SPDX-License-Identifier: Apache-2.0
// One line a second of what a flood of clients can bring about as often as they like: it would fill
// the disk, and cost more than answering them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace websocket::limits {

class LogThrottle {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::seconds k_pause{1};

  // Any thread. Whether a line may be written now, and then how many were left out since the last;
  // nothing where this one is to be left out.
  std::optional<std::uint64_t> admit(Clock::time_point now) noexcept;

 private:
  std::atomic<Clock::rep> next_{Clock::duration::min().count()};
  std::atomic<std::uint64_t> left_out_{0};
};

}  // namespace websocket::limits
