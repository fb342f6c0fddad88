// SPDX-License-Identifier: Apache-2.0
// The fields of a form, as application/x-www-form-urlencoded (WHATWG URL 5.1).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace websocket::status {

using Fields = std::map<std::string, std::string, std::less<>>;

// Nothing where the text is no such form, or a field comes twice: who sends that is no browser of
// the page, and which of the two is meant is not ours to guess.
std::optional<Fields> parse_form(std::string_view text);

}  // namespace websocket::status
