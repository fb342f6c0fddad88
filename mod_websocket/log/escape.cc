// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/log/escape.hh"

#include <array>

namespace websocket::log {

namespace {

constexpr std::string_view k_cut = "...";

struct Escaped {
  std::array<char, 4> text;
  std::size_t size;
  std::string_view view() const { return {text.data(), size}; }
};

Escaped escape(char character) {
  switch (character) {
    case '"':
    case '\\': return {{'\\', character}, 2};
    case '\b': return {{'\\', 'b'}, 2};
    case '\n': return {{'\\', 'n'}, 2};
    case '\r': return {{'\\', 'r'}, 2};
    case '\t': return {{'\\', 't'}, 2};
    case '\v': return {{'\\', 'v'}, 2};
    default: break;
  }
  if (character >= ' ' && character <= '~') return {{character}, 1};
  constexpr std::string_view k_digits = "0123456789abcdef";
  const auto octet = static_cast<unsigned char>(character);
  return {{'\\', 'x', k_digits[octet >> 4U], k_digits[octet & 15U]}, 4};
}

}  // namespace

void append_escaped(std::string& out, std::string_view text, std::size_t most) {
  const std::size_t begin = out.size();
  std::size_t whole = begin;  // as far as the mark of a cut would still have room behind it
  for (const char character : text) {
    const Escaped escaped = escape(character);
    if (out.size() - begin + escaped.size > most) {
      out.resize(whole);
      out += k_cut;
      return;
    }
    out += escaped.view();
    if (out.size() - begin + k_cut.size() <= most) whole = out.size();
  }
}

}  // namespace websocket::log
