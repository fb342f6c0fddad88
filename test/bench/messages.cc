// SPDX-License-Identifier: Apache-2.0
#include "test/bench/messages.hh"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace bench {

namespace {

constexpr std::uint8_t k_final_text = 0x81;
constexpr std::uint8_t k_final_binary = 0x82;

void fill_randomly(std::span<std::byte> bytes) {
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) !=
      1) {
    throw std::runtime_error("OpenSSL gives no random bytes");
  }
}

std::byte printable(std::byte byte) {
  return std::byte{0x40} | (byte & std::byte{0x3F} & ~std::byte{0x20});
}

void append_big_endian(std::vector<std::byte>& out, std::uint64_t number, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::byte>(number >> shift));
  }
}

}  // namespace

std::vector<std::byte> client_frame(std::uint8_t first_byte, std::span<const std::byte> payload) {
  constexpr std::uint8_t k_masked = 0x80;
  std::vector<std::byte> frame;
  frame.reserve(payload.size() + 14);
  frame.push_back(std::byte{first_byte});
  if (payload.size() <= 125) {
    frame.push_back(static_cast<std::byte>(k_masked | payload.size()));
  } else if (payload.size() <= 0xFFFF) {
    frame.push_back(std::byte{k_masked | 126});
    append_big_endian(frame, payload.size(), 2);
  } else {
    frame.push_back(std::byte{k_masked | 127});
    append_big_endian(frame, payload.size(), 8);
  }
  std::array<std::byte, 4> key;
  fill_randomly(key);
  frame.insert(frame.end(), key.begin(), key.end());
  for (std::size_t i = 0; i < payload.size(); ++i) frame.push_back(payload[i] ^ key[i % 4]);
  return frame;
}

Messages::Messages(std::size_t size, Kind kind) : size_(size) {
  // Small ones enough that one in the place of another is found; large ones few, for the cache.
  messages_.resize(size <= 4096 ? 61 : 3);
  for (Message& message : messages_) {
    message.payload.resize(size);
    fill_randomly(message.payload);
    if (kind == Kind::text)
      std::ranges::transform(message.payload, message.payload.begin(), printable);
    message.frame =
        client_frame(kind == Kind::text ? k_final_text : k_final_binary, message.payload);
  }
}

std::span<const std::byte> Messages::payload(std::uint64_t number) const {
  return messages_[number % messages_.size()].payload;
}

std::span<const std::byte> Messages::frame(std::uint64_t number) const {
  return messages_[number % messages_.size()].frame;
}

}  // namespace bench
