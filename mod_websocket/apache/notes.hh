// SPDX-License-Identifier: Apache-2.0
// What mod_log_config's own logs can show of a handshake: notes of the request, for %{...}n, and
// variables of its environment, for %{...}e and conditions. doc/logs.md lists them.
#pragma once

#include "mod_websocket/apache/agreement.hh"
#include "mod_websocket/apache/httpd.hh"
#include "mod_websocket/refusal/rule.hh"

namespace websocket::apache {

// As soon as it is known: also where the handshake is refused in the end.
void note_target(request_rec* r, const std::string& target);

// Before the 101 is sent.
void note_agreement(request_rec* r, const std::string& target, const Agreement& agreement);

void note_refusal(request_rec* r, const refusal::Rule& rule);

}  // namespace websocket::apache
