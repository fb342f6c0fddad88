// SPDX-License-Identifier: Apache-2.0
// An end whose input never runs dry, such as a client that sends faster than it is read through
// filters: every read gives a frame, and none has to be polled for.
#pragma once

#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>

#include "mod_websocket/tunnel/descriptor.hh"
#include "mod_websocket/tunnel/end.hh"
#include "test/unit/support/bench.hh"

namespace websocket::tunnel::test {

class EndlessEnd final : public End {
 public:
  IoResult read(std::span<std::byte> into) noexcept override {
    ++reads;
    const std::size_t n = std::min(into.size(), frame_.size());
    std::copy_n(frame_.begin(), n, into.begin());
    return {IoStatus::done, n};
  }
  IoResult write(std::span<const std::byte> from) noexcept override {
    return {IoStatus::done, from.size()};
  }
  void finish_writing() noexcept override {}
  bool has_buffered_input() const noexcept override { return true; }
  int descriptor() const noexcept override { return announces_once_.get(); }

  // Over all of them.
  static inline std::atomic<std::size_t> reads = 0;

 private:
  Bytes frame_ = pong();
  Descriptor announces_once_{eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)};
};

}  // namespace websocket::tunnel::test
