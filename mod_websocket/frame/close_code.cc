// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/frame/close_code.hh"

#include <algorithm>

#include "mod_websocket/frame/utf8.hh"

namespace websocket::frame {
namespace {

constexpr std::size_t k_code_size = 2;

std::string_view as_text(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

bool may_be_sent_by_peer(std::uint16_t code) noexcept {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

tl::expected<ClosePayload, Violation> decode_close(std::span<const std::byte> payload) noexcept {
  if (payload.empty()) return ClosePayload{};
  if (payload.size() < k_code_size) return tl::unexpected(Violation::close_payload_truncated);
  const auto code = static_cast<std::uint16_t>(std::to_integer<unsigned>(payload[0]) << 8U |
                                               std::to_integer<unsigned>(payload[1]));
  if (!may_be_sent_by_peer(code)) return tl::unexpected(Violation::close_code_invalid);
  const auto reason = payload.subspan(k_code_size);
  if (!is_valid_utf8(reason)) return tl::unexpected(Violation::close_reason_not_utf8);
  return ClosePayload{static_cast<CloseCode>(code), as_text(reason)};
}

std::size_t encode_close(CloseCode code, std::string_view reason,
                         std::span<std::byte, k_max_control_payload> out) noexcept {
  const auto number = static_cast<std::uint16_t>(code);
  out[0] = static_cast<std::byte>(number >> 8U);
  out[1] = static_cast<std::byte>(number & 0xFFU);
  auto kept = std::as_bytes(std::span(reason));
  if (kept.size() > out.size() - k_code_size) {
    kept = kept.first(out.size() - k_code_size);
    kept = kept.first(kept.size() - incomplete_tail(kept));
  }
  std::copy(kept.begin(), kept.end(), out.begin() + k_code_size);
  return k_code_size + kept.size();
}

}  // namespace websocket::frame
