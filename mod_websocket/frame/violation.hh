// SPDX-License-Identifier: Apache-2.0
// Everything a client's frames and messages can do wrong, by name.
#pragma once

#include <cstdint>
#include <string_view>

namespace websocket::frame {

enum class CloseCode : std::uint16_t;  // close_code.hh

enum class Violation : std::uint8_t {
  // The frame header.                           code  section
  reserved_bits,       // 1002  RFC 6455 5.2: RSV1-3 without an extension that gives a meaning
  reserved_opcode,     // 1002  RFC 6455 5.2: opcodes 3-7 and 11-15
  unmasked_frame,      // 1002  RFC 6455 5.1: a client must mask every frame
  length_not_minimal,  // 1002  RFC 6455 5.2: the shortest form of the length is a must
  length_top_bit,      // 1002  RFC 6455 5.2: the top bit of a 64-bit length must be 0

  // Control frames.
  control_fragmented,  // 1002  RFC 6455 5.5: FIN must be set
  control_too_long,    // 1002  RFC 6455 5.5: 125 bytes at most

  // The order of fragments.
  orphan_continuation,    // 1002  RFC 6455 5.4: there is no message to go on with
  expected_continuation,  // 1002  RFC 6455 5.4: a new message before the old one has ended

  // RSV1 where permessage-deflate has been agreed.
  rsv1_on_continuation,  // 1002  RFC 7692 6.1: only the first fragment carries it
  rsv1_on_control,       // 1002  RFC 7692 6.1: control frames are not compressed

  // The payload of Close.
  close_payload_truncated,  // 1002  RFC 6455 5.5.1: one byte cannot hold a code
  close_code_invalid,       // 1002  RFC 6455 7.4: a code that must not be on the wire
  close_reason_not_utf8,    // 1007  RFC 6455 5.5.1, 8.1

  // Messages.
  message_too_big,      // 1009  RFC 6455 10.4: a frame, or the message it is part of
  invalid_utf8,         // 1007  RFC 6455 8.1: a text message
  deflate_corrupt,      // 1007  RFC 7692 7.2.2: it cannot be inflated
  text_not_accepted,    // 1003  RFC 6455 7.4.1: text where the framing wants binary
  binary_not_accepted,  // 1003  RFC 6455 7.4.1: binary where the framing wants text
  line_break,           // 1007  CR, LF or NUL within a line: it would be two commands, not one
};

inline constexpr Violation k_last_violation = Violation::line_break;

// The code of the Close that answers it.
CloseCode close_code(Violation violation) noexcept;

// What the peer did wrong, for the close reason and the log: ASCII, at most 100 bytes, in static
// storage.
std::string_view describe(Violation violation) noexcept;

}  // namespace websocket::frame
