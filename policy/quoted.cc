// SPDX-License-Identifier: Apache-2.0
#include "policy/quoted.hh"

#include <cstddef>

#include "policy/ascii.hh"

namespace policy {

std::string quoted(std::string_view text) {
  constexpr std::size_t k_most = 80;
  std::string out = "\"";
  for (const char c : text.substr(0, k_most)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e || c == '"' || c == '\\') {
      out += "\\x" + ascii::hex(byte);
    } else {
      out += c;
    }
  }
  return out + (text.size() > k_most ? "...\"" : "\"");
}

}  // namespace policy
