// SPDX-License-Identifier: Apache-2.0
//
// Character classes that no locale changes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace policy::ascii {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_alpha(char c) { return is_lower(c) || is_upper(c); }
constexpr bool is_alnum(char c) { return is_alpha(c) || is_digit(c); }
constexpr bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
/// 0x21..0x7e.
constexpr bool is_visible(char c) { return c > ' ' && c < '\x7f'; }

constexpr char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

inline std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), to_lower);
  return out;
}

inline constexpr std::string_view k_hex_digits = "0123456789abcdef";

/// Two digits.
inline std::string hex(unsigned char octet) {
  return {k_hex_digits[octet >> 4U], k_hex_digits[octet & 15U]};
}

/// Space, tab, line ends: XML's white space (S), and more than HTTP's.
inline constexpr std::string_view k_white = " \t\r\n";

/// Without white space at either end.
constexpr std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(k_white);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(k_white) - first + 1);
}

inline bool equal_without_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return to_lower(a) == to_lower(b); });
}

}  // namespace policy::ascii
