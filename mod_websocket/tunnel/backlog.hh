// SPDX-License-Identifier: Apache-2.0
// Bytes that an end could not take yet. Holds memory only while it holds bytes, so that an idle
// tunnel holds none; who appends is who bounds it (tunnel.hh says how).
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace websocket::tunnel {

class Backlog {
 public:
  bool empty() const noexcept { return bytes_ == nullptr; }
  std::size_t size() const noexcept;
  std::span<const std::byte> front() const noexcept;
  void append(std::span<const std::byte> bytes);
  // n <= size()
  void consume(std::size_t n) noexcept;
  void clear() noexcept { bytes_.reset(); }

 private:
  struct Bytes {
    std::vector<std::byte> storage;
    std::size_t consumed = 0;
  };
  std::unique_ptr<Bytes> bytes_;
};

}  // namespace websocket::tunnel
