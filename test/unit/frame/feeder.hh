// SPDX-License-Identifier: Apache-2.0
// Feeds a decoder in every way that bytes can come in, and puts its pieces together again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mod_websocket/frame/decoder.hh"
#include "test/unit/catch.hh"
#include "test/unit/frame/bytes.hh"

namespace websocket::frame::test {

// A frame as its pieces tell of it, put together again.
struct Frame {
  Opcode opcode = Opcode::binary;
  bool compressed = false;
  bool message_begins = false;
  bool message_ends = false;
  bool complete = false;
  std::string payload;

  bool operator==(const Frame&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Frame& frame) {
  return out << "opcode " << static_cast<int>(frame.opcode) << (frame.compressed ? " rsv1" : "")
             << (frame.message_begins ? " begins" : "") << (frame.message_ends ? " ends" : "")
             << (frame.complete ? "" : " unfinished") << " \"" << frame.payload << '"';
}

struct Result {
  std::vector<Frame> frames;
  std::optional<Violation> violation;
  std::size_t consumed = 0;

  bool operator==(const Result&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Result& result) {
  for (const Frame& frame : result.frames) out << '[' << frame << "] ";
  if (result.violation) out << describe(*result.violation) << ' ';
  return out << "after " << result.consumed;
}

// Feeds one decoder and checks, piece by piece, what must hold of every piece.
class Feeder {
 public:
  explicit Feeder(Decoder::Options options) : decoder_(options) {}

  void feed(std::span<const std::byte> part) {
    // A buffer of exactly this size: an address sanitizer sees a step beyond it.
    Bytes copy(part.begin(), part.end());
    std::span<std::byte> input(copy);
    for (;;) {
      const std::size_t before = input.size();
      const Step step = decoder_.decode(input);
      result_.consumed += before - input.size();
      if (std::holds_alternative<NeedMore>(step)) {
        REQUIRE(input.empty());
        return;
      }
      if (const auto* violation = std::get_if<Violation>(&step)) {
        if (result_.violation) {
          REQUIRE(*result_.violation == *violation);
          REQUIRE(before == input.size());
        }
        result_.violation = *violation;
        return;
      }
      take(std::get<Piece>(step), copy, input);
    }
  }

  const Result& result() const { return result_; }

 private:
  void take(const Piece& piece, const Bytes& buffer, std::span<std::byte> input) {
    REQUIRE(piece.opcode != Opcode::continuation);
    REQUIRE(piece.frame_begins == (result_.frames.empty() || result_.frames.back().complete));
    REQUIRE((!piece.message_begins || piece.frame_begins));
    REQUIRE((!piece.message_ends || piece.frame_ends));
    if (piece.payload.empty()) {
      REQUIRE(piece.frame_begins);
      REQUIRE(piece.frame_ends);
    } else {
      REQUIRE(piece.payload.data() >= buffer.data());
      REQUIRE(piece.payload.data() + piece.payload.size() == input.data());
    }
    if (piece.frame_begins) {
      result_.frames.push_back(
          {piece.opcode, piece.compressed, piece.message_begins, false, false, ""});
    }
    Frame& frame = result_.frames.back();
    REQUIRE(frame.opcode == piece.opcode);
    REQUIRE(frame.compressed == piece.compressed);
    frame.payload += text(piece.payload);
    frame.message_ends = piece.message_ends;
    frame.complete = piece.frame_ends;
  }

  Decoder decoder_;
  Result result_;
};

inline Result decode_whole(const Bytes& input, Decoder::Options options = {}) {
  Feeder feeder(options);
  feeder.feed(input);
  return feeder.result();
}

// Decodes in one go, in two parts cut at every point, and a byte at a time; all must agree.
inline Result decode_every_way(const Bytes& input, Decoder::Options options = {}) {
  const Result whole = decode_whole(input, options);
  for (std::size_t split = 0; split <= input.size(); ++split) {
    Feeder feeder(options);
    feeder.feed(std::span(input).first(split));
    feeder.feed(std::span(input).subspan(split));
    CAPTURE(split);
    REQUIRE(feeder.result() == whole);
  }
  for (const std::size_t size : {1U, 2U, 3U, 5U, 7U}) {
    Feeder feeder(options);
    for (std::size_t at = 0; at < input.size(); at += size) {
      feeder.feed(std::span(input).subspan(at, std::min(size, input.size() - at)));
    }
    CAPTURE(size);
    REQUIRE(feeder.result() == whole);
  }
  return whole;
}

inline constexpr unsigned k_fin = 0x80;
inline constexpr unsigned k_rsv1 = 0x40;

// A client's frame, its payload masked with the key of RFC 6455 section 5.7.
inline Bytes frame(unsigned first_byte, std::string_view payload) {
  const MaskKey key{std::byte{0x37}, std::byte{0xFA}, std::byte{0x21}, std::byte{0x3D}};
  Bytes out = bytes({first_byte});
  const std::size_t size = payload.size();
  if (size <= 125) {
    out.push_back(static_cast<std::byte>(0x80 | size));
  } else if (size <= 0xFFFF) {
    out =
        out + bytes({0xFE, static_cast<unsigned>(size >> 8U), static_cast<unsigned>(size & 0xFF)});
  } else {
    out.push_back(std::byte{0xFF});
    for (int shift = 56; shift >= 0; shift -= 8)
      out.push_back(static_cast<std::byte>(size >> shift));
  }
  out.insert(out.end(), key.begin(), key.end());
  for (std::size_t i = 0; i < size; ++i) {
    out.push_back(static_cast<std::byte>(payload[i]) ^ key[i % 4]);
  }
  return out;
}

inline Bytes text_frame(std::string_view payload) { return frame(k_fin | 1, payload); }

}  // namespace websocket::frame::test
