// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/frame/utf8.hh"

#include <string>
#include <string_view>
#include <vector>

#include "test/unit/catch.hh"
#include "test/unit/frame/bytes.hh"

namespace websocket::frame {
namespace {

using namespace std::string_literals;
using test::Bytes;
using test::bytes;

constexpr std::size_t k_never = std::string::npos;

// The index of the byte at which feed() first says no; fed so many bytes at a time.
std::size_t fails_at(std::string_view text) {
  Utf8Validator validator;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!validator.feed(bytes(text.substr(i, 1)))) return i;
  }
  return k_never;
}

std::string encode(std::uint32_t point) {
  const auto tail = [point](unsigned shift) {
    return static_cast<char>(0x80U | (point >> shift & 0x3FU));
  };
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x800) return {static_cast<char>(0xC0U | point >> 6U), tail(0)};
  if (point < 0x10000) return {static_cast<char>(0xE0U | point >> 12U), tail(6), tail(0)};
  return {static_cast<char>(0xF0U | point >> 18U), tail(12), tail(6), tail(0)};
}

TEST_CASE("valid texts are valid, whole and at every split", "[frame][rfc3629]") {
  const std::string text = GENERATE(
      ""s, "Hello-\xC2\xB5@\xC3\x9F\xC3\xB6\xC3\xA4\xC3\xBC\xC3\xA0\xC3\xA1-UTF-8!!"s,  // 6.2, 6.5
      "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5"s,                                  // 6.6.11
      "\0"s, "\xC2\x80"s, "\xE0\xA0\x80"s, "\xF0\x90\x80\x80"s,    // 6.7: the first of each length
      "\x7F"s, "\xDF\xBF"s, "\xEF\xBF\xBF"s, "\xF4\x8F\xBF\xBF"s,  // 6.9: the last of each length
      "\xED\x9F\xBF"s, "\xEE\x80\x80"s, "\xEF\xBF\xBD"s,           // 6.11: around the surrogates
      "\xEF\xBF\xBE"s, "\xF0\x9F\xBF\xBE"s, "\xEF\xB7\x90"s,       // 6.22: non-characters
      "a long run of nothing but ASCII, longer than any block that is looked at in one go, then "
      "\xE2"
      "\x82\xAC and a second long run of nothing but ASCII characters, to the very end."s);
  CAPTURE(text);
  CHECK(is_valid_utf8(bytes(text)));
  CHECK(fails_at(text) == k_never);
  for (std::size_t split = 0; split <= text.size(); ++split) {
    Utf8Validator validator;
    CAPTURE(split);
    CHECK(validator.feed(bytes(std::string_view(text).substr(0, split))));
    CHECK(validator.feed(bytes(std::string_view(text).substr(split))));
    CHECK(validator.complete());
  }
}

struct Invalid {
  std::string text;
  std::size_t at;  // the byte that cannot be right, whatever follows
};

TEST_CASE("invalid texts fail at the first byte that cannot be right", "[frame][rfc6455-8.1]") {
  const Invalid invalid = GENERATE(
      // 6.3.1: a surrogate in the middle; A0 after ED is the byte that shows it
      Invalid{"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80"
              "edited"s,
              12},
      // 6.4.1: U+110000; 90 after F4 is the byte that shows it
      Invalid{"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xF4\x90\x80\x80"
              "edited"s,
              12},
      Invalid{"\xF8\x88\x80\x80\x80"s, 0}, Invalid{"\xFC\x84\x80\x80\x80\x80"s, 0},  // 6.8
      Invalid{"\xF7\xBF\xBF\xBF"s, 0}, Invalid{"\xFB\xBF\xBF\xBF\xBF"s, 0},          // 6.10
      Invalid{"\xFD\xBF\xBF\xBF\xBF\xBF"s, 0}, Invalid{"\xF4\x90\x80\x80"s, 1},
      Invalid{"\xF5\x80\x80\x80"s, 0},                                        // 6.11
      Invalid{"\x80"s, 0}, Invalid{"\xBF"s, 0}, Invalid{"\x80\xBF\x80"s, 0},  // 6.12
      Invalid{"\xC2 \xC3 "s, 1}, Invalid{"\xE0 "s, 1}, Invalid{"\xF0 "s, 1},  // 6.13
      Invalid{"\xC2\xC2\xA0"s, 1}, Invalid{"\xE2\x82\x41"s, 2},               // 6.14, 6.15
      Invalid{"\xF0\x9F\x98\x41"s, 3}, Invalid{"\xE2\x82\xC0"s, 2}, Invalid{"\xFE"s, 0},
      Invalid{"\xFF"s, 0}, Invalid{"\xFE\xFE\xFF\xFF"s, 0},  // 6.16
      Invalid{"\xC0\xAF"s, 0}, Invalid{"\xE0\x80\xAF"s, 1},  // 6.17
      Invalid{"\xF0\x80\x80\xAF"s, 1}, Invalid{"\xC1\xBF"s, 0},
      Invalid{"\xE0\x9F\xBF"s, 1},  // 6.18
      Invalid{"\xF0\x8F\xBF\xBF"s, 1}, Invalid{"\xC0\x80"s, 0},
      Invalid{"\xE0\x80\x80"s, 1},  // 6.19
      Invalid{"\xF0\x80\x80\x80"s, 1}, Invalid{"\xED\xA0\x80"s, 1},
      Invalid{"\xED\xBF\xBF"s, 1},               // 6.20
      Invalid{"\xED\xA0\x80\xED\xB0\x80"s, 1});  // 6.21
  CAPTURE(invalid.text);
  CHECK(fails_at(invalid.text) == invalid.at);
  CHECK_FALSE(is_valid_utf8(bytes(invalid.text)));

  for (std::size_t split = 0; split <= invalid.text.size(); ++split) {
    Utf8Validator validator;
    const bool first = validator.feed(bytes(std::string_view(invalid.text).substr(0, split)));
    CAPTURE(split);
    CHECK(first == (split <= invalid.at));
    CHECK_FALSE(validator.feed(bytes(std::string_view(invalid.text).substr(split))));
    CHECK_FALSE(validator.complete());
    CHECK_FALSE(validator.feed(bytes("sound")));  // it stays so
    validator.reset();
    CHECK(validator.feed(bytes("sound")));
    CHECK(validator.complete());
  }
}

