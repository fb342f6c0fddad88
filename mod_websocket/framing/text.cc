// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/framing/text.hh"

#include <algorithm>

#include "mod_websocket/frame/utf8.hh"

namespace websocket::framing {

tl::expected<void, Fault> CodePoints::feed(std::span<const std::byte> bytes, MessageSink& sink) {
  bool finished = false;
  while (held_size_ != 0 && !finished) {
    if (bytes.empty()) return {};
    held_[held_size_++] = bytes[0];
    bytes = bytes.subspan(1);
    const auto held = std::span(held_).first(held_size_);
    const auto extent = frame::utf8_extent(held);
    finished = extent.whole == held.size();
    if (!finished && extent.begun != held.size()) return tl::unexpected(Fault::not_utf8);
  }
  const auto extent = frame::utf8_extent(bytes);
  if (finished) {
    sink.piece(frame::Opcode::text, std::span(held_).first(held_size_), extent.whole == 0);
    held_size_ = 0;
  }
  if (extent.whole != 0) sink.piece(frame::Opcode::text, bytes.first(extent.whole), true);
  bytes = bytes.subspan(extent.whole);
  if (extent.begun != bytes.size()) return tl::unexpected(Fault::not_utf8);
  std::ranges::copy(bytes, held_.begin());
  held_size_ = static_cast<std::uint8_t>(bytes.size());
  return {};
}

tl::expected<void, Fault> CodePoints::finish() const {
  if (held_size_ != 0) return tl::unexpected(Fault::not_utf8);
  return {};
}

std::vector<std::byte> as_utf8(std::span<const std::byte> bytes) {
  constexpr std::array k_replacement{std::byte{0xEF}, std::byte{0xBF}, std::byte{0xBD}};
  std::vector<std::byte> out;
  while (true) {
    const auto extent = frame::utf8_extent(bytes);
    const auto whole = bytes.first(extent.whole);
    out.insert(out.end(), whole.begin(), whole.end());
    bytes = bytes.subspan(extent.whole);
    if (bytes.empty()) return out;
    out.insert(out.end(), k_replacement.begin(), k_replacement.end());
    bytes = bytes.subspan(std::max<std::size_t>(extent.begun, 1));
  }
}

}  // namespace websocket::framing
