// SPDX-License-Identifier: Apache-2.0
// How much of an end is read at once.
#pragma once

#include <cstddef>

namespace websocket::tunnel {

// A stream that fills its reads costs less in larger ones. But what was read and the other end does
// not take has to be kept, so only a tunnel whose other end took the whole of a full read is given
// more, and one that did not is back at the small size: a peer that never reads never costs more
// than that, one that reads and then stops costs a large read.
class ReadSize {
 public:
  static constexpr std::size_t k_small = std::size_t{64} << 10U;
  static constexpr std::size_t k_large = std::size_t{256} << 10U;

  std::size_t bytes() const noexcept { return large_ ? k_large : k_small; }

  // What the last read gave, and whether all that came of it has left.
  void note(std::size_t got, bool all_left) noexcept {
    if (!all_left) {
      large_ = false;
    } else if (got == bytes()) {
      large_ = true;
    }
  }

 private:
  bool large_ = false;
};

}  // namespace websocket::tunnel
