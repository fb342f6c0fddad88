// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/framing/to_client.hh"

namespace websocket::framing {

ToClient::ToClient(const Style& style) {
  switch (style.form) {
    case Form::binary:
    case Form::mqtt: break;
    case Form::text: way_.emplace<CodePoints>(); break;
    case Form::lines: way_.emplace<LineSplitter>(style.max_line, style.text); break;
    case Form::echo: way_.emplace<RecordReader>(); break;
  }
}

tl::expected<void, Fault> ToClient::feed(std::span<const std::byte> bytes, MessageSink& sink) {
  if (bytes.empty()) return {};
  if (std::holds_alternative<Plain>(way_)) {
    sink.piece(frame::Opcode::binary, bytes, true);
    return {};
  }
  if (auto* const text = std::get_if<CodePoints>(&way_)) return text->feed(bytes, sink);
  if (auto* const lines = std::get_if<LineSplitter>(&way_)) return lines->feed(bytes, sink);
  std::get<RecordReader>(way_).feed(bytes, sink);
  return {};
}

tl::expected<void, Fault> ToClient::finish(MessageSink& sink) {
  if (auto* const text = std::get_if<CodePoints>(&way_)) return text->finish();
  if (auto* const lines = std::get_if<LineSplitter>(&way_)) lines->finish(sink);
  return {};
}

}  // namespace websocket::framing
