// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/frame/mask.hh"

#include <limits>

#include "test/unit/catch.hh"
#include "test/unit/frame/bytes.hh"

namespace websocket::frame {
namespace {

using test::Bytes;
using test::bytes;

constexpr MaskKey k_key{std::byte{0x37}, std::byte{0xFA}, std::byte{0x21}, std::byte{0x3D}};

// RFC 6455 section 5.3, to the letter.
void unmask_naively(std::span<std::byte> data, MaskKey key, std::uint64_t offset) {
  for (std::size_t i = 0; i < data.size(); ++i) data[i] ^= key[(i + offset % 4) % 4];
}

Bytes pattern(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>(i * 167 + 13);
  return out;
}

TEST_CASE("unmasking gives the Hello of RFC 6455 section 5.7", "[frame][rfc6455-5.3]") {
  Bytes payload = bytes({0x7F, 0x9F, 0x4D, 0x51, 0x58});
  unmask(payload, k_key, 0);
  CHECK(test::text(payload) == "Hello");
}

TEST_CASE("unmasking agrees with the plain loop at every length, alignment and offset",
          "[frame][rfc6455-5.3]") {
  constexpr std::size_t k_guard = 40;  // bytes on either side that must stay as they are
  for (std::size_t length = 0; length <= 300; ++length) {
    for (std::size_t alignment = 0; alignment < 8; ++alignment) {
      for (std::uint64_t offset = 0; offset < 8; ++offset) {
        Bytes fast = pattern(k_guard + alignment + length + k_guard);
        Bytes naive = fast;
        const std::size_t begin = k_guard + alignment;
        unmask(std::span(fast).subspan(begin, length), k_key, offset);
        unmask_naively(std::span(naive).subspan(begin, length), k_key, offset);
        if (fast != naive) {
          CAPTURE(length, alignment, offset);
          FAIL("not the same");
        }
      }
    }
  }
  SUCCEED("all the same");
}

TEST_CASE("unmasking in two parts is the same as in one", "[frame][rfc6455-5.3]") {
  Bytes whole = pattern(150);
  unmask(whole, k_key, 0);
  for (std::size_t split = 0; split <= whole.size(); ++split) {
    Bytes parts = pattern(whole.size());
    unmask(std::span(parts).first(split), k_key, 0);
    unmask(std::span(parts).subspan(split), k_key, split);
    CAPTURE(split);
    REQUIRE(parts == whole);
  }
}

TEST_CASE("the offset counts to the end of 64 bits", "[frame][rfc6455-5.3]") {
  for (std::uint64_t back = 0; back < 16; ++back) {
    const std::uint64_t offset = std::numeric_limits<std::uint64_t>::max() - back;
    Bytes fast = pattern(50);
    Bytes naive = fast;
    unmask(fast, k_key, offset);
    unmask_naively(naive, k_key, offset);
    CAPTURE(offset);
    REQUIRE(fast == naive);
  }
}

}  // namespace
}  // namespace websocket::frame
