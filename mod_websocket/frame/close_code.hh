// SPDX-License-Identifier: Apache-2.0
// Close codes and the payload of a Close frame (RFC 6455 sections 5.5.1 and 7.4).
#pragma once

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "mod_websocket/frame/header.hh"
#include "mod_websocket/frame/violation.hh"

namespace websocket::frame {

// Codes that may be on the wire and that have a name here. A peer may send others too (see
// may_be_sent_by_peer), so a switch over a received code needs a default.
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported = 1003,   // a type of data that the endpoint cannot accept
  invalid_data = 1007,  // data that does not fit its type, such as text that is not UTF-8
  policy = 1008,
  too_big = 1009,
  mandatory_extension = 1010,  // a client says it; a server never does
  internal_error = 1011,
  service_restart = 1012,  // 1012-1014: IANA's registry, after RFC 6455
  try_again_later = 1013,
  bad_gateway = 1014,
};

// Whether a Close frame may carry it: 1000-1003, 1007-1014 and 3000-4999. Not 1004-1006 and 1015,
// which are for use inside an endpoint only, nor what is undefined (RFC 6455 section 7.4).
bool may_be_sent_by_peer(std::uint16_t code) noexcept;

struct ClosePayload {
  std::optional<CloseCode> code;  // none: the payload was empty (RFC 6455's 1005)
  std::string_view reason;        // UTF-8, at most 123 bytes; points into what was decoded
};

// Decodes the whole, unmasked payload of a Close frame; the decoder has seen to it that it is not
// longer than 125 bytes. Fails with close_payload_truncated, close_code_invalid or
// close_reason_not_utf8.
tl::expected<ClosePayload, Violation> decode_close(std::span<const std::byte> payload) noexcept;

// Writes the payload of a Close frame and gives its length, 2-125. A reason of more than 123 bytes
// is cut, never inside a code point; what is passed must be UTF-8.
std::size_t encode_close(CloseCode code, std::string_view reason,
                         std::span<std::byte, k_max_control_payload> out) noexcept;

}  // namespace websocket::frame
