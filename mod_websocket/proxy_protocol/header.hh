// SPDX-License-Identifier: Apache-2.0
// The header of HAProxy's PROXY protocol ("The PROXY protocol, versions 1 & 2", section 2): said
// before anything else on a connection, it tells the target for whom the connection was made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/address.hh"

namespace websocket::proxy_protocol {

// Section 2: a header fits the smallest segment that every TCP host takes, so that it arrives at
// once; there are receivers that read no more than this.
inline constexpr std::size_t k_longest_header = 536;

struct Endpoint {
  ::policy::Address address;
  std::uint16_t port = 0;  // 0: not known
};

// What the client showed when TLS was agreed.
enum class ClientCertificate : std::uint8_t { none, unverified, verified };

// The client's own TLS, which ended here.
struct ClientTls {
  std::string version{};  // "TLSv1.3"; empty: not known
  std::string cipher{};   // as OpenSSL calls it; empty: not known
  ClientCertificate certificate = ClientCertificate::none;
  bool resumed = false;       // the certificate is of an earlier connection of the session
  std::string common_name{};  // UTF-8; told of a verified certificate alone
};

struct Connection {
  Endpoint source;          // the client
  Endpoint destination;     // where it connected to
  std::string authority{};  // the host name that it asked for; empty: none
  std::optional<ClientTls> tls{};
};

// `PROXY TCP4 ...` or `PROXY TCP6 ...`. Where one address is IPv4 and the other IPv6, the former is
// told as an IPv4-mapped one (RFC 4291 section 2.5.5.2); all IPv6 in hexadecimal groups.
std::vector<std::byte> header_v1(const Endpoint& source, const Endpoint& destination);

// The binary header with PP2_TYPE_AUTHORITY and PP2_TYPE_SSL. A text that would make it longer than
// k_longest_header is left out.
std::vector<std::byte> header_v2(const Connection& connection);

}  // namespace websocket::proxy_protocol
