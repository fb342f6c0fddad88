// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/frame/violation.hh"

#include "mod_websocket/frame/close_code.hh"

namespace websocket::frame {

// No default in either switch: the compiler then tells of an enumerator that is left out.

CloseCode close_code(Violation violation) noexcept {
  switch (violation) {
    case Violation::reserved_bits:
    case Violation::reserved_opcode:
    case Violation::unmasked_frame:
    case Violation::length_not_minimal:
    case Violation::length_top_bit:
    case Violation::control_fragmented:
    case Violation::control_too_long:
    case Violation::orphan_continuation:
    case Violation::expected_continuation:
    case Violation::rsv1_on_continuation:
    case Violation::rsv1_on_control:
    case Violation::close_payload_truncated:
    case Violation::close_code_invalid: return CloseCode::protocol_error;
    case Violation::close_reason_not_utf8:
    case Violation::invalid_utf8:
    case Violation::deflate_corrupt:
    case Violation::line_break: return CloseCode::invalid_data;
    case Violation::message_too_big: return CloseCode::too_big;
    case Violation::text_not_accepted:
    case Violation::binary_not_accepted: return CloseCode::unsupported;
  }
  return CloseCode::protocol_error;
}

std::string_view describe(Violation violation) noexcept {
  switch (violation) {
    case Violation::reserved_bits:
      return "a reserved bit (RSV) is set that no agreed extension uses";
    case Violation::reserved_opcode: return "the opcode is reserved";
    case Violation::unmasked_frame: return "a frame from the client is not masked";
    case Violation::length_not_minimal: return "the payload length is not in its shortest form";
    case Violation::length_top_bit: return "the top bit of the 64-bit payload length is set";
    case Violation::control_fragmented: return "a control frame is fragmented";
    case Violation::control_too_long: return "a control frame has more than 125 bytes of payload";
    case Violation::orphan_continuation: return "a continuation frame has no message to continue";
    case Violation::expected_continuation:
      return "a new message begins before the last fragment of the one before";
    case Violation::rsv1_on_continuation: return "RSV1 is set on a continuation frame";
    case Violation::rsv1_on_control: return "RSV1 is set on a control frame";
    case Violation::close_payload_truncated:
      return "the payload of Close has one byte, which cannot hold a code";
    case Violation::close_code_invalid: return "the code in Close must not be sent";
    case Violation::close_reason_not_utf8: return "the reason in Close is not UTF-8";
    case Violation::message_too_big: return "the message is too big";
    case Violation::invalid_utf8: return "a text message is not UTF-8";
    case Violation::deflate_corrupt: return "a compressed message cannot be inflated";
    case Violation::text_not_accepted: return "text messages are not accepted here, send binary";
    case Violation::binary_not_accepted: return "binary messages are not accepted here, send text";
    case Violation::line_break: return "a message is one line here, without CR, LF or NUL inside";
  }
  return "the protocol was violated";
}

}  // namespace websocket::frame
