// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/frame/utf8.hh"

#include <algorithm>
#include <cstring>

namespace websocket::frame {
namespace {

// The bytes at the front that are ASCII, counted in whole blocks.
std::size_t ascii_blocks(std::span<const std::byte> bytes) noexcept {
  constexpr std::uint64_t k_top_bits = 0x8080808080808080U;
  constexpr std::size_t k_block = 4 * sizeof(std::uint64_t);
  std::size_t at = 0;
  for (; bytes.size() - at >= k_block; at += k_block) {
    std::uint64_t words[4];
    std::memcpy(words, bytes.data() + at, sizeof words);
    if (((words[0] | words[1] | words[2] | words[3]) & k_top_bits) != 0) break;
  }
  for (; bytes.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    if ((word & k_top_bits) != 0) break;
  }
  return at;
}

}  // namespace

bool Utf8Validator::feed(std::span<const std::byte> bytes) noexcept {
  if (failed_) return false;
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (remaining_ == 0) {
      if (std::to_integer<std::uint8_t>(bytes[at]) < 0x80) {
        const std::size_t ascii = ascii_blocks(bytes.subspan(at));
        at += std::max<std::size_t>(ascii, 1);
        continue;
      }
      const auto lead = std::to_integer<std::uint8_t>(bytes[at++]);
      // C0 and C1 could only begin overlong forms, F5 and above only what is beyond U+10FFFF.
      if (lead < 0xC2 || lead > 0xF4) {
        failed_ = true;
        return false;
      }
      remaining_ = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
      low_ = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;   // overlong below
      high_ = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;  // surrogates, U+110000 above
      continue;
    }
    const auto next = std::to_integer<std::uint8_t>(bytes[at++]);
    if (next < low_ || next > high_) {
      failed_ = true;
      return false;
    }
    --remaining_;
    low_ = 0x80;
    high_ = 0xBF;
  }
  return true;
}

bool is_valid_utf8(std::span<const std::byte> bytes) noexcept {
  Utf8Validator validator;
  return validator.feed(bytes) && validator.complete();
}

std::size_t incomplete_tail(std::span<const std::byte> bytes) noexcept {
  for (std::size_t size = 1; size <= std::min<std::size_t>(bytes.size(), 3); ++size) {
    const auto tail = bytes.last(size);
    const auto first = std::to_integer<std::uint8_t>(tail[0]);
    if (first >= 0x80 && first <= 0xBF) continue;  // a continuation: what it is of lies before it
    Utf8Validator validator;
    return validator.feed(tail) && !validator.complete() ? size : 0;
  }
  return 0;
}

}  // namespace websocket::frame
