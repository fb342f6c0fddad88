// SPDX-License-Identifier: Apache-2.0
// A client's messages as the target's bytes.
#pragma once

#include <optional>

#include "mod_websocket/frame/violation.hh"
#include "mod_websocket/framing/lines.hh"
#include "mod_websocket/framing/sink.hh"
#include "mod_websocket/framing/style.hh"
#include "mod_websocket/session/session.hh"

namespace websocket::framing {

// One connection's way from the client to the target.
class ToTarget {
 public:
  explicit ToTarget(const Style& style) noexcept : style_(style) {}

  // What is wrong with a message of that kind, if anything is; take() looks by itself.
  std::optional<frame::Violation> check_kind(bool text) const noexcept {
    return framing::check_kind(style_, text);
  }

  // Takes the next piece of a message. Fails with text_not_accepted, binary_not_accepted,
  // line_break or message_too_big; then the target gets nothing of that piece, and no other piece
  // may follow.
  std::optional<frame::Violation> take(const session::Data& data, ByteSink& sink);

 private:
  Style style_;
  LineChecker line_;
};

}  // namespace websocket::framing
