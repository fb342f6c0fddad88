// SPDX-License-Identifier: Apache-2.0
// Sealed answers. The input is what a cache gives back: nothing that was not sealed is opened, and
// what is cut out of the input and sealed is opened as it was.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "mod_websocket/seal/seal.hh"

namespace {

using websocket::seal::Flaw;
using websocket::seal::Key;
using websocket::seal::seal;
using websocket::seal::Time;
using websocket::seal::unseal;

constexpr Time k_now{std::chrono::seconds(1'800'000'000)};
constexpr Time k_expiry = k_now + std::chrono::seconds(5);
constexpr std::string_view k_question = "dns 192.0.2.1 6667 www.example.com";

void require(bool condition) {
  if (!condition) std::abort();
}

bool is_forged(const Key& key, std::string_view question, std::string_view text) {
  const auto opened = unseal(key, question, k_now, text);
  return !opened && opened.error() == Flaw::forged;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // In an allocation of its own size, so that a step beyond it is seen.
  const std::vector<char> copy(data, data + size);
  const std::string_view text(copy.data(), copy.size());
  // Nobody's, and not to be guessed by a fuzzer that knows only this input.
  static const Key key = websocket::seal::random_key();
  require(is_forged(key, k_question, text));

  const std::string good = seal(key, k_question, k_expiry, text);
  require(unseal(key, k_question, k_now, good) == std::string(text));
  require(unseal(key, k_question, k_expiry, good).error() == Flaw::expired);
  require(is_forged(key, std::string(k_question).append(text).append("!"), good));
  // The input says what is changed: where, and which bits.
  if (size >= 2 && data[1] != 0) {
    std::string changed = good;
    char& octet = changed[data[0] % changed.size()];
    octet = static_cast<char>(static_cast<unsigned char>(octet) ^ data[1]);
    require(is_forged(key, k_question, changed));
  }
  require(is_forged(key, k_question, good.substr(0, good.size() - 1)));
  return 0;
}
