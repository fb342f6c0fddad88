// SPDX-License-Identifier: Apache-2.0
// Foreign text as it may stand in a log, the way of httpd's ap_escape_logitem(): quotation marks
// and backslashes with a backslash before them, controls and what is not ASCII as \n, \t, \xhh.
// Stops forged lines, and sequences that a terminal would obey.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace websocket::log {

// Appends at most `most` (>= 3) characters; what is cut ends with three points. No escape sequence
// is ever cut in two.
void append_escaped(std::string& out, std::string_view text, std::size_t most);

}  // namespace websocket::log
