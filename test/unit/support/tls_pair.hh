// SPDX-License-Identifier: Apache-2.0
// A TLS connection over real sockets, with a certificate made in memory.
#pragma once

#include <memory>

#include "mod_websocket/tunnel/tls_end.hh"
#include "test/unit/support/socket_pair.hh"

namespace websocket::tunnel::test {

// The handshake is over. `server` is for a TlsEnd and does not block; the client's socket does.
struct TlsPair {
  SslHandle server;
  Descriptor server_socket;
  SslHandle client;
  Descriptor client_socket;
};

// `version` is TLS1_2_VERSION or TLS1_3_VERSION.
TlsPair tls_pair(int version);

// The end, and the pair without what went into it.
std::unique_ptr<TlsEnd> take_end(TlsPair& pair);

// The client's own ways, on any thread. They block, and throw where it goes wrong.
void send_all(const TlsPair& pair, const Bytes& bytes);
Bytes receive(const TlsPair& pair, std::size_t size);

}  // namespace websocket::tunnel::test
