// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/framing/echo.hh"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace websocket::framing {

namespace {

constexpr std::uint32_t k_text = 1U << 31U;
constexpr std::uint32_t k_ends = 1U << 30U;
constexpr std::uint32_t k_length = k_ends - 1;

}  // namespace

void write_record(frame::Opcode kind, std::span<const std::byte> payload, bool ends,
                  ByteSink& sink) {
  assert(payload.size() <= k_length);
  if (payload.empty() && !ends) return;  // says nothing
  const auto word = static_cast<std::uint32_t>(payload.size()) |
                    (kind == frame::Opcode::text ? k_text : 0U) | (ends ? k_ends : 0U);
  // It is read in the process that writes it, so its own byte order will do.
  RecordHeader header;
  std::memcpy(header.data(), &word, sizeof word);
  sink.bytes(header);
  if (!payload.empty()) sink.bytes(payload);
}

void RecordReader::feed(std::span<const std::byte> bytes, MessageSink& sink) {
  while (!bytes.empty()) {
    if (header_used_ < header_.size()) {
      const std::size_t taken = std::min(header_.size() - header_used_, bytes.size());
      std::ranges::copy(bytes.first(taken), header_.begin() + header_used_);
      header_used_ = static_cast<std::uint8_t>(header_used_ + taken);
      bytes = bytes.subspan(taken);
      if (header_used_ < header_.size()) return;
      begin_record();
      if (payload_left_ != 0) continue;
    }
    const std::size_t taken = std::min<std::size_t>(payload_left_, bytes.size());
    payload_left_ -= static_cast<std::uint32_t>(taken);
    const bool record_ends = payload_left_ == 0;
    sink.piece(kind_, bytes.first(taken), record_ends && ends_);
    bytes = bytes.subspan(taken);
    if (record_ends) header_used_ = 0;
  }
}

void RecordReader::begin_record() noexcept {
  std::uint32_t word;
  std::memcpy(&word, header_.data(), sizeof word);
  kind_ = (word & k_text) != 0 ? frame::Opcode::text : frame::Opcode::binary;
  ends_ = (word & k_ends) != 0;
  payload_left_ = word & k_length;
}

}  // namespace websocket::framing
