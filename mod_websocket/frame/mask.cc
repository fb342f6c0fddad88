// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/frame/mask.hh"

#include <cstring>

namespace websocket::frame {
namespace {

using Word = std::uint64_t;

// A round of the wide loop: four words, whose count is known when compiling, so that the compiler
// makes vector instructions of them at -O2 already.
constexpr std::size_t k_words_a_round = 4;
constexpr std::size_t k_round = k_words_a_round * sizeof(Word);

inline void xor_word(std::byte* at, Word mask) noexcept {
  Word word;
  std::memcpy(&word, at, sizeof word);
  word ^= mask;
  std::memcpy(at, &word, sizeof word);
}

}  // namespace

void unmask(std::span<std::byte> data, MaskKey key, std::uint64_t offset) noexcept {
  // The key as it falls on data[0], data[1], ...; twice, to fill a word in any byte order.
  std::array<std::byte, sizeof(Word)> turned;
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = key[(offset + i) % key.size()];
  Word mask;
  std::memcpy(&mask, turned.data(), sizeof mask);

  std::byte* at = data.data();
  std::size_t left = data.size();
  for (; left >= k_round; at += k_round, left -= k_round) {
    std::array<Word, k_words_a_round> words;
    std::memcpy(words.data(), at, k_round);
    for (Word& word : words) word ^= mask;
    std::memcpy(at, words.data(), k_round);
  }
  for (; left >= sizeof(Word); at += sizeof(Word), left -= sizeof(Word)) xor_word(at, mask);
  for (std::size_t i = 0; i < left; ++i) at[i] ^= turned[i];
}

}  // namespace websocket::frame
