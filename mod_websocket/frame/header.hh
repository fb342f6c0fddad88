// SPDX-License-Identifier: Apache-2.0
// What the first byte of a frame can say (RFC 6455 section 5.2).
#pragma once

#include <cstdint>

namespace websocket::frame {

// The opcodes that RFC 6455 section 11.8 defines; 3-7 and 11-15 are reserved.
enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
};

// Control frames are those whose opcode has its top bit set (RFC 6455 section 5.5).
constexpr bool is_control(Opcode opcode) noexcept {
  return (static_cast<std::uint8_t>(opcode) & 0x08U) != 0;
}

// The longest payload of a control frame (RFC 6455 section 5.5).
inline constexpr std::uint8_t k_max_control_payload = 125;

}  // namespace websocket::frame
