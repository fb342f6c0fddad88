// SPDX-License-Identifier: Apache-2.0
// Client frames, bytes in and pieces of frames out (RFC 6455 sections 5.2-5.5).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "mod_websocket/frame/header.hh"
#include "mod_websocket/frame/mask.hh"
#include "mod_websocket/frame/violation.hh"

namespace websocket::frame {

// As much of one frame's payload as has come in. Only an empty frame gives an empty piece.
struct Piece {
  Opcode opcode = Opcode::binary;  // of the message, never continuation; control: of the frame
  bool compressed = false;         // RSV1 of the message's first frame (RFC 7692); control: false
  bool frame_begins = false;       // the first piece of its frame
  bool frame_ends = false;         // the last piece of its frame
  bool message_begins = false;     // the first piece of its message; control: false
  bool message_ends = false;       // the last piece of its message; control: false
  std::span<std::byte> payload;    // inside the input, unmasked in place
};

// The input is used up and no piece is ready.
struct NeedMore {};

using Step = std::variant<NeedMore, Piece, Violation>;

// The longest frame into which a sender can want to compress so many bytes. DEFLATE writes what it
// cannot compress as literals of 9 bits at most, or as it is; the rest is for headers of blocks and
// for flushes.
constexpr std::uint64_t most_compressed(std::uint64_t size) noexcept {
  constexpr std::uint64_t k_headers = 1024;
  constexpr std::uint64_t k_no_length = std::uint64_t{1} << 62U;  // longer is not limited
  return size >= k_no_length ? size : size + size / 8 + k_headers;
}

// One connection's decoder. Holds no payload: only the header of a frame that is cut by the end of
// the input, 14 bytes at most, is kept inside.
class Decoder {
 public:
  struct Options {
    // RSV1 on the first frame of a message: permessage-deflate has been agreed.
    bool allow_compressed = false;
    // Longest payload of a data frame, in bytes; more is message_too_big before any of it is read,
    // so that a header alone can never make anybody reserve memory (RFC 6455 section 10.4). Frames
    // of a compressed message may be longer, by what compression can add to bytes that it finds
    // nothing in: most_compressed(max_frame). What they become is for the inflater's user to count.
    std::uint64_t max_frame = std::uint64_t{16} << 20U;
  };

  explicit Decoder(Options options) noexcept
      : max_frame_(options.max_frame), allow_compressed_(options.allow_compressed) {}

  // Consumes bytes from the front of `input` and gives what they are. Call until NeedMore. What is
  // wrong is told at the first byte that shows it (that a length is too big or not the shortest
  // form: at its last byte), and that byte is the last to be consumed: the answer never changes
  // any more. The same bytes give the same pieces however they are cut, but for the
  // cuts themselves.
  Step decode(std::span<std::byte>& input) noexcept;

 private:
  std::optional<Violation> feed_header(std::span<std::byte>& input) noexcept;
  std::optional<Violation> check_header() const noexcept;
  std::optional<Violation> check_first_byte() const noexcept;
  std::optional<Violation> check_second_byte() const noexcept;
  std::uint64_t length() const noexcept;
  std::uint64_t longest_frame() const noexcept;
  std::size_t header_end() const noexcept;
  void begin_frame() noexcept;
  Piece take_piece(std::span<std::byte>& input) noexcept;

  std::uint64_t max_frame_;
  std::uint64_t payload_left_ = 0;  // of the frame; 0 unless in_payload_
  MaskKey key_{};
  std::array<std::byte, 14> header_{};
  std::uint8_t header_used_ = 0;  // bytes of header_ that have come; 0 while in_payload_
  std::uint8_t key_offset_ = 0;   // position in the payload, modulo 4
  Opcode frame_opcode_ = Opcode::binary;
  Opcode message_opcode_ = Opcode::binary;  // text or binary
  bool allow_compressed_;
  bool in_payload_ = false;    // the header is complete, the frame is not
  bool frame_begins_ = false;  // no piece of the frame has been given yet
  bool fin_ = false;           // of the frame
  bool message_open_ = false;  // begun, and its last byte has not been given
  bool message_compressed_ = false;
  std::optional<Violation> violation_;
};

static_assert(sizeof(Decoder) <= 56, "an idle tunnel has no more to spare");

}  // namespace websocket::frame
