// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/deflate/deflater.hh"

#include <algorithm>

#include "mod_websocket/deflate/zlib_stream.hh"

namespace websocket::deflate {
namespace {

// zlib holds 2^(window+2) bytes for the window and 2^(memory level+9) for hashes and symbols; with
// this level the second is as much as the first. zlib's own default of 8 would make every
// compressor one of at least 128 KiB.
constexpr int memory_level(int window) noexcept { return window - 7; }

}  // namespace

void Deflater::Close::operator()(z_stream_s* stream) const noexcept {
  deflateEnd(stream);
  delete stream;
}

z_stream_s& Deflater::stream() {
  if (!stream_) {
    auto fresh = std::make_unique<z_stream>();
    allocate_from(*std::pmr::get_default_resource(), *fresh);
    // A negative window: no zlib header.
    checked(deflateInit2(fresh.get(), level_, Z_DEFLATED, -window_, memory_level(window_),
                         Z_DEFAULT_STRATEGY));
    stream_.reset(fresh.release());
  }
  return *stream_;
}

Deflater::Step Deflater::deflate(std::span<const std::byte> input, bool ends,
                                 std::span<std::byte> room) {
  if (input.empty() && !begun_) {
    if (!ends) return {.done = true};
    // zlib gives nothing for a second flush without a byte in between; an empty message is the
    // header of an empty block (section 7.2.3.6). The stream stands at a byte's boundary.
    room.front() = std::byte{0};
    return {.produced = 1, .done = true};
  }
  z_stream& zlib = stream();
  begun_ = true;
  set_input(zlib, input);
  const uInt given = zlib.avail_in;
  const bool last = ends && given == input.size();
  const std::size_t held = held_ ? held_bytes_.size() : 0;
  std::copy_n(held_bytes_.begin(), held, room.begin());
  set_room(zlib, room.subspan(held));
  const uInt space = zlib.avail_out;
  // Z_BUF_ERROR only says that there was nothing to do.
  checked(::deflate(&zlib, last ? Z_SYNC_FLUSH : Z_NO_FLUSH));

  Step step{.consumed = given - zlib.avail_in, .produced = held + (space - zlib.avail_out)};
  step.done = step.consumed == input.size() && zlib.avail_out > 0;
  held_ = last && !step.done;
  if (last) {
    // The flush ends with an empty block whose length, 00 00 FF FF, is not sent (section 7.2.1).
    step.produced -= held_bytes_.size();
    std::ranges::copy(room.subspan(step.produced, held_bytes_.size()), held_bytes_.begin());
    if (step.done) end_message();
  }
  return step;
}

void Deflater::end_message() noexcept {
  begun_ = false;
  if (!takeover_) stream_.reset();
}

}  // namespace websocket::deflate
