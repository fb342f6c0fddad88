// SPDX-License-Identifier: Apache-2.0
// What an endpoint says to a client that gets no tunnel.
#pragma once

#include <string>
#include <string_view>

#include "mod_websocket/apache/httpd.hh"

namespace websocket::apache {

// Where a refusal is worth a line in the error log. `unlogged` is for what is no refusal: a plain
// request that is told to upgrade.
enum class Severity : int {
  unlogged = APLOG_INFO,
  refused = APLOG_WARNING,  // a client asked for what it may not have, or a target is away
  broken = APLOG_ERR,       // the site's own files or configuration need mending
};

struct Refusal {
  int status;
  Severity severity;
  std::string_view rule;  // a short name, the same for all refusals of its kind
  std::string log;        // one line: what was refused and what would change it
  std::string text;       // for the client: one plain sentence that names no inner host
};

// 503, of a server that has no room for another tunnel.
Refusal no_room(Severity severity, std::string_view rule, std::string log);

// Logs it and sends it, with the headers that its status asks for (Upgrade and
// Sec-WebSocket-Version for 426, WWW-Authenticate for 401, Retry-After for 503). Clients can bring
// about a 503 as often as they like, so that a rule logs it once a second at most, and says then
// how many were left out; those are logged at level debug. An ErrorDocument for the status is
// used where there is one.
HookResult refuse(request_rec* r, const Refusal& refusal);

// OPTIONS: 200, with Allow and Upgrade (RFC 9110 sections 9.3.7 and 7.8).
HookResult answer_options(request_rec* r);

}  // namespace websocket::apache
