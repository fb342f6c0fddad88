// SPDX-License-Identifier: Apache-2.0
// Headers of server frames, which are never masked (RFC 6455 sections 5.1 and 5.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "mod_websocket/frame/header.hh"

namespace websocket::frame {

// The longest header that a server writes; headroom of this size suits every payload.
inline constexpr std::size_t k_max_server_header = 10;

// Length of the header in front of a payload of so many bytes: 2, 4 or 10.
constexpr std::size_t header_size(std::uint64_t payload) noexcept {
  return payload <= 125 ? 2 : payload <= 0xFFFF ? 4 : 10;
}

// Writes a frame header for a payload of `length` bytes (below 2^63) and gives the header's own
// length. A control frame needs `fin`, no `rsv1` and at most 125 bytes.
std::size_t encode_header(Opcode opcode, bool fin, bool rsv1, std::uint64_t length,
                          std::span<std::byte, k_max_server_header> out) noexcept;

// The same, written so that it ends where `payload` begins; gives where the header begins. There
// must be header_size(length) bytes of the caller's own in front of `payload`.
std::byte* encode_header_before(std::byte* payload, Opcode opcode, bool fin, bool rsv1,
                                std::uint64_t length) noexcept;

}  // namespace websocket::frame
