// SPDX-License-Identifier: Apache-2.0
#include "test/unit/support/server_frames.hh"

#include <algorithm>
#include <cstdint>

#include "test/unit/catch.hh"

namespace websocket::tunnel::test {

unsigned ServerFrame::close_code() const {
  if (payload.size() < 2) return 0;
  return static_cast<unsigned char>(payload[0]) * 256U + static_cast<unsigned char>(payload[1]);
}

std::ostream& operator<<(std::ostream& out, const ServerFrame& frame) {
  return out << "opcode " << static_cast<int>(frame.opcode) << ", " << frame.payload.size()
             << " bytes" << (frame.complete ? "" : ", cut")
             << (frame.fin ? "" : ", to be continued");
}

std::vector<ServerFrame> server_frames(const frame::test::Bytes& bytes) {
  std::vector<ServerFrame> frames;
  std::size_t at = 0;
  const auto number = [&](std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value = value << 8U | std::to_integer<std::uint64_t>(bytes[at++]);
    }
    return value;
  };
  while (at < bytes.size()) {
    if (bytes.size() - at < 2) {
      frames.push_back({frame::Opcode::binary, "", false});
      break;
    }
    const auto first = static_cast<unsigned>(number(1));
    std::uint64_t length = number(1);
    REQUIRE((first & 0x70U) == 0);
    REQUIRE(length <= 127);
    const std::size_t more = length == 126 ? 2 : length == 127 ? 8 : 0;
    ServerFrame frame{static_cast<frame::Opcode>(first & 0x0FU), "", true, (first & 0x80U) != 0};
    if (bytes.size() - at < more) {
      frame.complete = false;
      frames.push_back(frame);
      break;
    }
    if (more != 0) {
      length = number(more);
      REQUIRE(length > (more == 2 ? 125U : 0xFFFFU));
    }
    const auto size = static_cast<std::size_t>(
        std::min<std::uint64_t>(length, static_cast<std::uint64_t>(bytes.size() - at)));
    frame.payload = frame::test::text(std::span(bytes).subspan(at, size));
    frame.complete = size == length;
    at += size;
    frames.push_back(std::move(frame));
  }
  return frames;
}

}  // namespace websocket::tunnel::test
