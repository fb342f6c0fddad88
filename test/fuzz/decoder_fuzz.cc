// SPDX-License-Identifier: Apache-2.0
// The frame decoder against arbitrary bytes: cut at arbitrary points they must give what they give
// in one go. On the way the pieces go through what a session does with them.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "mod_websocket/frame/close_code.hh"
#include "mod_websocket/frame/decoder.hh"
#include "mod_websocket/frame/encoder.hh"
#include "mod_websocket/frame/utf8.hh"

namespace {

using namespace websocket::frame;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Frame {
  Opcode opcode;
  bool compressed;
  bool message_begins;
  bool message_ends = false;
  bool complete = false;
  std::vector<std::byte> payload;

  bool operator==(const Frame&) const = default;
};

struct Result {
  std::vector<Frame> frames;
  std::optional<Violation> violation;
  std::size_t consumed = 0;

  bool operator==(const Result&) const = default;
};

void take(Result& result, const Piece& piece) {
  require(piece.frame_begins == (result.frames.empty() || result.frames.back().complete));
  require(!piece.payload.empty() || (piece.frame_begins && piece.frame_ends));
  if (piece.frame_begins) {
    result.frames.push_back(
        {piece.opcode, piece.compressed, piece.message_begins, false, false, {}});
  }
  Frame& frame = result.frames.back();
  require(frame.opcode == piece.opcode && frame.compressed == piece.compressed);
  require(piece.opcode != Opcode::continuation);
  frame.message_ends = piece.message_ends;
  frame.complete = piece.frame_ends;
  frame.payload.insert(frame.payload.end(), piece.payload.begin(), piece.payload.end());
}

// Each part in an allocation of its own size, so that a step beyond it is seen.
void feed(Decoder& decoder, Result& result, std::span<const std::byte> part) {
  std::vector<std::byte> copy(part.begin(), part.end());
  std::span<std::byte> input(copy);
  for (;;) {
    const Step step = decoder.decode(input);
    if (const auto* piece = std::get_if<Piece>(&step)) {
      take(result, *piece);
      continue;
    }
    if (const auto* violation = std::get_if<Violation>(&step)) {
      require(!result.violation || result.violation == *violation);
      require(!describe(*violation).empty());
      result.violation = *violation;
    } else {
      require(input.empty());
    }
    result.consumed += copy.size() - input.size();
    return;
  }
}

// Text checked whole must be judged as when it is checked in two parts.
void check_text(std::span<const std::byte> text, std::size_t cut) {
  Utf8Validator validator;
  cut = std::min(cut, text.size());
  const bool sound = validator.feed(text.first(cut)) && validator.feed(text.subspan(cut));
  require((sound && validator.complete()) == is_valid_utf8(text));
  const std::size_t tail = incomplete_tail(text);
  require(tail <= 3 && tail <= text.size());
  if (sound) require(is_valid_utf8(text.first(text.size() - tail)));
}

void check_close(std::span<const std::byte> payload) {
  const auto decoded = decode_close(payload);
  if (!decoded || !decoded->code) return;
  std::array<std::byte, k_max_control_payload> out;
  const std::size_t size = encode_close(*decoded->code, decoded->reason, out);
  require(std::equal(payload.begin(), payload.end(), out.begin(),
                     out.begin() + static_cast<std::ptrdiff_t>(size)));
}

}  // namespace

// The first byte chooses options, the second how many of the next bytes are sizes of parts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Decoder::Options options{.allow_compressed = (data[0] & 1U) != 0,
                                 .max_frame = (data[0] & 2U) != 0 ? 300U : std::uint64_t{1} << 40U};
  const std::size_t cuts = std::min<std::size_t>(data[1] % 16U, size - 2);
  const std::span<const std::uint8_t> sizes(data + 2, cuts);
  const auto input = std::as_bytes(std::span(data, size)).subspan(2 + cuts);

  Result whole;
  Decoder at_once(options);
  feed(at_once, whole, input);

  Result in_parts;
  Decoder decoder(options);
  std::size_t at = 0;
  for (std::size_t i = 0; at < input.size(); ++i) {
    const std::size_t wanted = sizes.empty() ? 1 : sizes[i % sizes.size()] % 32U;
    const std::size_t part = std::min(std::max<std::size_t>(wanted, i % 2), input.size() - at);
    feed(decoder, in_parts, input.subspan(at, part));
    at += part;
  }
  require(whole == in_parts);

  for (const Frame& frame : whole.frames) {
    if (frame.opcode == Opcode::text) check_text(frame.payload, frame.payload.size() / 2);
    if (frame.opcode == Opcode::close && frame.complete) check_close(frame.payload);
  }
  return 0;
}
