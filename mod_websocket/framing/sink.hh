// SPDX-License-Identifier: Apache-2.0
// Where a framing puts what it makes. What is passed belongs to the framing or to its caller, and
// is gone when the call returns.
#pragma once

#include <cstddef>
#include <span>

#include "mod_websocket/frame/header.hh"

namespace websocket::framing {

// Takes what the target is to get, in order; never called without a byte.
class ByteSink {
 public:
  virtual void bytes(std::span<const std::byte> bytes) = 0;

 protected:
  ~ByteSink() = default;
};

// Takes what the client is to get: messages, each in one piece or more, one after the other.
class MessageSink {
 public:
  // `kind` is text or binary, the same for all pieces of a message. The piece that `ends` its
  // message may be empty.
  virtual void piece(frame::Opcode kind, std::span<const std::byte> payload, bool ends) = 0;

 protected:
  ~MessageSink() = default;
};

}  // namespace websocket::framing
