// SPDX-License-Identifier: Apache-2.0
#include "policy/json.hh"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "test/unit/catch.hh"

using policy::Json;

namespace {

std::string written(std::string_view text) {
  std::string line = Json(text).to_string();
  REQUIRE(line.back() == '\n');
  line.pop_back();
  return line;
}

}  // namespace

TEST_CASE("JSON texts are escaped as RFC 8259 section 7 asks", "[policy][json]") {
  CHECK(written("") == R"("")");
  CHECK(written("a/b 'c'") == R"("a/b 'c'")");
  CHECK(written("\"\\\n\r\t") == R"("\"\\\n\r\t")");
  CHECK(written(std::string_view("\0\x01\x1f\x7f", 4)) == R"("\u0000\u0001\u001f\u007f")");
}

TEST_CASE("JSON is pure ASCII, letters beyond it are written by number", "[policy][json]") {
  CHECK(written("\xc3\xa9") == R"("\u00e9")");
  CHECK(written("\xe2\x80\xae") == R"("\u202e")");
  CHECK(written("\xf0\x9f\x98\x80!") == R"("\ud83d\ude00!")");
}

TEST_CASE("octets that are not UTF-8 become the replacement character", "[policy][json]") {
  CHECK(written("a\xff"
                "b") == R"("a\ufffdb")");
  CHECK(written("\xc3") == R"("\ufffd")");
  CHECK(written("\xc0\x80") == R"("\ufffd\ufffd")");            // overlong
  CHECK(written("\xed\xa0\x80") == R"("\ufffd\ufffd\ufffd")");  // a surrogate
}

TEST_CASE("JSON values nest and keep their order", "[policy][json]") {
  Json object = Json::object();
  object.set("z", true)
      .set("a", std::uint16_t{65535})
      .set("none", Json::null())
      .set("list", Json::array_of(std::vector<std::string>{"x", "y"}))
      .set("empty", Json::array())
      .set("nothing", Json::object());
  CHECK(object.to_string() ==
        "{\n  \"z\": true,\n  \"a\": 65535,\n  \"none\": null,\n  \"list\": [\n    \"x\",\n"
        "    \"y\"\n  ],\n  \"empty\": [],\n  \"nothing\": {}\n}\n");
}
