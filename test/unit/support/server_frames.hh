// SPDX-License-Identifier: Apache-2.0
// Reads what a server sent, frame by frame.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "mod_websocket/frame/header.hh"
#include "test/unit/frame/bytes.hh"

namespace websocket::tunnel::test {

struct ServerFrame {
  frame::Opcode opcode = frame::Opcode::binary;
  std::string payload;
  bool complete = true;  // false for the last one, where it is cut
  bool fin = true;

  // Of a Close; 0 for an empty one.
  unsigned close_code() const;
  std::string close_reason() const { return payload.size() < 2 ? "" : payload.substr(2); }

  bool operator==(const ServerFrame&) const = default;
};

std::ostream& operator<<(std::ostream& out, const ServerFrame& frame);

// Fails the test where a frame is masked, reserved bits are set, or a length is not in its shortest
// form.
std::vector<ServerFrame> server_frames(const frame::test::Bytes& bytes);

}  // namespace websocket::tunnel::test
