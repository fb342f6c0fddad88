// SPDX-License-Identifier: Apache-2.0
// What a load has done so far, and how long its answers took.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

class Latencies {
 public:
  void add(Clock::duration time) {
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
    constexpr std::int64_t k_most = std::numeric_limits<std::uint32_t>::max();
    nanoseconds_.push_back(static_cast<std::uint32_t>(std::clamp<std::int64_t>(ns, 0, k_most)));
  }

  void clear() { nanoseconds_.clear(); }
  std::size_t count() const { return nanoseconds_.size(); }

  // The smallest time that `share` (0 to 1) of all were not longer than, in microseconds; 0 where
  // there are none.
  double percentile(double share) {
    if (nanoseconds_.empty()) return 0;
    const auto rank =
        static_cast<std::size_t>(std::ceil(share * static_cast<double>(nanoseconds_.size())));
    const auto nth = nanoseconds_.begin() + static_cast<std::ptrdiff_t>(rank == 0 ? 0 : rank - 1);
    std::nth_element(nanoseconds_.begin(), nth, nanoseconds_.end());
    return *nth / 1e3;
  }

 private:
  std::vector<std::uint32_t> nanoseconds_;
};

struct Figures {
  std::uint64_t messages = 0;    // sent, and back complete and right
  std::uint64_t bytes = 0;       // of their payload, counted once
  std::uint64_t handshakes = 0;  // answered with 101
  Latencies busy;                // of a message, or of connect to 101 where that is the load
  Latencies quiet;
};

}  // namespace bench
