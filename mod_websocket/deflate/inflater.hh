// SPDX-License-Identifier: Apache-2.0
// Inflating what a client compressed (RFC 7692 section 7.2.2), message after message.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

struct z_stream_s;

namespace websocket::deflate {

// Holds no memory of zlib's until the first byte comes, and where the client keeps no context none
// between two messages either: then about 7 KiB and the window. All of it is from the
// std::pmr::get_default_resource() of that moment.
class Inflater {
 public:
  struct Step {
    std::size_t consumed = 0;  // from the front of the input
    std::size_t produced = 0;  // at the front of the room
    bool corrupt = false;      // nothing can be inflated beyond what was produced
  };

  // The client's window, 9-15, and whether it keeps it from one message to the next.
  Inflater(int window, bool takeover) noexcept : window_(window), takeover_(takeover) {}

  // Inflates a piece of a message, cut anywhere, into `room`, which is not empty. Never more is
  // written than fits: with what is left of the input, or none, call again while the room is
  // filled. Input that is used up with room to spare has given all that it can. A client that
  // reaches back farther than its window is found corrupt only where it reaches beyond what was
  // produced in the same call too. Throws std::bad_alloc, and std::logic_error without room.
  Step inflate(std::span<const std::byte> input, std::span<std::byte> room);

  // The message has no more payload and what it gave has been taken. False where it is not whole:
  // the compressed data ends inside a block. Throws std::bad_alloc.
  bool end_message();

 private:
  struct Close {
    void operator()(z_stream_s* stream) const noexcept;
  };
  z_stream_s& stream();

  std::unique_ptr<z_stream_s, Close> stream_;
  int window_;
  bool takeover_;
  bool begun_ = false;        // the message has had a byte
  bool final_block_ = false;  // the last byte was the end of a block with BFINAL
};

}  // namespace websocket::deflate
