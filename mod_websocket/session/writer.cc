// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/session/writer.hh"

#include <algorithm>
#include <array>
#include <utility>

#include "mod_websocket/deflate/deflater.hh"
#include "mod_websocket/frame/encoder.hh"

namespace websocket::session {
namespace {

// On the stack while a piece is written: of a compressed message a frame has no more than this.
constexpr std::size_t k_frame = 16U << 10U;
// A payload up to this is copied behind its header, so that both are one write.
constexpr std::size_t k_worth_copying = 4U << 10U;

// A frame that is put together: room for its payload, and before it for its header.
template <std::size_t size>
class FrameBuffer {
 public:
  std::span<std::byte, size> payload() noexcept {
    return std::span(storage_).template last<size>();
  }
  std::span<const std::byte> frame(frame::Opcode opcode, bool fin, bool rsv1,
                                   std::size_t length) noexcept {
    std::byte* const begin =
        frame::encode_header_before(payload().data(), opcode, fin, rsv1, length);
    return {begin, payload().data() + length};
  }

 private:
  std::array<std::byte, frame::k_max_server_header + size> storage_;
};

}  // namespace

Writer::Writer() noexcept = default;
Writer::Writer(const deflate::Agreement& agreement, const deflate::Settings& settings)
    : deflater_(std::make_unique<deflate::Deflater>(settings.level, agreement.server_window,
                                                    agreement.server_takeover)) {}
Writer::~Writer() = default;
Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;

void Writer::write(frame::Opcode kind, std::span<const std::byte> payload, bool ends,
                   FrameSink& out) {
  if (!message_open_) {
    const bool too_short = ends && payload.size() < k_worth_compressing;
    message_compressed_ = deflater_ && !too_short;
    message_framed_ = false;
  }
  message_open_ = !ends;
  if (message_compressed_) {
    write_compressed(kind, payload, ends, out);
  } else {
    write_plain(kind, payload, ends, out);
  }
}

void Writer::write_plain(frame::Opcode kind, std::span<const std::byte> payload, bool ends,
                         FrameSink& out) {
  const auto opcode = std::exchange(message_framed_, true) ? frame::Opcode::continuation : kind;
  if (payload.size() <= k_worth_copying) {
    FrameBuffer<k_worth_copying> buffer;
    // std::ranges::copy from const bytes is a loop, a byte at a time, in libstdc++ 12.
    std::copy(payload.begin(), payload.end(), buffer.payload().begin());
    out.frame_bytes(buffer.frame(opcode, ends, false, payload.size()));
    return;
  }
  std::array<std::byte, frame::k_max_server_header> header;
  const std::size_t size = frame::encode_header(opcode, ends, false, payload.size(), header);
  out.frame_bytes(std::span(header).first(size));
  out.frame_bytes(payload);
}

void Writer::write_compressed(frame::Opcode kind, std::span<const std::byte> payload, bool ends,
                              FrameSink& out) {
  FrameBuffer<k_frame> buffer;
  while (true) {
    const auto step = deflater_->deflate(payload, ends, buffer.payload());
    payload = payload.subspan(step.consumed);
    const bool fin = ends && step.done;
    if (step.produced > 0 || fin) {
      // RSV1 is the first frame's alone (RFC 7692 section 6.1).
      const bool first = !std::exchange(message_framed_, true);
      out.frame_bytes(
          buffer.frame(first ? kind : frame::Opcode::continuation, fin, first, step.produced));
    }
    if (step.done) return;
  }
}

}  // namespace websocket::session
