// SPDX-License-Identifier: Apache-2.0
#include "policy/tool/terminal.hh"

namespace policy::tool {

std::string terminal_line(std::string_view text) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    if (c >= ' ' && c <= '~') {
      line += c;
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    line += "\\x";
    line += k_digits[octet >> 4U];
    line += k_digits[octet & 15U];
  }
  return line;
}

}  // namespace policy::tool
