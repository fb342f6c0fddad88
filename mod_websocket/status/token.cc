// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/status/token.hh"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

namespace websocket::status {

namespace {

constexpr std::int64_t k_period = 3600;

std::string token_of(std::string_view secret, std::string_view subject, std::int64_t period) {
  const std::string text = std::to_string(period).append(" ").append(subject);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const auto* const made =
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  if (made == nullptr) throw std::runtime_error("HMAC failed");
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string token;
  for (unsigned i = 0; i < size; ++i) {
    token += k_digits[digest[i] >> 4U];
    token += k_digits[digest[i] & 15U];
  }
  return token;
}

// In a time that does not tell how much of it is right.
bool same(std::string_view left, std::string_view right) noexcept {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace

std::string make_token(std::string_view secret, std::string_view subject, std::int64_t time) {
  return token_of(secret, subject, time / k_period);
}

bool is_token(std::string_view token, std::string_view secret, std::string_view subject,
              std::int64_t time) {
  return same(token, token_of(secret, subject, time / k_period)) ||
         same(token, token_of(secret, subject, time / k_period - 1));
}

}  // namespace websocket::status
