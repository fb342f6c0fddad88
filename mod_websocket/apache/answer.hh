// SPDX-License-Identifier: Apache-2.0
// What an endpoint says to a client that gets no tunnel.
#pragma once

#include <string>

#include "mod_websocket/apache/httpd.hh"
#include "mod_websocket/refusal/rule.hh"

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
  refusal::Rule rule;
  std::string log;   // one line: what was refused and what would change it
  std::string text;  // for the client: one plain sentence that names no inner host
};

// 503, of a server that has no room for another tunnel.
Refusal no_room(Severity severity, const refusal::Rule& rule, std::string log);

// Counts it, logs it and sends it, with the headers that its status asks for (Upgrade and
// Sec-WebSocket-Version for 426, WWW-Authenticate for 401, Retry-After for 503). Clients can bring
// about a 503 as often as they like, so that a rule logs it once a second at most, and says then
// how many were left out; those are logged at level debug. A client that prefers_problem() gets
// that; others the text, or an ErrorDocument for the status where there is one.
HookResult refuse(request_rec* r, const Refusal& refusal);

// The client's Accept asks for problem+json, and WebSocketExplain lets it have that.
bool prefers_problem(const request_rec* r);

// The same answer, as problem+json, to a request that is no handshake and asks what one would be
// told. What has happened to nobody is logged for information only.
HookResult explain(request_rec* r, const Refusal& refusal);

// An ErrorDocument of this server, reached by redirection. Where the same sections hold httpd does
// not ask again who may have it: whoever was refused the first time is here.
bool is_error_page(const request_rec* r);

// OPTIONS: 200, with Allow and Upgrade (RFC 9110 sections 9.3.7 and 7.8).
HookResult answer_options(request_rec* r);

}  // namespace websocket::apache
