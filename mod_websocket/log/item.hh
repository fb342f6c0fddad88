// SPDX-License-Identifier: Apache-2.0
// What a format of WebSocketLog can name. Letters are mod_log_config's where it has one of that
// meaning; what only tunnels have are names that begin with ws-, as variables of TLS begin with
// SSL_.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace websocket::log {

enum class Item : std::uint8_t {
  literal,  // text of the format itself
  // Known when the tunnel is opened, and kept until it is over.
  client_address,   // %a, %{c}a
  client_host,      // %h, %{c}h
  server_address,   // %A
  identity,         // %l
  user,             // %u
  method,           // %m
  path,             // %U
  query,            // %q
  request_line,     // %r
  http_version,     // %H
  header,           // %{Name}i
  environment,      // %{name}e
  note,             // %{name}n
  log_id,           // %L, %{c}L
  virtual_host,     // %v
  server_name,      // %V
  port,             // %p, %{canonical|local|remote}p
  tls_variable,     // %{SSL_...}x
  target,           // %{ws-target}x
  target_address,   // %{ws-target-address}x
  target_tls,       // %{ws-target-tls}x
  subprotocol,      // %{ws-protocol}x
  framing,          // %{ws-framing}x
  compression,      // %{ws-compression}x
  time_to_connect,  // %{ws-connect}x
  // Known when the tunnel is over.
  time,                // %t, %{...}t
  duration,            // %D: microseconds
  scaled_duration,     // %T, %{s|ms|us}T
  process,             // %P
  received,            // %{ws-received}x
  sent,                // %{ws-sent}x
  messages_received,   // %{ws-messages-received}x
  messages_sent,       // %{ws-messages-sent}x
  ratio_received,      // %{ws-ratio-received}x
  ratio_sent,          // %{ws-ratio-sent}x
  time_to_first_byte,  // %{ws-first-byte}x
  close_code,          // %{ws-close}x
  closed_by,           // %{ws-closed-by}x
  ending,              // %{ws-ending}x
  reason,              // %{ws-reason}x
};

enum class Argument : std::uint8_t { none, optional, required };

struct Letter {
  char letter;
  Item item;
  Argument argument;
  // Where only these may stand between the braces, separated by spaces; empty: anything.
  std::string_view arguments;
};

// All but x, whose argument says what it is.
std::span<const Letter> letters() noexcept;

struct Name {
  std::string_view name;
  Item item;
};

// What may stand in %{...}x, beside variables of TLS.
std::span<const Name> names() noexcept;

// Whether it is known before the tunnel is opened.
constexpr bool is_known_at_first(Item item) noexcept {
  return item > Item::literal && item < Item::time;
}

// How long what it says may be, for an item that is known at the end or that says no foreign text;
// none: as long as the format has room for.
std::optional<std::size_t> longest(Item item) noexcept;

}  // namespace websocket::log
