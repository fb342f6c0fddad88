// SPDX-License-Identifier: Apache-2.0
// How a client's messages and the target's bytes are made of each other: five forms, and what can
// be said about them.
//
//            a client may send   its message becomes       the target's bytes become
//   binary   either kind         its bytes                 binary messages, cut anywhere
//   text     text                its bytes                 text messages, cut between code points
//   lines    either kind, or     a line: its bytes, CR LF  a message a line, without its end
//            the agreed one
//   mqtt     binary              its bytes                 binary messages, cut anywhere
//   echo     either kind         a record (echo.hh)        what is in the records
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "mod_websocket/frame/violation.hh"

namespace websocket::framing {

enum class Form : std::uint8_t {
  binary,
  text,
  lines,  // IRCv3's WebSocket specification
  mqtt,   // MQTT 5 section 6: nothing but binary, and packets need not be aligned with messages
  echo,   // no target at all: the client gets its own messages back
};

// `binary`, as policies have it.
std::string_view name(Form form) noexcept;

struct Style {
  Form form = Form::binary;
  bool text = false;            // lines: messages to the client are text
  bool only_that_kind = false;  // lines: and the client must send that kind (it agreed to it)
  // lines: the longest line in bytes, without its end, either way. Stops a client, or a target,
  // that never ends its line from filling the other's memory or ours.
  std::size_t max_line = std::size_t{16} * 1024;
};

// Whether the payloads of the client's messages are, just as they are, what the target gets;
// nothing but their kind is to be checked then.
bool passes_through(Form form) noexcept;

// What is wrong with a message of that kind, if anything is: text_not_accepted or
// binary_not_accepted.
std::optional<frame::Violation> check_kind(const Style& style, bool text) noexcept;

}  // namespace websocket::framing
