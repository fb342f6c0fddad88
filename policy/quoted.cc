// SPDX-License-Identifier: Apache-2.0
#include "policy/quoted.hh"

#include <cstddef>

namespace policy {

std::string quoted(std::string_view text) {
  constexpr std::size_t k_most = 80;
  constexpr std::string_view k_hex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text.substr(0, k_most)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e || c == '"' || c == '\\') {
      out += "\\x";
      out += k_hex[byte >> 4];
      out += k_hex[byte & 15U];
    } else {
      out += c;
    }
  }
  return out + (text.size() > k_most ? "...\"" : "\"");
}

}  // namespace policy
