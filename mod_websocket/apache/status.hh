// SPDX-License-Identifier: Apache-2.0
// `SetHandler websocket-status`: the state of all tunnels, as a page, as JSON (?json) and for
// Prometheus (?prometheus); and by a form of the page tunnels are ended. Who may see and do that is
// for `Require` to say.
#pragma once

#include "mod_websocket/apache/httpd.hh"

namespace websocket::apache {

// The handler hook.
HookResult show_status(request_rec* r);

// mod_status's optional hook: some lines on its own page. `flags` are its AP_STATUS_*.
void add_to_server_status(request_rec* r, int flags);

}  // namespace websocket::apache
