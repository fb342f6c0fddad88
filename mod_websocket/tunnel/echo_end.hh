// SPDX-License-Identifier: Apache-2.0
// An end without a peer: what is written to it is read from it again. The target of an endpoint
// that sends every message back.
#pragma once

#include <cstddef>
#include <span>

#include "mod_websocket/tunnel/backlog.hh"
#include "mod_websocket/tunnel/end.hh"

namespace websocket::tunnel {

// Has no descriptor: whatever waits for it finds it ready or sees it become so by the tunnel's own
// reading and writing. Writing is possible as soon as something was read, has_buffered_input()
// says when reading is.
class EchoEnd final : public End {
 public:
  // Bytes that may be inside. Stops a client that sends and never reads from filling our memory.
  static constexpr std::size_t k_capacity = std::size_t{64} << 10U;

  IoResult read(std::span<std::byte> into) noexcept override;
  // Takes what there is room for; would_block where there is none.
  IoResult write(std::span<const std::byte> from) noexcept override;
  void finish_writing() noexcept override { finished_ = true; }
  bool is_polled() const noexcept override { return false; }
  // Also while nothing but the end waits to be read.
  bool has_buffered_input() const noexcept override {
    return !bytes_.empty() || (finished_ && !end_was_read_);
  }

 private:
  Backlog bytes_;  // holds no memory while empty
  bool finished_ = false;
  bool end_was_read_ = false;
};

}  // namespace websocket::tunnel
