// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/handshake/token.hh"

#include <algorithm>

namespace websocket::handshake {
namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\t'; }

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Where the first element of the list ends: at a separator outside of quotes, or at the end.
std::size_t element_end(std::string_view list, char separator) noexcept {
  bool quoted = false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (quoted && list[i] == '\\') {
      ++i;  // quoted-pair: what follows has no meaning of its own
    } else if (list[i] == '"') {
      quoted = !quoted;
    } else if (list[i] == separator && !quoted) {
      return i;
    }
  }
  return list.size();
}

}  // namespace

bool is_token_char(char c) noexcept {
  if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) return true;
  return c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char left, char right) { return lower(left) == lower(right); });
}

std::string_view take_element(std::string_view& list, char separator) noexcept {
  const std::size_t end = element_end(list, separator);
  const auto element = trim(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return element;
}

bool list_contains_token(std::string_view list, std::string_view token) noexcept {
  if (!is_token(token)) return false;
  while (!list.empty()) {
    if (equals_ignoring_case(take_element(list, ','), token)) return true;
  }
  return false;
}

tl::expected<std::vector<std::string>, ListError> parse_token_list(std::string_view list) {
  std::vector<std::string> tokens;
  while (!list.empty()) {
    const auto element = take_element(list, ',');
    if (element.empty()) continue;
    if (!is_token(element)) return tl::unexpected(ListError::not_a_token);
    if (std::find(tokens.begin(), tokens.end(), element) != tokens.end()) {
      return tl::unexpected(ListError::duplicate);
    }
    if (tokens.size() == k_max_tokens) return tl::unexpected(ListError::too_many);
    tokens.emplace_back(element);
  }
  if (tokens.empty()) return tl::unexpected(ListError::empty);
  return tokens;
}

}  // namespace websocket::handshake
