// SPDX-License-Identifier: Apache-2.0
// Compressing messages for a client (RFC 7692 section 7.2.1), one after the other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

struct z_stream_s;

namespace websocket::deflate {

// Holds no memory of zlib's until the first byte comes, and without context takeover none between
// two messages either: then about 6 KiB and eight times the window. All of it is from the
// std::pmr::get_default_resource() of that moment.
class Deflater {
 public:
  struct Step {
    std::size_t consumed = 0;  // from the front of the input
    std::size_t produced = 0;  // at the front of the room
    bool done = false;         // the input is used up, and where it ends its message, all is out
  };

  // The least room that deflate() can work with, in bytes.
  static constexpr std::size_t k_least_room = 16;

  // Level 0-9; window 9-15; whether the window is kept from one message to the next.
  Deflater(int level, int window, bool takeover) noexcept
      : level_(level), window_(window), takeover_(takeover) {}

  // Compresses a piece of a message into `room`; with what is left of the input, call again until
  // done. What is produced over all calls of a message is its compressed payload, at least one
  // byte. Where the piece does not end its message, some of it may be held back for better
  // compression until a later one comes. Throws std::bad_alloc.
  Step deflate(std::span<const std::byte> input, bool ends, std::span<std::byte> room);

 private:
  struct Close {
    void operator()(z_stream_s* stream) const noexcept;
  };
  z_stream_s& stream();
  void end_message() noexcept;

  std::unique_ptr<z_stream_s, Close> stream_;
  int level_;
  int window_;
  bool takeover_;
  bool begun_ = false;  // the message has had a byte
  bool held_ = false;   // held_bytes_ are output that may be the message's end, which is left out
  std::array<std::byte, 4> held_bytes_{};
};

}  // namespace websocket::deflate
