// SPDX-License-Identifier: Apache-2.0
// UTF-8 as RFC 3629 section 4 defines it: no surrogates, no overlong forms, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace websocket::frame {

// Checks text that comes in pieces, cut anywhere.
class Utf8Validator {
 public:
  // False from the first byte on that cannot be part of valid UTF-8, whatever may follow
  // (fail-fast); stays false until reset().
  bool feed(std::span<const std::byte> bytes) noexcept;

  // Whether the text may end here: nothing was wrong and no code point is unfinished.
  bool complete() const noexcept { return !failed_ && remaining_ == 0; }

  void reset() noexcept { *this = Utf8Validator{}; }

 private:
  bool step(std::byte next) noexcept;

  std::uint8_t remaining_ = 0;  // continuation bytes that the code point still wants, 0-3
  std::uint8_t low_ = 0x80;     // range of the next continuation byte; 80-BF except right after
  std::uint8_t high_ = 0xBF;    // E0, ED, F0 and F4
  bool failed_ = false;
};

// How far bytes are text.
struct Utf8Extent {
  std::size_t whole;  // bytes at the front that are valid code points, none of them cut
  // Bytes right behind, 0-3, that begin one more code point. If they are the last, more bytes could
  // finish it; otherwise the byte behind them shows that there is none (they are then what Unicode
  // calls the maximal subpart of an ill-formed sequence, chapter 3, U+FFFD substitution).
  std::size_t begun;

  bool operator==(const Utf8Extent&) const = default;
};

Utf8Extent utf8_extent(std::span<const std::byte> bytes) noexcept;

// Whether the bytes are valid UTF-8 from beginning to end.
bool is_valid_utf8(std::span<const std::byte> bytes) noexcept;

// How many bytes at the end begin a code point that is not finished, 0-3. Bytes that cannot become
// valid, whatever follows, count as 0.
std::size_t incomplete_tail(std::span<const std::byte> bytes) noexcept;

}  // namespace websocket::frame
