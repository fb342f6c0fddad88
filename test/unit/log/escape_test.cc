// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/log/escape.hh"

#include "test/unit/catch.hh"

namespace websocket::log {
namespace {

std::string escaped(std::string_view text, std::size_t most = 1000) {
  std::string out;
  append_escaped(out, text, most);
  return out;
}

TEST_CASE("plain text stands in the log as it is", "[log]") {
  CHECK(escaped("/chat.xml ~!#'") == "/chat.xml ~!#'");
  CHECK(escaped("").empty());
}

TEST_CASE("what would forge a line or a field is escaped as httpd does", "[log]") {
  CHECK(escaped("a\"b\\c") == R"(a\"b\\c)");
  CHECK(escaped("\n\r\t\v\b") == R"(\n\r\t\v\b)");
  CHECK(escaped(std::string_view("\0\x1b[2J\x7f", 6)) == R"(\x00\x1b[2J\x7f)");
  CHECK(escaped("\xc3\xa9") == R"(\xc3\xa9)");
}

TEST_CASE("a cut text says so, and no escape sequence is cut in two", "[log]") {
  CHECK(escaped("abcdef", 6) == "abcdef");
  CHECK(escaped("abcdefg", 6) == "abc...");
  CHECK(escaped("ab\x01z", 6) == "ab...");
  for (std::size_t most = 3; most < 40; ++most) {
    const std::string cut = escaped("\x01\"\x02\n\x03plain\x04", most);
    CHECK(cut.size() <= most);
    const bool is_whole = cut == R"(\x01\"\x02\n\x03plain\x04)";
    CHECK(is_whole == (most >= 25));
    if (is_whole) continue;
    REQUIRE(cut.ends_with("..."));
    const std::string kept = cut.substr(0, cut.size() - 3);
    CHECK(std::string(R"(\x01\"\x02\n\x03plain\x04)").starts_with(kept));
    CHECK((kept.empty() || kept.back() != '\\'));
    CHECK_FALSE(kept.ends_with("\\x"));
    CHECK_FALSE(kept.ends_with("\\x0"));
  }
}

TEST_CASE("escaping appends to what is there", "[log]") {
  std::string out = "before ";
  append_escaped(out, "abcdefgh", 5);
  CHECK(out == "before ab...");
}

}  // namespace
}  // namespace websocket::log
