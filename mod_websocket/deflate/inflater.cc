// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/deflate/inflater.hh"

#include <array>
#include <stdexcept>

#include "mod_websocket/deflate/zlib_stream.hh"

namespace websocket::deflate {

void Inflater::Close::operator()(z_stream_s* stream) const noexcept {
  inflateEnd(stream);
  delete stream;
}

z_stream_s& Inflater::stream() {
  if (!stream_) {
    auto fresh = std::make_unique<z_stream>();
    allocate_from(*std::pmr::get_default_resource(), *fresh);
    checked(inflateInit2(fresh.get(), -window_));  // negative: no zlib header
    stream_.reset(fresh.release());
  }
  return *stream_;
}

Inflater::Step Inflater::inflate(std::span<const std::byte> input, std::span<std::byte> room) {
  if (input.empty() && !begun_) return {};
  // Without any the caller would ask for ever.
  if (room.empty()) throw std::logic_error("there is no room to inflate into");
  z_stream& zlib = stream();
  begun_ = true;
  set_input(zlib, input);
  set_room(zlib, room);
  const uInt given = zlib.avail_in;
  const uInt space = zlib.avail_out;
  Step step;
  while (!final_block_ || zlib.avail_in > 0) {
    // Behind a block with BFINAL another stream goes on in the same message or the next, over the
    // same window (section 7.2.3.4). Copying the window out and in would let a client have 64 KiB
    // moved for every two bytes that it sends.
    if (final_block_) checked(inflateResetKeep(&zlib));
    const int result = checked(::inflate(&zlib, Z_SYNC_FLUSH));
    final_block_ = result == Z_STREAM_END;
    step.corrupt = result == Z_DATA_ERROR;
    if (!final_block_) break;
  }
  step.consumed = given - zlib.avail_in;
  step.produced = space - zlib.avail_out;
  return step;
}

// Appends what the sender has taken off (section 7.2.2): the length, 0, of the empty block that
// every message ends with.
bool Inflater::end_message() {
  bool whole = true;
  // Two kinds of messages need nothing appended: one that ends with BFINAL and leaves out the
  // empty block behind it, and one without any payload, which is what a sender has that takes four
  // bytes off zlib's second flush in a row.
  if (begun_ && !final_block_) {
    static constexpr std::array k_tail{std::byte{0}, std::byte{0}, std::byte{0xFF},
                                       std::byte{0xFF}};
    std::array<std::byte, 1> nothing;
    z_stream& zlib = stream();
    set_input(zlib, k_tail);
    set_room(zlib, nothing);
    const int result = checked(::inflate(&zlib, Z_SYNC_FLUSH));
    final_block_ = result == Z_STREAM_END;
    // zlib's sign for "between two blocks, no bits left over". In a message that was cut the tail
    // is taken for symbols, or for half a length.
    constexpr int k_between_blocks = 128;
    const bool at_boundary = result == Z_OK && zlib.data_type == k_between_blocks;
    whole = zlib.avail_in == 0 && zlib.avail_out == nothing.size() && (at_boundary || final_block_);
  }
  begun_ = false;
  if (!takeover_) {
    stream_.reset();
    final_block_ = false;
  }
  return whole;
}

}  // namespace websocket::deflate