TEST_CASE("ASCII of every length before it hides no bad byte", "[frame][rfc3629]") {
  for (std::size_t before = 0; before <= 80; ++before) {
    for (std::size_t after = 0; after <= 40; after += 8) {
      const std::string text = std::string(before, 'a') + "\xFF" + std::string(after, 'z');
      CAPTURE(before, after);
      REQUIRE_FALSE(is_valid_utf8(bytes(text)));
      REQUIRE(
          is_valid_utf8(bytes(std::string(before, 'a') + "\xC3\xA4" + std::string(after, 'z'))));
    }
  }
}

TEST_CASE("every code point is valid but the surrogates", "[frame][rfc3629]") {
  std::size_t wrong = 0;
  for (std::uint32_t point = 0; point <= 0x10FFFF; ++point) {
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (is_valid_utf8(bytes(encode(point))) == surrogate) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("exactly the pairs of bytes that RFC 3629 section 4 lists can begin a code point",
          "[frame][rfc3629]") {
  const auto in = [](unsigned value, unsigned low, unsigned high) {
    return value >= low && value <= high;
  };
  std::size_t wrong = 0;
  for (unsigned first = 0; first <= 0xFF; ++first) {
    for (unsigned second = 0; second <= 0xFF; ++second) {
      const bool tail = in(second, 0x80, 0xBF);
      const bool second_begins = second <= 0x7F || in(second, 0xC2, 0xF4);
      const bool expected = first <= 0x7F           ? second_begins
                            : in(first, 0xC2, 0xDF) ? tail
                            : first == 0xE0         ? in(second, 0xA0, 0xBF)
                            : first == 0xED         ? in(second, 0x80, 0x9F)
                            : in(first, 0xE1, 0xEF) ? tail
                            : first == 0xF0         ? in(second, 0x90, 0xBF)
                            : in(first, 0xF1, 0xF3) ? tail
                            : first == 0xF4         ? in(second, 0x80, 0x8F)
                                                    : false;
      Utf8Validator validator;
      if (validator.feed(bytes({first, second})) != expected) ++wrong;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("a text that ends inside a code point is sound so far, but not complete",
          "[frame][rfc6455-8.1]") {
  const std::string text = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const bool boundary = size == 0 || size == 1 || size == 3 || size == 6 || size == 10;
    const auto part = bytes(std::string_view(text).substr(0, size));
    Utf8Validator validator;
    CAPTURE(size);
    CHECK(validator.feed(part));
    CHECK(validator.complete() == boundary);
    CHECK(is_valid_utf8(part) == boundary);
  }
}

TEST_CASE("the incomplete tail is what a later byte could still finish", "[frame][rfc3629]") {
  struct Tail {
    std::string text;
    std::size_t size;
  };
  const Tail tail = GENERATE(
      Tail{""s, 0}, Tail{"a"s, 0}, Tail{"abcdef"s, 0}, Tail{"\xC3\xA4"s, 0}, Tail{"\xC3"s, 1},
      Tail{"abc\xC3"s, 1}, Tail{"\xE2"s, 1}, Tail{"\xF0"s, 1}, Tail{"\xE2\x82"s, 2},
      Tail{"abc\xE2\x82"s, 2}, Tail{"\xF0\x9F"s, 2}, Tail{"\xF0\x9F\x98"s, 3},
      Tail{"\xE2\x82\xAC\xF0\x9F\x98"s, 3}, Tail{"\xE2\x82\xAC"s, 0}, Tail{"\xF0\x9F\x98\x80"s, 0},
      Tail{"\xE2\x82\xAC\xC3"s, 1}, Tail{"\xC3\xA4\xC3"s, 1}, Tail{"\xC3\xA4\xC3\xA4\xE2"s, 1},
      Tail{"\xC3z"s, 0},
      // what cannot become valid is not kept back
      Tail{"\x80"s, 0}, Tail{"\x80\x80\x80"s, 0}, Tail{"\xFF"s, 0}, Tail{"\xC0"s, 0},
      Tail{"\xE0\x80"s, 0}, Tail{"\xED\xA0"s, 0}, Tail{"\xF4\x90"s, 0}, Tail{"\xF4\x90\x80"s, 0},
      Tail{"\xC3\xA4\x80"s, 0}, Tail{"\xFF\xE2\x82"s, 2}, Tail{"\xE2\xC3"s, 1});
  CAPTURE(tail.text);
  CHECK(incomplete_tail(bytes(tail.text)) == tail.size);
}

TEST_CASE("text goes as far as its last whole code point, and what is begun behind it is told",
          "[frame][rfc3629]") {
  struct Case {
    std::string text;
    Utf8Extent extent;
  };
  const Case one = GENERATE(
      Case{""s, {0, 0}}, Case{"abc"s, {3, 0}}, Case{"\xC3\xA4"s, {2, 0}}, Case{"a\xC3"s, {1, 1}},
      Case{"a\xE2\x82"s, {1, 2}}, Case{"a\xF0\x9F\x98"s, {1, 3}}, Case{"\xF0\x9F"s, {0, 2}},
      Case{"\xE2\x82\xAC\xC3"s, {3, 1}},
      // ended by a byte that does not belong to it
      Case{"a\xC3z"s, {1, 1}}, Case{"a\xE2\x82z"s, {1, 2}}, Case{"a\xF0\x9F\x98z"s, {1, 3}},
      Case{"a\xF0\x9F\xC3\xA4"s, {1, 2}},
      // nothing can begin so
      Case{"a\x80"s, {1, 0}}, Case{"\xFFz"s, {0, 0}}, Case{"a\xC0\x80"s, {1, 0}},
      Case{"a\xF5\x80"s, {1, 0}}, Case{"a\xED\xA0\x80"s, {1, 1}}, Case{"a\xE0\x80\x80"s, {1, 1}},
      Case{"a\xF4\x90\x80"s, {1, 1}}, Case{"a\xF0\x8F\x80"s, {1, 1}});
  for (std::size_t before = 0; before <= 70; ++before) {
    const std::string text = std::string(before, '.') + one.text;
    CAPTURE(text);
    CHECK(utf8_extent(bytes(text)) == Utf8Extent{before + one.extent.whole, one.extent.begun});
  }
}

// What utf8_extent says, found out byte by byte.
Utf8Extent extent_in_steps(std::span<const std::byte> text) {
  Utf8Validator validator;
  std::size_t whole = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!validator.feed(text.subspan(at, 1))) return {whole, at - whole};
    if (validator.complete()) whole = at + 1;
  }
  return {whole, text.size() - whole};
}

TEST_CASE("looking at several bytes in one go sees what looking at each of them sees",
          "[frame][rfc3629]") {
  // The edges of all the ranges in RFC 3629 section 4 and what lies beside them.
  const Bytes later = bytes({0x00, 0x7F, 0x80, 0x8F, 0x90, 0xBF, 0xC0, 0xFF});
  std::size_t wrong = 0;
  for (unsigned first = 0xC0; first <= 0xFF; ++first) {
    for (unsigned second = 0; second <= 0xFF; ++second) {
      Bytes text = bytes({first, second, 0, 0, 'z', 'z'});
      for (const std::byte third : later) {
        for (const std::byte fourth : later) {
          text[2] = third;
          text[3] = fourth;
          if (utf8_extent(text) != extent_in_steps(text)) ++wrong;
        }
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("cutting off the incomplete tail leaves valid text at every cut", "[frame][rfc3629]") {
  std::string text;
  for (const std::uint32_t point : {0x24U, 0xE4U, 0x20ACU, 0x1F600U, 0x7FU, 0xD7FFU, 0x10FFFFU}) {
    text += encode(point);
  }
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const auto part = bytes(std::string_view(text).substr(0, size));
    const std::size_t tail = incomplete_tail(part);
    CAPTURE(size, tail);
    REQUIRE(tail <= 3);
    REQUIRE(is_valid_utf8(std::span(part).first(part.size() - tail)));
  }
}

}  // namespace
}  // namespace websocket::frame
