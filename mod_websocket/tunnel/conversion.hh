// SPDX-License-Identifier: Apache-2.0
// What a tunnel needs beside its session where messages are not simply the target's bytes: a
// framing, and a writer that compresses. And the gathering of the many small writes that come of
// it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "mod_websocket/framing/to_client.hh"
#include "mod_websocket/framing/to_target.hh"
#include "mod_websocket/session/writer.hh"
#include "mod_websocket/tunnel/backlog.hh"

namespace websocket::tunnel {

struct Conversion {
  framing::ToTarget to_target;
  framing::ToClient to_client;
  session::Writer writer;
  // The client's input that was read and waits for room on the way to the target, and whether the
  // session has more to give (which it may have without any input left).
  Backlog unread;
  bool has_unread = false;
  // Payloads are what the other side gets, just as they are; only their kind is looked at.
  bool client_passes = false;
  bool target_passes = false;
};

// Collects bytes in a buffer and hands them on in large pieces.
template <class Hand>
class Gather {
 public:
  Gather(std::span<std::byte> buffer, Hand hand) : buffer_(buffer), hand_(hand) {}

  void add(std::span<const std::byte> bytes) {
    if (bytes.size() > buffer_.size() - used_) flush();
    if (bytes.size() >= buffer_.size()) {
      hand_(bytes);
      return;
    }
    // std::ranges::copy from const bytes is a loop, a byte at a time, in libstdc++ 12.
    std::copy(bytes.begin(), bytes.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ += bytes.size();
  }

  void flush() {
    if (used_ != 0) hand_(std::span<const std::byte>(buffer_.first(used_)));
    used_ = 0;
  }

 private:
  std::span<std::byte> buffer_;
  std::size_t used_ = 0;
  Hand hand_;
};

}  // namespace websocket::tunnel
