// SPDX-License-Identifier: Apache-2.0
#include "policy/source_text.hh"

#include <string>

#include "test/unit/catch.hh"

using policy::SourceText;

namespace {

std::string place(std::string_view text, std::size_t offset) {
  const policy::Place found = SourceText(text).place(offset);
  return std::to_string(found.line) + ":" + std::to_string(found.column);
}

}  // namespace

TEST_CASE("Lines end at LF, CR and CR LF; columns count characters", "[policy][xml-2.11]") {
  CHECK(place("abc", 0) == "1:1");
  CHECK(place("abc", 2) == "1:3");
  CHECK(place("a\nb", 2) == "2:1");
  CHECK(place("a\rb", 2) == "2:1");
  CHECK(place("a\r\nb", 3) == "2:1");
  CHECK(place("a\n\nb", 3) == "3:1");
  CHECK(place("\xc3\xa4\xe2\x82\xac"
              "b",
              5) == "1:3");
  CHECK(place("ab", 99) == "1:3");
  CHECK(place("", 0) == "1:1");
}

TEST_CASE("What may stand between elements is skipped", "[policy]") {
  const auto skipped = [](std::string_view text) { return SourceText(text).skip_ignorable(0); };
  CHECK(skipped("  x") == 2);
  CHECK(skipped("<!-- > -- -->x") == 13);
  CHECK(skipped("<?a > ?> <!----> x") == 17);
  CHECK(skipped("<!-->x") == 0);
  CHECK(skipped("<!-- open") == 0);
  CHECK(skipped("<a>") == 0);
  CHECK(skipped("   ") == 3);
}

TEST_CASE("A tag ends behind its quotation marks", "[policy]") {
  CHECK(SourceText("<a b='>'>x").tag_end(0) == 9);
  CHECK(SourceText("<a b=\">'\">x").tag_end(0) == 10);
  CHECK(SourceText("<a").tag_end(0) == 2);
  CHECK(SourceText("<r><a b='1'>").tag_start(11) == 3);
}

TEST_CASE("Bad UTF-8 is found where it is", "[policy][rfc3629-4]") {
  const auto bad = [](std::string_view text) { return SourceText(text).bad_utf8(); };
  const auto none = std::string_view::npos;
  for (const std::string_view good :
       {"", "abc", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf", "\xef\xbf\xbf"}) {
    CHECK(bad(good) == none);
  }
  for (const std::string_view evil :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2",
        "\xc2"
        "a",
        "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xff"}) {
    CHECK(bad("x" + std::string(evil)) == 1);
  }
  CHECK(bad(std::string_view("a\0", 2)) == 1);
}
