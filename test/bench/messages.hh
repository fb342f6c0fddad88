// SPDX-License-Identifier: Apache-2.0
// The messages that a load sends, random under random masks, as frames made beforehand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace bench {

enum class Kind : std::uint8_t {
  binary,  // any bytes
  text,    // printable ASCII: one line, and the same in every framing
};

class Messages {
 public:
  Messages(std::size_t size, Kind kind);

  std::size_t size() const { return size_; }
  // Message `number` as it is meant, and as a client's frame. A few messages come again and again.
  std::span<const std::byte> payload(std::uint64_t number) const;
  std::span<const std::byte> frame(std::uint64_t number) const;

 private:
  struct Message {
    std::vector<std::byte> payload, frame;
  };
  std::size_t size_;
  std::vector<Message> messages_;
};

// A frame with a random mask around `payload`; `first_byte` is FIN and opcode.
std::vector<std::byte> client_frame(std::uint8_t first_byte, std::span<const std::byte> payload);

}  // namespace bench
