// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/framing/style.hh"

namespace websocket::framing {

std::string_view name(Form form) noexcept {
  switch (form) {
    case Form::binary: return "binary";
    case Form::text: return "text";
    case Form::lines: return "lines";
    case Form::mqtt: return "mqtt";
    case Form::echo: return "echo";
  }
  return "?";
}

bool passes_through(Form form) noexcept { return form != Form::lines && form != Form::echo; }

std::optional<frame::Violation> check_kind(const Style& style, bool text) noexcept {
  const bool wants_text =
      style.form == Form::text || (style.form == Form::lines && style.only_that_kind && style.text);
  const bool wants_binary = style.form == Form::mqtt ||
                            (style.form == Form::lines && style.only_that_kind && !style.text);
  if (wants_text && !text) return frame::Violation::binary_not_accepted;
  if (wants_binary && text) return frame::Violation::text_not_accepted;
  return std::nullopt;
}

}  // namespace websocket::framing
