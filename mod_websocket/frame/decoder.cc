// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/frame/decoder.hh"

#include <algorithm>

namespace websocket::frame {
namespace {

constexpr unsigned k_fin = 0x80;
constexpr unsigned k_rsv1 = 0x40;
constexpr unsigned k_rsv2_and_3 = 0x30;
constexpr unsigned k_opcode = 0x0F;
constexpr unsigned k_mask = 0x80;
constexpr unsigned k_length = 0x7F;
constexpr unsigned k_length_16_follows = 126;
constexpr unsigned k_length_64_follows = 127;
constexpr std::size_t k_length_at = 2;  // where the extended length begins

constexpr bool is_defined(unsigned opcode) noexcept {
  return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

// Bytes of the extended length.
constexpr std::size_t extended_size(unsigned length7) noexcept {
  return length7 == k_length_16_follows ? 2 : length7 == k_length_64_follows ? 8 : 0;
}

}  // namespace

Step Decoder::decode(std::span<std::byte>& input) noexcept {
  if (violation_) return *violation_;
  if (!in_payload_) {
    violation_ = feed_header(input);
    if (violation_) return *violation_;
    if (header_used_ < k_length_at || header_used_ < header_end()) return NeedMore{};
    begin_frame();
  }
  if (payload_left_ > 0 && input.empty()) return NeedMore{};
  return take_piece(input);
}

// A byte at a time: every rule is looked at when its last byte is there, and so the cuts in the
// input cannot matter. A frame's header has 14 bytes at most.
std::optional<Violation> Decoder::feed_header(std::span<std::byte>& input) noexcept {
  std::size_t consumed = 0;
  std::optional<Violation> violation;
  while (!violation && consumed < input.size() &&
         (header_used_ < k_length_at || header_used_ < header_end())) {
    header_[header_used_++] = input[consumed++];
    violation = check_header();
  }
  input = input.subspan(consumed);
  return violation;
}

// Looks at the byte that came last, together with those before it.
std::optional<Violation> Decoder::check_header() const noexcept {
  if (header_used_ == 1) return check_first_byte();
  if (header_used_ == 2) {
    if (auto violation = check_second_byte()) return violation;
  }
  const unsigned length7 = std::to_integer<unsigned>(header_[1]) & k_length;
  const std::size_t size = extended_size(length7);
  if (size == 8 && header_used_ == k_length_at + 1 &&
      (std::to_integer<unsigned>(header_[k_length_at]) & 0x80U) != 0) {
    return Violation::length_top_bit;
  }
  if (header_used_ != k_length_at + size) return std::nullopt;
  const std::uint64_t whole = length();
  if ((size == 2 && whole <= 125) || (size == 8 && whole <= 0xFFFF)) {
    return Violation::length_not_minimal;
  }
  const auto opcode = static_cast<Opcode>(std::to_integer<unsigned>(header_[0]) & k_opcode);
  if (!is_control(opcode) && whole > longest_frame()) return Violation::message_too_big;
  return std::nullopt;
}

std::optional<Violation> Decoder::check_first_byte() const noexcept {
  const unsigned byte = std::to_integer<unsigned>(header_[0]);
  if ((byte & k_rsv2_and_3) != 0) return Violation::reserved_bits;
  if (!is_defined(byte & k_opcode)) return Violation::reserved_opcode;
  const auto opcode = static_cast<Opcode>(byte & k_opcode);
  if ((byte & k_rsv1) != 0) {
    if (!allow_compressed_) return Violation::reserved_bits;
    if (is_control(opcode)) return Violation::rsv1_on_control;
    if (opcode == Opcode::continuation) return Violation::rsv1_on_continuation;
  }
  if (is_control(opcode)) {
    if ((byte & k_fin) == 0) return Violation::control_fragmented;
    return std::nullopt;
  }
  if (opcode == Opcode::continuation) {
    if (!message_open_) return Violation::orphan_continuation;
    return std::nullopt;
  }
  if (message_open_) return Violation::expected_continuation;
  return std::nullopt;
}

std::optional<Violation> Decoder::check_second_byte() const noexcept {
  const unsigned byte = std::to_integer<unsigned>(header_[1]);
  if ((byte & k_mask) == 0) return Violation::unmasked_frame;
  const auto opcode = static_cast<Opcode>(std::to_integer<unsigned>(header_[0]) & k_opcode);
  if (is_control(opcode) && (byte & k_length) > k_max_control_payload) {
    return Violation::control_too_long;
  }
  return std::nullopt;
}

// Of the payload, once all of its bytes are in header_.
std::uint64_t Decoder::length() const noexcept {
  const unsigned length7 = std::to_integer<unsigned>(header_[1]) & k_length;
  const std::size_t size = extended_size(length7);
  if (size == 0) return length7;
  std::uint64_t whole = 0;
  for (std::size_t i = 0; i < size; ++i) {
    whole = whole << 8U | std::to_integer<std::uint64_t>(header_[k_length_at + i]);
  }
  return whole;
}

// Of the data frame whose header is coming in.
std::uint64_t Decoder::longest_frame() const noexcept {
  const bool compressed =
      message_open_ ? message_compressed_ : (std::to_integer<unsigned>(header_[0]) & k_rsv1) != 0;
  return compressed ? most_compressed(max_frame_) : max_frame_;
}

// Size of the whole header, once the second byte is in header_.
std::size_t Decoder::header_end() const noexcept {
  const unsigned length7 = std::to_integer<unsigned>(header_[1]) & k_length;
  return k_length_at + extended_size(length7) + key_.size();
}

// The header is complete and in order; only now does it change what is known of the message.
void Decoder::begin_frame() noexcept {
  const unsigned byte = std::to_integer<unsigned>(header_[0]);
  frame_opcode_ = static_cast<Opcode>(byte & k_opcode);
  fin_ = (byte & k_fin) != 0;
  payload_left_ = length();
  std::copy_n(header_.begin() + (header_used_ - key_.size()), key_.size(), key_.begin());
  key_offset_ = 0;
  header_used_ = 0;
  in_payload_ = true;
  frame_begins_ = true;
  if (frame_opcode_ == Opcode::text || frame_opcode_ == Opcode::binary) {
    message_open_ = true;
    message_opcode_ = frame_opcode_;
    message_compressed_ = (byte & k_rsv1) != 0;
  }
}

Piece Decoder::take_piece(std::span<std::byte>& input) noexcept {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(payload_left_, input.size()));
  const bool data = !is_control(frame_opcode_);

  Piece piece;
  piece.payload = input.first(size);
  unmask(piece.payload, key_, key_offset_);
  input = input.subspan(size);
  payload_left_ -= size;
  key_offset_ = static_cast<std::uint8_t>((key_offset_ + size) % key_.size());

  piece.opcode = data ? message_opcode_ : frame_opcode_;
  piece.compressed = data && message_compressed_;
  piece.frame_begins = frame_begins_;
  piece.frame_ends = payload_left_ == 0;
  piece.message_begins = data && frame_begins_ && frame_opcode_ != Opcode::continuation;
  piece.message_ends = data && piece.frame_ends && fin_;

  frame_begins_ = false;
  if (piece.frame_ends) in_payload_ = false;
  if (piece.message_ends) message_open_ = false;
  return piece;
}

}  // namespace websocket::frame
