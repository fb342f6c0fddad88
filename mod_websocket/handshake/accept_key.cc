// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/handshake/accept_key.hh"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace websocket::handshake {
namespace {

constexpr std::string_view k_guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::size_t k_key_size = 24;     // base64 of 16 bytes
constexpr std::size_t k_key_data = 22;     // of which "==" is padding
constexpr std::size_t k_digest_size = 20;  // SHA-1
constexpr std::size_t k_accept_size = 28;  // base64 of 20 bytes

constexpr bool is_base64(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

}  // namespace

bool is_valid_key(std::string_view key) noexcept {
  const auto data = key.substr(0, k_key_data);
  return key.size() == k_key_size && key.substr(k_key_data) == "==" &&
         std::all_of(data.begin(), data.end(), is_base64);
}

std::string accept_key(std::string_view key) {
  std::string text;
  text.reserve(key.size() + k_guid.size());
  text.append(key).append(k_guid);

  std::array<unsigned char, k_digest_size> digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL offers no SHA-1");
  }
  std::array<unsigned char, k_accept_size + 1> base64{};  // OpenSSL ends it with a NUL
  EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
  return {base64.begin(), base64.begin() + k_accept_size};
}

}  // namespace websocket::handshake
