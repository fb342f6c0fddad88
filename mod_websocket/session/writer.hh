// SPDX-License-Identifier: Apache-2.0
// Messages to the client as frames (RFC 6455 section 5.6), compressed where that was agreed
// (RFC 7692 section 7.2.1).
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "mod_websocket/deflate/agreement.hh"
#include "mod_websocket/frame/header.hh"

namespace websocket::deflate {
class Deflater;
}

namespace websocket::session {

class FrameSink {
 public:
  virtual ~FrameSink() = default;
  // What is to be sent next. A frame may come in two calls, of which the first has its header; no
  // call has bytes of two frames.
  virtual void frame_bytes(std::span<const std::byte> bytes) = 0;
};

// Where no compression was agreed it holds no memory; otherwise see deflate/deflater.hh.
class Writer {
 public:
  // A message shorter than this that comes in one piece goes out as it is: it fits one packet with
  // what surrounds it either way, and the time is saved on both sides.
  static constexpr std::size_t k_worth_compressing = 64;

  // Nothing was agreed.
  Writer() noexcept;
  Writer(const deflate::Agreement& agreement, const deflate::Settings& settings);
  ~Writer();
  bool compresses() const noexcept { return deflater_ != nullptr; }
  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) noexcept;

  // A piece of a message of that kind, text or binary; the first piece after an end begins a
  // message. Whole frames are written, for a compressed piece none or several: what is held back of
  // a message that has not ended goes out with a later piece. Throws std::bad_alloc; the writer is
  // then of no use any more.
  void write(frame::Opcode kind, std::span<const std::byte> payload, bool ends, FrameSink& out);

 private:
  void write_plain(frame::Opcode kind, std::span<const std::byte> payload, bool ends,
                   FrameSink& out);
  void write_compressed(frame::Opcode kind, std::span<const std::byte> payload, bool ends,
                        FrameSink& out);

  std::unique_ptr<deflate::Deflater> deflater_;  // only where compression was agreed
  bool message_open_ = false;                    // begun and not ended
  bool message_compressed_ = false;
  bool message_framed_ = false;  // the first of its frames has been written
};

static_assert(sizeof(Writer) <= 16, "an idle tunnel has no more to spare");

}  // namespace websocket::session
