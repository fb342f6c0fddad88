// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/status/form.hh"

#include <charconv>

namespace websocket::status {

namespace {

std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      unsigned octet = 0;
      const std::string_view digits = text.substr(i + 1, 2);
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), octet, 16);
      if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) {
        return std::nullopt;
      }
      decoded += static_cast<char>(octet);
      i += 2;
    }
  }
  return decoded;
}

}  // namespace

std::optional<Fields> parse_form(std::string_view text) {
  Fields fields;
  while (!text.empty()) {
    const std::string_view field = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), field.size() + 1));
    if (field.empty()) continue;
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const auto name = decode(field.substr(0, equals));
    auto value = decode(field.substr(equals + 1));
    if (!name || !value || !fields.emplace(*name, std::move(*value)).second) return std::nullopt;
  }
  return fields;
}

}  // namespace websocket::status
