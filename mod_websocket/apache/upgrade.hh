// SPDX-License-Identifier: Apache-2.0
// 101, and the tunnel: in the engine where the connection can be detached, else on this thread.
#pragma once

#include "mod_websocket/apache/admission.hh"
#include "mod_websocket/apache/agreement.hh"
#include "mod_websocket/apache/httpd.hh"
#include "mod_websocket/apache/route.hh"
#include "mod_websocket/handshake/request.hh"

namespace websocket::apache {

// Returns when the tunnel is with the engine, or over, or refused.
HookResult upgrade(request_rec* r, const handshake::Accepted& accepted, const Agreement& agreement,
                   Target target, Seat seat);

}  // namespace websocket::apache
