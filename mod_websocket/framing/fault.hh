// SPDX-License-Identifier: Apache-2.0
// What a target's bytes can do wrong in the framing that its policy chose for it.
#pragma once

#include <cstdint>
#include <string_view>

namespace websocket::framing {

enum class Fault : std::uint8_t {
  not_utf8,       // text: bytes that are in no code point
  line_too_long,  // lines: more than Style::max_line bytes
};

// For the log: ASCII, in static storage.
std::string_view describe(Fault fault) noexcept;

}  // namespace websocket::framing
