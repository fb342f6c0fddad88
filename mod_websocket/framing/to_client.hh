// SPDX-License-Identifier: Apache-2.0
// The target's bytes as messages to the client.
#pragma once

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "mod_websocket/framing/echo.hh"
#include "mod_websocket/framing/fault.hh"
#include "mod_websocket/framing/lines.hh"
#include "mod_websocket/framing/sink.hh"
#include "mod_websocket/framing/style.hh"
#include "mod_websocket/framing/text.hh"

namespace websocket::framing {

// One connection's way from the target to the client.
class ToClient {
 public:
  explicit ToClient(const Style& style);

  // Takes what the target sent, cut anywhere. What is sound before a fault becomes messages still;
  // after a fault nothing may follow.
  tl::expected<void, Fault> feed(std::span<const std::byte> bytes, MessageSink& sink);

  // The target has ended: what was kept for want of its rest is a message now, or a fault.
  tl::expected<void, Fault> finish(MessageSink& sink);

 private:
  // Bytes as they come (binary, mqtt).
  struct Plain {};
  std::variant<Plain, CodePoints, LineSplitter, RecordReader> way_;
};

}  // namespace websocket::framing
