// SPDX-License-Identifier: Apache-2.0
// A format of WebSocketLog, compiled when the configuration is read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "mod_websocket/log/clock.hh"
#include "mod_websocket/log/item.hh"

namespace websocket::log {

// A line with its end. Not more than PIPE_BUF, so that the lines of several processes in one pipe
// never come apart (POSIX, write()).
inline constexpr std::size_t k_longest_line = 4096;

class Format {
 public:
  struct Piece {
    Item item = Item::literal;
    std::string text;  // of a literal, or the argument
    TimeFormat time{};
  };

  // An error says what to write.
  static tl::expected<Format, std::string> compile(std::string_view text);

  const std::vector<Piece>& pieces() const noexcept { return pieces_; }

  // How long each value may be that has no bound of its own: so much that the longest line is
  // within k_longest_line, and so nothing that a client chose, however long, can push what stands
  // behind it out of the line.
  std::size_t value_bound() const noexcept { return value_bound_; }

 private:
  std::vector<Piece> pieces_;
  std::size_t value_bound_ = 0;
};

// The format of that name which is there without a directive.
inline constexpr std::string_view k_default_name = "websocket";
inline constexpr std::string_view k_default_format =
    R"(%a %u %t %v:%p "%U" %H "%{ws-target}x" %{ws-protocol}x %{ws-framing}x )"
    R"(%{ws-received}x %{ws-sent}x %{ms}T %{ws-close}x %{ws-ending}x)";

}  // namespace websocket::log
