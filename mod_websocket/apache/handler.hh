// SPDX-License-Identifier: Apache-2.0
// One request for an endpoint, from its headers to a tunnel or an answer.
#pragma once

#include "mod_websocket/apache/httpd.hh"

namespace websocket::apache {

// post_read_request: a connection on which an upgrade was asked for carries no other request,
// whoever answers: mod_rewrite, say, before it is known whether the resource is an endpoint. Bytes
// that an impatient client sent behind its handshake can then never be taken for one (RFC 9112
// section 11.2). What the client says of the page is remembered before anybody can change it.
HookResult prepare_request(request_rec* r);

// handler, before those of all other modules.
HookResult handle(request_rec* r);

}  // namespace websocket::apache
