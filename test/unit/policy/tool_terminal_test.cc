// SPDX-License-Identifier: Apache-2.0
#include "policy/tool/terminal.hh"

#include <string>

#include "test/unit/catch.hh"

using policy::tool::terminal_line;

TEST_CASE("a terminal gets printable ASCII and nothing else", "[policy][tool]") {
  std::string all;
  for (int octet = 0; octet < 256; ++octet) all += static_cast<char>(octet);
  for (const char c : terminal_line(all)) {
    INFO(static_cast<int>(c));
    CHECK((c >= ' ' && c <= '~'));
  }
  CHECK(terminal_line("a\x1b[2Jb\n\x9b\x7f") == "a\\x1b[2Jb\\x0a\\x9b\\x7f");
}

TEST_CASE("what is escaped already stays as it is", "[policy][tool]") {
  CHECK(terminal_line("\"a\\x1b\" <b> 'c'") == "\"a\\x1b\" <b> 'c'");
  CHECK(terminal_line("").empty());
}
