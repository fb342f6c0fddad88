// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/seal/seal.hh"

#include <algorithm>
#include <limits>

#include "test/unit/catch.hh"

namespace websocket::seal {
namespace {

using namespace std::chrono_literals;

constexpr Time k_now{1'800'000'000s};
constexpr Time k_expiry = k_now + 300s;
constexpr std::string_view k_question = "dns 192.0.2.1 6667 www.example.com";
constexpr std::string_view k_answer = "Ggranted by the TXT record at irc.example.org";

Key key_of(unsigned char first) {
  Key key{};
  key.fill(7);
  key[0] = first;
  return key;
}

const Key k_key = key_of(1);

std::string sealed() { return seal(k_key, k_question, k_expiry, k_answer); }

tl::expected<std::string, Flaw> open(std::string_view text) {
  return unseal(k_key, k_question, k_now, text);
}

bool is_forged(const tl::expected<std::string, Flaw>& opened) {
  return !opened && opened.error() == Flaw::forged;
}

TEST_CASE("what was sealed is opened", "[seal]") {
  CHECK(open(sealed()) == std::string(k_answer));
  CHECK(sealed().size() == k_answer.size() + k_overhead);
  // Of any size, and of any octets.
  const std::string answer =
      GENERATE(std::string(), std::string("R"), std::string(3, '\0'), std::string(100'000, 'x'));
  CHECK(open(seal(k_key, k_question, k_expiry, answer)) == answer);
}

// The tag is of Python's hmac.
TEST_CASE("the format is the one that is written down", "[seal]") {
  const std::string text = seal(k_key, "q", Time(1us), "G");
  std::string hexadecimal;
  for (const char octet : text) {
    constexpr std::string_view k_digits = "0123456789abcdef";
    hexadecimal += k_digits[static_cast<unsigned char>(octet) >> 4U];
    hexadecimal += k_digits[static_cast<unsigned char>(octet) & 15U];
  }
  CHECK(hexadecimal ==
        "01"                                                                // version
        "0000000000000001"                                                  // expiry
        "7d002d27122986e794de486eade64c8f9584d7d68d01e34f3d6715c30d55fb3b"  // tag
        "47");                                                              // answer
}

TEST_CASE("a bit that is changed anywhere makes it a forged one", "[seal]") {
  const std::string good = sealed();
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string changed = good;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ 1U << bit);
      CAPTURE(at, bit);
      CHECK(is_forged(open(changed)));
    }
  }
}

TEST_CASE("what is cut off anywhere, or longer, is a forged one", "[seal]") {
  const std::string good = sealed();
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK(is_forged(open(good.substr(0, size))));
    CHECK(is_forged(open(good.substr(good.size() - size))));
  }
  CHECK(is_forged(open(good + '\0')));
  CHECK(is_forged(open('\1' + good)));
  CHECK(is_forged(open(good + good)));
  CHECK(is_forged(open(std::string(1'000'000, '\1'))));
}

TEST_CASE("what was never sealed is a forged one", "[seal]") {
  CHECK(is_forged(open("")));
  CHECK(is_forged(open("G")));
  CHECK(is_forged(open(k_answer)));
  CHECK(is_forged(open(std::string(k_overhead, '\0'))));
  CHECK(is_forged(open('\1' + std::string(k_overhead - 1, '\0'))));
}

TEST_CASE("of another key it is a forged one", "[seal]") {
  for (std::size_t at = 0; at < k_key.size(); ++at) {
    Key other = k_key;
    other[at] ^= 1U;
    CHECK(is_forged(unseal(other, k_question, k_now, sealed())));
  }
}

TEST_CASE("put back for another question it is a forged one", "[seal]") {
  for (const std::string_view other :
       {"", "dns 192.0.2.1 6667 www.example.co", "dns 192.0.2.1 6667 www.example.comG",
        "dns 192.0.2.2 6667 www.example.com", "dnssec 192.0.2.1 6667 www.example.com"}) {
    CAPTURE(other);
    CHECK(is_forged(unseal(k_key, other, k_now, sealed())));
  }
}

TEST_CASE("where the question ends and the rest begins cannot be shifted", "[seal]") {
  // What follows the question begins with octets of zero.
  const std::string text = seal(k_key, "q", Time(0us), "answer");
  CHECK(unseal(k_key, "q", Time(-1us), text));
  CHECK(is_forged(unseal(k_key, std::string("q\0", 2), Time(-1us), text)));
}

TEST_CASE("what was sealed while the calendar was ahead does not count until that day", "[seal]") {
  const auto opened = unseal(k_key, k_question, k_expiry - k_longest - 1us, sealed());
  REQUIRE(!opened);
  CHECK(opened.error() == Flaw::expired);
  CHECK(unseal(k_key, k_question, k_expiry - k_longest, sealed()));
}

TEST_CASE("it counts until its time is over", "[seal]") {
  CHECK(unseal(k_key, k_question, k_expiry - 1us, sealed()));
  for (const Time late : {k_expiry, k_expiry + 1us, k_expiry + 24h * 365}) {
    const auto opened = unseal(k_key, k_question, late, sealed());
    REQUIRE_FALSE(opened);
    CHECK(opened.error() == Flaw::expired);
  }
  // Of a forged one its time says nothing.
  std::string changed = sealed();
  changed.back() = '!';
  CHECK(is_forged(unseal(k_key, k_question, k_expiry + 1h, changed)));
}

TEST_CASE("a time that nobody seals for opens nothing", "[seal]") {
  using Count = std::chrono::microseconds::rep;
  const Time highest{std::chrono::microseconds(std::numeric_limits<Count>::max())};
  const Time lowest{std::chrono::microseconds(std::numeric_limits<Count>::min())};
  for (const Time time : {highest, lowest}) {
    const auto opened = open(seal(k_key, k_question, time, k_answer));
    REQUIRE_FALSE(opened);
    CHECK(opened.error() == Flaw::expired);
  }
}

TEST_CASE("a name is of one key and one question, and is no tag", "[seal]") {
  const Name name = name_of(k_key, k_question);
  CHECK(name == name_of(k_key, k_question));
  CHECK(name != name_of(key_of(2), k_question));
  CHECK(name != name_of(k_key, "dns 192.0.2.2 6667 www.example.com"));
  const std::string text = seal(k_key, k_question, Time(0us), "");
  CHECK_FALSE(std::equal(
      name.begin(), name.end(), text.end() - 32,
      [](unsigned char left, char right) { return left == static_cast<unsigned char>(right); }));
}

}  // namespace
}  // namespace websocket::seal
