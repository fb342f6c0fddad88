// SPDX-License-Identifier: Apache-2.0
// A thread's working buffers, lent to the tunnels that the thread serves one after the other.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "mod_websocket/tunnel/read_size.hh"

namespace websocket::tunnel {

class Scratch {
 public:
  static constexpr std::size_t k_size = ReadSize::k_large;
  // Of what is made of a compressed message at once.
  static constexpr std::size_t k_inflated = std::size_t{64} << 10U;
  // Room for a frame header in front of what was read.
  static constexpr std::size_t k_headroom = 16;

  Scratch() : storage_(std::make_unique_for_overwrite<std::byte[]>(k_headroom + k_size)) {}

  // For what is read.
  std::span<std::byte> bytes() noexcept { return {storage_.get() + k_headroom, k_size}; }

  // For what is made of it: only tunnels with a conversion need these, and a thread that never met
  // one does not have them.
  std::span<std::byte> inflated() { return lazy(inflated_, k_inflated); }
  // A whole read of a tunnel with a conversion has room in one frame.
  std::span<std::byte> gathered() { return lazy(gathered_, k_headroom + ReadSize::k_small); }

 private:
  using Storage = std::unique_ptr<std::byte[]>;

  static std::span<std::byte> lazy(Storage& storage, std::size_t size) {
    if (!storage) storage = std::make_unique_for_overwrite<std::byte[]>(size);
    return {storage.get(), size};
  }

  Storage storage_;
  Storage inflated_;
  Storage gathered_;
};

}  // namespace websocket::tunnel
