// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/framing/lines.hh"

#include <array>
#include <cstring>
#include <utility>

#include "mod_websocket/frame/utf8.hh"
#include "mod_websocket/framing/text.hh"

namespace websocket::framing {

namespace {

constexpr std::byte k_lf{'\n'};
constexpr std::byte k_cr{'\r'};
constexpr std::array k_line_end{k_cr, k_lf};

// Where the first CR, LF or NUL is; the size where there is none. Eight bytes at a time as long as
// none is below 14: the three are, and little else in a line is.
std::size_t find_break(std::span<const std::byte> bytes) noexcept {
  constexpr std::uint64_t k_ones = 0x0101010101010101U;
  std::size_t at = 0;
  while (true) {
    std::size_t block_end = bytes.size();
    for (; bytes.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
      std::uint64_t word;
      std::memcpy(&word, bytes.data() + at, sizeof word);
      if (((word - k_ones * 14) & ~word & (k_ones << 7U)) != 0) {
        block_end = at + sizeof word;
        break;
      }
    }
    for (; at < block_end; ++at) {
      if (bytes[at] == k_cr || bytes[at] == k_lf || bytes[at] == std::byte{0}) return at;
    }
    if (at == bytes.size()) return at;
  }
}

std::size_t find_lf(std::span<const std::byte> bytes) noexcept {
  if (bytes.empty()) return 0;
  const auto* const lf =
      static_cast<const std::byte*>(std::memchr(bytes.data(), '\n', bytes.size()));
  return lf == nullptr ? bytes.size() : static_cast<std::size_t>(lf - bytes.data());
}

std::span<const std::byte> without_cr(std::span<const std::byte> line) noexcept {
  return !line.empty() && line.back() == k_cr ? line.first(line.size() - 1) : line;
}

}  // namespace

// ---- to the target --------------------------------------------------------------------------

std::optional<frame::Violation> LineChecker::take(std::span<const std::byte> piece,
                                                  bool message_ends, std::size_t max_line,
                                                  ByteSink& sink) {
  auto rest = piece;
  std::span<const std::byte> line;
  if (end_ == End::none) {
    line = piece.first(find_break(piece));
    if (line.size() > max_line - size_) return frame::Violation::message_too_big;
    size_ += line.size();
    rest = piece.subspan(line.size());
    if (!rest.empty() && rest[0] == k_cr) {
      end_ = End::cr;
      rest = rest.subspan(1);
    }
  }
  if (!rest.empty() && rest[0] == k_lf && end_ != End::whole) {
    end_ = End::whole;
    rest = rest.subspan(1);
  }
  if (!rest.empty()) return frame::Violation::line_break;

  if (!line.empty()) sink.bytes(line);
  if (message_ends) {
    sink.bytes(k_line_end);
    *this = LineChecker{};
  }
  return std::nullopt;
}

// ---- to the client --------------------------------------------------------------------------

tl::expected<void, Fault> LineSplitter::feed(std::span<const std::byte> bytes, MessageSink& sink) {
  if (!held_.empty()) {
    const std::size_t end = find_lf(bytes);
    if (auto held = hold(bytes.first(end)); !held) return held;
    if (end == bytes.size()) return {};
    make_message(std::exchange(held_, {}), false, sink);
    bytes = bytes.subspan(end + 1);
  }
  // No code point has an LF inside: what is UTF-8 as a whole is so line by line.
  const std::size_t sound = text_ ? frame::utf8_extent(bytes).whole : 0;
  for (std::size_t at = 0;;) {
    const auto rest = bytes.subspan(at);
    const auto line = rest.first(find_lf(rest));
    if (line.size() == rest.size()) return hold(line);
    if (without_cr(line).size() > max_line_) return tl::unexpected(Fault::line_too_long);
    at += line.size() + 1;
    make_message(line, at <= sound, sink);
  }
}

// Bounded before it is copied.
tl::expected<void, Fault> LineSplitter::hold(std::span<const std::byte> begun) {
  if (begun.empty()) return {};
  if (held_.size() + without_cr(begun).size() > max_line_) {
    return tl::unexpected(Fault::line_too_long);
  }
  held_.insert(held_.end(), begun.begin(), begun.end());
  return {};
}

void LineSplitter::finish(MessageSink& sink) {
  if (!held_.empty()) make_message(std::exchange(held_, {}), false, sink);
}

// `line` has no LF; `sound` where it is known to be UTF-8.
void LineSplitter::make_message(std::span<const std::byte> line, bool sound,
                                MessageSink& sink) const {
  const auto content = without_cr(line);
  if (!text_) return sink.piece(frame::Opcode::binary, content, true);
  if (sound || frame::is_valid_utf8(content)) {
    return sink.piece(frame::Opcode::text, content, true);
  }
  sink.piece(frame::Opcode::text, as_utf8(content), true);
}

}  // namespace websocket::framing
