// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/frame/encoder.hh"

#include <array>

#include "test/unit/catch.hh"
#include "test/unit/frame/bytes.hh"

namespace websocket::frame {
namespace {

using test::Bytes;
using test::bytes;

Bytes header(Opcode opcode, bool fin, bool rsv1, std::uint64_t length) {
  std::array<std::byte, k_max_server_header> out;
  out.fill(std::byte{0xCC});
  const std::size_t size = encode_header(opcode, fin, rsv1, length, out);
  REQUIRE(size == header_size(length));
  for (std::size_t i = size; i < out.size(); ++i) REQUIRE(out[i] == std::byte{0xCC});
  return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST_CASE("the server's frames of RFC 6455 section 5.7", "[frame][rfc6455-5.7]") {
  CHECK(header(Opcode::text, true, false, 5) == bytes({0x81, 0x05}));          // "Hello"
  CHECK(header(Opcode::text, false, false, 3) == bytes({0x01, 0x03}));         // "Hel"
  CHECK(header(Opcode::continuation, true, false, 2) == bytes({0x80, 0x02}));  // "lo"
  CHECK(header(Opcode::ping, true, false, 5) == bytes({0x89, 0x05}));          // ping "Hello"
  CHECK(header(Opcode::pong, true, false, 5) == bytes({0x8A, 0x05}));
  CHECK(header(Opcode::binary, true, false, 256) == bytes({0x82, 0x7E, 0x01, 0x00}));
  CHECK(header(Opcode::binary, true, false, 65536) ==
        bytes({0x82, 0x7F, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00}));
}

TEST_CASE("a compressed message has RSV1 on its first frame", "[frame][rfc7692-7.2.3.1]") {
  CHECK(header(Opcode::text, true, true, 7) == bytes({0xC1, 0x07}));
  CHECK(header(Opcode::text, false, true, 3) == bytes({0x41, 0x03}));
}

TEST_CASE("the length takes its shortest form", "[frame][rfc6455-5.2]") {
  CHECK(header(Opcode::binary, true, false, 0) == bytes({0x82, 0}));
  CHECK(header(Opcode::binary, true, false, 125) == bytes({0x82, 125}));
  CHECK(header(Opcode::binary, true, false, 126) == bytes({0x82, 126, 0x00, 0x7E}));
  CHECK(header(Opcode::binary, true, false, 65535) == bytes({0x82, 126, 0xFF, 0xFF}));
  CHECK(header(Opcode::binary, true, false, 0x7123456789ABCDEF) ==
        bytes({0x82, 127, 0x71, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF}));
}

TEST_CASE("a header in front of the payload ends where the payload begins",
          "[frame][rfc6455-5.2]") {
  const std::uint64_t length = GENERATE(std::uint64_t{0}, std::uint64_t{125}, std::uint64_t{126},
                                        std::uint64_t{65535}, std::uint64_t{65536});
  std::array<std::byte, 32> buffer;
  buffer.fill(std::byte{0xCC});
  std::byte* payload = buffer.data() + 16;
  std::byte* begin = encode_header_before(payload, Opcode::binary, true, false, length);
  CHECK(begin == payload - header_size(length));
  CHECK(Bytes(begin, payload) == header(Opcode::binary, true, false, length));
  CHECK(*(begin - 1) == std::byte{0xCC});
  CHECK(*payload == std::byte{0xCC});
}

}  // namespace
}  // namespace websocket::frame
