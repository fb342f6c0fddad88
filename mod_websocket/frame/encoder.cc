// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/frame/encoder.hh"

namespace websocket::frame {
namespace {

// Writes header_size(length) bytes.
void write_header(std::byte* out, Opcode opcode, bool fin, bool rsv1,
                  std::uint64_t length) noexcept {
  out[0] = static_cast<std::byte>(static_cast<unsigned>(opcode) | (fin ? 0x80U : 0U) |
                                  (rsv1 ? 0x40U : 0U));
  const std::size_t size = header_size(length);
  if (size == 2) {
    out[1] = static_cast<std::byte>(length);
    return;
  }
  out[1] = size == 4 ? std::byte{126} : std::byte{127};
  for (std::size_t at = size - 1; at >= 2; --at) {
    out[at] = static_cast<std::byte>(length & 0xFFU);
    length >>= 8U;
  }
}

}  // namespace

std::size_t encode_header(Opcode opcode, bool fin, bool rsv1, std::uint64_t length,
                          std::span<std::byte, k_max_server_header> out) noexcept {
  write_header(out.data(), opcode, fin, rsv1, length);
  return header_size(length);
}

std::byte* encode_header_before(std::byte* payload, Opcode opcode, bool fin, bool rsv1,
                                std::uint64_t length) noexcept {
  std::byte* begin = payload - header_size(length);
  write_header(begin, opcode, fin, rsv1, length);
  return begin;
}

}  // namespace websocket::frame
