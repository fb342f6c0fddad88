// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "policy/address.hh"

namespace policy {

/// Where a document wants its bytes to go, before any name was looked up.
struct Endpoint {
  enum class Kind {
    this_host,   ///< no host was written: loopback_addresses()
    name,        ///< to be resolved
    address,     ///< a literal
    unix_socket  ///< a path in the file system
  };

  Kind kind = Kind::this_host;
  /// Name (lower case, no trailing dot), canonical address without brackets, or absolute path;
  /// empty for this_host.
  std::string text;
  /// Set where kind is address.
  std::optional<Address> address;
  /// 1..65535; 0 for a Unix socket.
  std::uint16_t port = 0;

  /// `irc.example.org:6667`, `[2001:db8::1]:6667`, `this host:6667`, `unix:/run/app.sock`: for
  /// logs.
  std::string to_string() const;
};

/// sockaddr_un holds 108 octets with the terminating zero.
inline constexpr std::size_t k_max_unix_path = 107;

/// Reads a host as documents write it: a name (LDH, a trailing dot is dropped), an IPv4 literal, an
/// IPv6 literal with or without brackets, `unix:/path`. The port of the result is 0. The error
/// says what to write.
tl::expected<Endpoint, std::string> parse_endpoint_host(std::string_view text);

/// 1..65535, decimal, nothing else: no sign, no leading zero.
tl::expected<std::uint16_t, std::string> parse_port(std::string_view text);

/// The fault of a Unix socket's path, or nothing: absolute, short enough, plain printable ASCII,
/// without empty, `.` and `..` segments.
std::optional<std::string> unix_path_fault(std::string_view path);

/// The same of any absolute path, of at most `most` octets.
std::optional<std::string> path_fault(std::string_view path, std::size_t most);

}  // namespace policy
