// SPDX-License-Identifier: Apache-2.0
// The `lines` framing: a message is a line without its end (IRCv3's WebSocket specification).
#pragma once

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "mod_websocket/frame/violation.hh"
#include "mod_websocket/framing/fault.hh"
#include "mod_websocket/framing/sink.hh"

namespace websocket::framing {

// Client's messages -> lines. One CR LF, CR or LF at the very end of a message is tolerated and
// taken off; every line gets CR LF.
class LineChecker {
 public:
  // The next piece of a message. Fails with line_break where a CR, LF or NUL is in the line, which
  // would let the client smuggle a second command past whoever looks at messages; with
  // message_too_big for a line of more than max_line bytes. The sink gets nothing of that piece.
  std::optional<frame::Violation> take(std::span<const std::byte> piece, bool message_ends,
                                       std::size_t max_line, ByteSink& sink);

 private:
  // The line's end, which is kept back: it is one only if nothing follows.
  enum class End : std::uint8_t { none, cr, whole };

  std::size_t size_ = 0;  // of the line so far; 0 between messages
  End end_ = End::none;
};

// Target's bytes -> messages, one a line, without its LF or CR LF. An empty line is an empty
// message. In text messages what is not UTF-8 is replaced by U+FFFD.
class LineSplitter {
 public:
  LineSplitter(std::size_t max_line, bool text) noexcept : max_line_(max_line), text_(text) {}

  tl::expected<void, Fault> feed(std::span<const std::byte> bytes, MessageSink& sink);

  // A line that the target began and did not end is a message too; half an end is an end.
  void finish(MessageSink& sink);

 private:
  tl::expected<void, Fault> hold(std::span<const std::byte> begun);
  void make_message(std::span<const std::byte> line, bool sound, MessageSink& sink) const;

  std::size_t max_line_;
  bool text_;
  // The line that has no end yet: at most max_line_ bytes and a CR. Memory only while there is one.
  std::vector<std::byte> held_;
};

}  // namespace websocket::framing
