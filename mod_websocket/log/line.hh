// SPDX-License-Identifier: Apache-2.0
// A tunnel's line in two steps: what the request tells is kept when the tunnel is opened, and only
// that which the format asks for; the line is written when the tunnel is over. In between a tunnel
// costs its values, each with one byte more.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mod_websocket/log/format.hh"
#include "mod_websocket/tunnel/tunnel.hh"

namespace websocket::log {

// The request, and what was agreed on: whatever is_known_at_first(). Nothing, and nothing but an
// empty text, is `-` in the line; what it says may be any bytes.
class Opening {
 public:
  virtual ~Opening() = default;
  virtual std::optional<std::string> value(Item item, const std::string& argument) const = 0;
};

// The values in the order of the format, escaped and each followed by NUL.
using Values = std::unique_ptr<char[]>;

Values keep_values(const Format& format, const Opening& opening);

// The end.
struct Summary {
  const tunnel::Account& account;
  WallTime opened;
  WallTime ended;
  tunnel::Time opened_steadily;  // the calendar may jump meanwhile
  tunnel::Time ended_steadily;
  pid_t process;
};

// Writes the line with its end and gives its length, at most k_longest_line. Allocates nothing.
std::size_t write_line(const Format& format, const char* values, const Summary& summary,
                       std::span<char, k_longest_line> out) noexcept;

// Whose doing the end was: `client`, `target` or `server`.
std::string_view closed_by(tunnel::Ending ending) noexcept;

}  // namespace websocket::log
