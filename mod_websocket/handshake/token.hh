// SPDX-License-Identifier: Apache-2.0
// Tokens and comma-separated lists of HTTP fields (RFC 9110 section 5.6).
#pragma once

#include <tl/expected.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace websocket::handshake {

// RFC 9110 section 5.6.2.
bool is_token_char(char c) noexcept;
bool is_token(std::string_view text) noexcept;

// ASCII only, as HTTP compares tokens; no locale has a say.
bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;

// Takes the first element, trimmed, and its separator off the list. A separator inside a
// quoted-string separates nothing.
std::string_view take_element(std::string_view& list, char separator) noexcept;

// Whether an element of the list is this token, without regard to case. A comma inside a
// quoted-string separates nothing, empty elements are skipped (RFC 9110 section 5.6.1.2), and what
// is not well-formed matches nothing.
bool list_contains_token(std::string_view list, std::string_view token) noexcept;

enum class ListError {
  empty,        // no element at all, where the grammar wants one
  not_a_token,  // an element with a character that a token cannot have
  duplicate,    // the same token twice (RFC 6455 section 4.1, item 10)
  too_many,     // more than k_max_tokens
};

// Looking for duplicates is quadratic, and a request may hold hundreds of thousands of tokens.
inline constexpr std::size_t k_max_tokens = 64;

// The elements of Sec-WebSocket-Protocol (RFC 6455 section 11.3.4) in the client's order of
// preference: tokens, no two alike (case matters). Empty elements between are skipped.
tl::expected<std::vector<std::string>, ListError> parse_token_list(std::string_view list);

}  // namespace websocket::handshake
