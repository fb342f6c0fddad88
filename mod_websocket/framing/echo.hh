// SPDX-License-Identifier: Apache-2.0
// Messages as bytes and back, for an endpoint that sends every message back as it came: between the
// two ways is a stream (tunnel/echo_end.hh), and the stream keeps no boundaries. So every piece
// of a message goes as a record: kind, whether it ends its message, length, payload.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "mod_websocket/frame/header.hh"
#include "mod_websocket/framing/sink.hh"

namespace websocket::framing {

// Four bytes: bit 31 says text, bit 30 that the message ends, the others are the payload's length.
using RecordHeader = std::array<std::byte, 4>;

// A piece of a message of that kind, text or binary; shorter than 1 GiB.
void write_record(frame::Opcode kind, std::span<const std::byte> payload, bool ends,
                  ByteSink& sink);

// Reads records, cut anywhere. A piece that is cut comes as several.
class RecordReader {
 public:
  void feed(std::span<const std::byte> bytes, MessageSink& sink);

 private:
  void begin_record() noexcept;

  RecordHeader header_{};
  std::uint8_t header_used_ = 0;  // bytes of header_ that have come; all of them: in the payload
  frame::Opcode kind_ = frame::Opcode::binary;
  bool ends_ = false;
  std::uint32_t payload_left_ = 0;
};

}  // namespace websocket::framing
