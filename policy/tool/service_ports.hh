// SPDX-License-Identifier: Apache-2.0
//
// What is known of ports by their numbers alone.
#pragma once

#include <cstdint>
#include <string_view>

namespace policy::tool {

/// A service that trusts whoever reaches it, or that does harm in the hands of a stranger.
struct DangerousService {
  std::uint16_t first;
  std::uint16_t last;
  std::string_view name;
  std::string_view danger;
};

/// Null where nothing is known against the port.
const DangerousService* dangerous_service(std::uint16_t port);

/// A service that has one port for TLS from the first octet on, and others without.
struct TlsService {
  std::uint16_t first;  ///< without TLS, or with STARTTLS
  std::uint16_t last;
  std::uint16_t tls;
  std::string_view name;
};

/// By a port without TLS; null for any other.
const TlsService* plain_service(std::uint16_t port);
/// By the port for TLS; null for any other.
const TlsService* tls_service(std::uint16_t port);

}  // namespace policy::tool
