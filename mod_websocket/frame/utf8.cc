// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/frame/utf8.hh"

#include <algorithm>
#include <bit>
#include <cstring>

namespace websocket::frame {
namespace {

bool is_ascii(std::byte byte) noexcept { return (byte & std::byte{0x80}) == std::byte{0}; }

// How many bytes at the front are ASCII.
std::size_t ascii_prefix(std::span<const std::byte> bytes) noexcept {
  constexpr std::uint64_t k_top_bits = 0x8080808080808080U;
  constexpr std::size_t k_word = sizeof(std::uint64_t);
  std::size_t at = 0;
  while (bytes.size() - at >= k_word) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    word &= k_top_bits;
    if (word != 0) {
      const int bits = std::endian::native == std::endian::little ? std::countr_zero(word)
                                                                  : std::countl_zero(word);
      return at + static_cast<std::size_t>(bits) / 8;
    }
    at += k_word;
    for (; bytes.size() - at >= 4 * k_word; at += 4 * k_word) {
      std::uint64_t words[4];
      std::memcpy(words, bytes.data() + at, sizeof words);
      if (((words[0] | words[1] | words[2] | words[3]) & k_top_bits) != 0) break;
    }
  }
  while (at < bytes.size() && is_ascii(bytes[at])) ++at;
  return at;
}

// The first four bytes as a number, the first of them lowest.
std::uint32_t four(std::span<const std::byte> bytes) noexcept {
  return std::to_integer<std::uint32_t>(bytes[0]) | std::to_integer<std::uint32_t>(bytes[1]) << 8U |
         std::to_integer<std::uint32_t>(bytes[2]) << 16U |
         std::to_integer<std::uint32_t>(bytes[3]) << 24U;
}

// How many bytes at the front are valid code points that are not ASCII; stops early where it cannot
// look four bytes ahead.
std::size_t wide_prefix(std::span<const std::byte> bytes) noexcept {
  std::size_t at = 0;
  while (bytes.size() - at >= 4) {
    const std::uint32_t next = four(bytes.subspan(at));
    // Bits of the code point that tell overlong forms (all zero), surrogates (D8xx-DFxx) and what
    // is beyond plane 16.
    const std::uint32_t two = next & 0x1EU;
    const std::uint32_t three = next & 0x200FU;
    const std::uint32_t plane = (next & 0x07U) << 2U | (next >> 12U & 0x03U);
    if ((next & 0xC0E0U) == 0x80C0U && two != 0) {
      at += 2;
    } else if ((next & 0xC0C0F0U) == 0x8080E0U && three != 0 && three != 0x200DU) {
      at += 3;
    } else if ((next & 0xC0C0C0F8U) == 0x808080F0U && plane >= 1 && plane <= 16) {
      at += 4;
    } else {
      break;
    }
  }
  return at;
}

// What a first byte that is not ASCII asks of the bytes behind it.
struct Lead {
  std::uint8_t remaining;  // 1-3 continuation bytes; 0: nothing begins with this byte
  std::uint8_t low, high;  // range of the first of them
};

Lead lead_of(std::byte byte) noexcept {
  const auto lead = std::to_integer<std::uint8_t>(byte);
  // C0 and C1 could only begin overlong forms, F5 and above only what is beyond U+10FFFF.
  if (lead < 0xC2 || lead > 0xF4) return {0, 0, 0};
  return {static_cast<std::uint8_t>(lead < 0xE0   ? 1
                                    : lead < 0xF0 ? 2
                                                  : 3),
          static_cast<std::uint8_t>(lead == 0xE0   ? 0xA0  // overlong below
                                    : lead == 0xF0 ? 0x90
                                                   : 0x80),
          static_cast<std::uint8_t>(lead == 0xED   ? 0x9F  // surrogates above
                                    : lead == 0xF4 ? 0x8F  // U+110000 above
                                                   : 0xBF)};
}

bool is_within(std::byte byte, std::uint8_t low, std::uint8_t high) noexcept {
  const auto value = std::to_integer<std::uint8_t>(byte);
  return value >= low && value <= high;
}

// One code point that is not ASCII, at the front: all of it, or what is there of it.
Utf8Extent code_point(std::span<const std::byte> bytes) noexcept {
  const Lead lead = lead_of(bytes[0]);
  if (lead.remaining == 0) return {0, 0};
  if (bytes.size() < 2 || !is_within(bytes[1], lead.low, lead.high)) return {0, 1};
  const std::size_t length = lead.remaining + 1U;
  for (std::size_t at = 2; at < length; ++at) {
    if (at == bytes.size() || !is_within(bytes[at], 0x80, 0xBF)) return {0, at};
  }
  return {length, 0};
}

}  // namespace

Utf8Extent utf8_extent(std::span<const std::byte> bytes) noexcept {
  std::size_t at = 0;
  while (true) {
    at += ascii_prefix(bytes.subspan(at));
    at += wide_prefix(bytes.subspan(at));
    if (at == bytes.size()) return {at, 0};
    if (is_ascii(bytes[at])) continue;
    const Utf8Extent next = code_point(bytes.subspan(at));
    if (next.whole == 0) return {at, next.begun};
    at += next.whole;
  }
}

bool Utf8Validator::feed(std::span<const std::byte> bytes) noexcept {
  if (failed_) return false;
  while (remaining_ != 0 && !bytes.empty()) {
    if (!step(bytes[0])) return false;
    bytes = bytes.subspan(1);
  }
  // Behind the whole ones: the beginning of one more, or what is wrong.
  bytes = bytes.subspan(utf8_extent(bytes).whole);
  return std::ranges::all_of(bytes, [this](std::byte next) { return step(next); });
}

// The next byte of a code point that is not ASCII.
bool Utf8Validator::step(std::byte next) noexcept {
  if (remaining_ == 0) {
    const Lead lead = lead_of(next);
    failed_ = lead.remaining == 0;
    remaining_ = lead.remaining;
    low_ = lead.low;
    high_ = lead.high;
    return !failed_;
  }
  failed_ = !is_within(next, low_, high_);
  --remaining_;
  low_ = 0x80;
  high_ = 0xBF;
  return !failed_;
}

bool is_valid_utf8(std::span<const std::byte> bytes) noexcept {
  return utf8_extent(bytes).whole == bytes.size();
}

std::size_t incomplete_tail(std::span<const std::byte> bytes) noexcept {
  for (std::size_t size = 1; size <= std::min<std::size_t>(bytes.size(), 3); ++size) {
    const auto tail = bytes.last(size);
    if (is_within(tail[0], 0x80, 0xBF)) continue;  // what it continues lies before it
    return utf8_extent(tail) == Utf8Extent{0, size} ? size : 0;
  }
  return 0;
}

}  // namespace websocket::frame
