// SPDX-License-Identifier: Apache-2.0
#include "policy/tool/terminal.hh"

#include "policy/ascii.hh"

namespace policy::tool {

std::string terminal_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    if (c >= ' ' && c <= '~') {
      line += c;
      continue;
    }
    line += "\\x" + ascii::hex(static_cast<unsigned char>(c));
  }
  return line;
}

}  // namespace policy::tool
