// SPDX-License-Identifier: Apache-2.0
// A plain socket as an end of a tunnel.
#pragma once

#include "mod_websocket/tunnel/descriptor.hh"
#include "mod_websocket/tunnel/end.hh"

namespace websocket::tunnel {

class SocketEnd final : public End {
 public:
  // Owns the descriptor, which is a connected, non-blocking stream socket.
  explicit SocketEnd(Descriptor socket) noexcept : socket_(std::move(socket)) {}

  IoResult read(std::span<std::byte> into) noexcept override;
  IoResult write(std::span<const std::byte> from) noexcept override;
  void finish_writing() noexcept override;
  int descriptor() const noexcept override { return socket_.get(); }

 private:
  Descriptor socket_;
};

}  // namespace websocket::tunnel
