// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/seal/seal.hh"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

namespace websocket::seal {

namespace {

using Digest = std::array<unsigned char, 32>;

// The first octet of all that the key is used for: what is made for one purpose is nothing for
// another, nor for another version of the format.
constexpr char k_naming = '\0';
constexpr char k_version = '\1';

constexpr std::size_t k_expiry_at = 1;
constexpr std::size_t k_tag_at = k_expiry_at + 8;
constexpr std::size_t k_answer_at = k_tag_at + Digest{}.size();
static_assert(k_answer_at == k_overhead);

std::string octets(std::uint64_t number) {
  std::string text;
  for (int shift = 56; shift >= 0; shift -= 8) {
    text += static_cast<char>(static_cast<unsigned char>(number >> shift));
  }
  return text;
}

std::uint64_t number(std::string_view octets) {
  std::uint64_t number = 0;
  for (const char octet : octets) number = number << 8U | static_cast<unsigned char>(octet);
  return number;
}

// The question's length goes first, so that it cannot be lengthened by what follows it.
Digest hmac(const Key& key, char purpose, std::string_view question, std::string_view more) {
  std::string text(1, purpose);
  text.append(octets(question.size())).append(question).append(more);
  Digest digest{};
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
           nullptr) == nullptr) {
    throw std::runtime_error("OpenSSL offers no HMAC-SHA256");
  }
  return digest;
}

}  // namespace

Name name_of(const Key& key, std::string_view question) {
  return hmac(key, k_naming, question, {});
}

std::string seal(const Key& key, std::string_view question, Time expiry, std::string_view answer) {
  const std::string until = octets(static_cast<std::uint64_t>(expiry.time_since_epoch().count()));
  const Digest tag = hmac(key, k_version, question, std::string(until).append(answer));
  std::string sealed(1, k_version);
  sealed.append(until).append(tag.begin(), tag.end()).append(answer);
  return sealed;
}

tl::expected<std::string, Flaw> unseal(const Key& key, std::string_view question, Time now,
                                       std::string_view sealed) {
  if (sealed.size() < k_overhead || sealed[0] != k_version) return tl::unexpected(Flaw::forged);
  const std::string_view until = sealed.substr(k_expiry_at, k_tag_at - k_expiry_at);
  const std::string_view answer = sealed.substr(k_answer_at);
  const Digest tag = hmac(key, k_version, question, std::string(until).append(answer));
  // In a time that does not tell how much of it is right.
  if (CRYPTO_memcmp(tag.data(), sealed.data() + k_tag_at, tag.size()) != 0) {
    return tl::unexpected(Flaw::forged);
  }
  const Time expiry{std::chrono::microseconds(static_cast<std::int64_t>(number(until)))};
  if (now >= expiry || now < expiry - k_longest) return tl::unexpected(Flaw::expired);
  return std::string(answer);
}

}  // namespace websocket::seal
