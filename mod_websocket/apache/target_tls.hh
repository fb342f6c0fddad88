// SPDX-License-Identifier: Apache-2.0
// TLS toward a target: this server is the client.
#pragma once

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "mod_websocket/apache/authorities.hh"
#include "mod_websocket/apache/connect.hh"
#include "mod_websocket/tunnel/descriptor.hh"
#include "mod_websocket/tunnel/end.hh"

namespace websocket::apache {

// What the target's certificate must be.
struct CertificateWanted {
  std::string name;         // a host name or an address
  Authorities authorities;  // null: the system's
};

struct TlsError {
  bool timed_out;
  std::string log;  // one line: what failed, and what would change it
};

struct Secured {
  std::unique_ptr<tunnel::End> end;
  std::string description;  // version/cipher
};

// Shakes hands over a connected, non-blocking socket: TLS 1.2 or later, with the name in the
// server_name extension unless it is an address, and with a certificate that is for this name
// (subjectAltName alone, RFC 9525) and that the authorities vouch for. The calling thread waits.
tl::expected<Secured, TlsError> secure(tunnel::Descriptor socket, const CertificateWanted& wanted,
                                       ConnectTime until);

}  // namespace websocket::apache
