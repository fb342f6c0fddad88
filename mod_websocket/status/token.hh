// SPDX-License-Identifier: Apache-2.0
// What a form of the page carries, so that no other page can send it: whoever has it was shown the
// page, to the same user, less than two hours ago. It is made from the server's secret and needs no
// store; every process makes and knows the same ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace websocket::status {

// `subject` is who is shown the page and where; `time` the calendar's seconds.
std::string make_token(std::string_view secret, std::string_view subject, std::int64_t time);

bool is_token(std::string_view token, std::string_view secret, std::string_view subject,
              std::int64_t time);

}  // namespace websocket::status
