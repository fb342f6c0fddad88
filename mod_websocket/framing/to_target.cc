// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/framing/to_target.hh"

#include "mod_websocket/framing/echo.hh"

namespace websocket::framing {

std::optional<frame::Violation> ToTarget::take(const session::Data& data, ByteSink& sink) {
  if (const auto violation = check_kind(data.text)) return violation;
  switch (style_.form) {
    case Form::binary:
    case Form::text:
    case Form::mqtt:
      if (!data.payload.empty()) sink.bytes(data.payload);
      return std::nullopt;
    case Form::lines: return line_.take(data.payload, data.message_ends, style_.max_line, sink);
    case Form::echo:
      write_record(data.text ? frame::Opcode::text : frame::Opcode::binary, data.payload,
                   data.message_ends, sink);
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace websocket::framing
