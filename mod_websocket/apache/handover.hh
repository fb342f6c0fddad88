// SPDX-License-Identifier: Apache-2.0
// Detaching: a client's connection leaves httpd and its worker and goes to the engine.
//
// httpd has no call for that. What makes it possible: the descriptor is duplicated, and httpd is
// left to close its own copy as that of an aborted connection, which it does without shutdown().
// The duplicate, and under TLS a reference to mod_ssl's SSL with a BIO on the duplicate, make the
// client end of the tunnel.
//
// Who owns the connection when:
//   request thread   until the handler has returned; depart() leaves the tunnel in c->pool
//   request thread   while httpd closes its copy and clears c->pool; mod_ssl's clean-up runs here
//                    and still finds its conn_rec in the SSL
//   engine           from the cleanup that was registered before mod_ssl's and so runs after it:
//                    nothing of httpd can name the connection any more
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "mod_websocket/apache/httpd.hh"
#include "mod_websocket/tunnel/descriptor.hh"
#include "mod_websocket/tunnel/tunnel.hh"

struct ssl_st;

namespace websocket::apache {

// pre_connection, before all other modules: makes room for what follows.
void prepare_connection(conn_rec* c);

// mod_ssl's optional hook pre_handshake: remembers the SSL.
void remember_ssl(conn_rec* c, ssl_st* ssl);

// Why a connection has to stay on its thread; null where it can be detached.
const char* reason_to_stay(conn_rec* c);

// What a client sent behind its handshake and httpd or mod_ssl have read already. Nothing where it
// is more than a client that waits for its answer would send.
std::optional<std::vector<std::byte>> take_early_bytes(conn_rec* c, apr_pool_t* pool);

// The duplicated descriptor of the client; empty where there is none to be had, and errno says why:
// EBADF where httpd has closed the connection.
tunnel::Descriptor duplicate_socket(conn_rec* c);

// After the 101 was sent: takes the client from httpd.
std::unique_ptr<tunnel::End> take_client(conn_rec* c, tunnel::Descriptor socket);

// Hands the tunnel over to the engine once httpd is through with the connection. The caller returns
// from its handler without using the connection again.
void depart(request_rec* r, std::unique_ptr<tunnel::Tunnel> tunnel, std::vector<std::byte> early);

}  // namespace websocket::apache
