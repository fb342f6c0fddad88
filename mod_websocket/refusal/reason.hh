// SPDX-License-Identifier: Apache-2.0
// Why there is no tunnel, in a word: for the client (the member `reason` of its problem+json), for
// counters (the label `reason`), and for whoever reads doc/messages.md.
//
// The set is closed, and small: a word for each thing that somebody would do about it. Which rule
// exactly refused stands in the error log, which the client does not see. What may look missing:
// an unusable Host is a request that no client should send, as are the other cases of `handshake`;
// TLS that the target does not get right is a connection that cannot be used, `connect`; and where
// a script answers a handshake by itself, the module refuses nothing.
#pragma once

#include <array>
#include <string_view>

namespace websocket::refusal {

enum class Reason {
  upgrade_required,  // the request asks for no WebSocket; nothing else stands in the way
  handshake,         // the request breaks RFC 6455 or RFC 9110
  origin,            // the page's origin is not allowed
  policy,            // the endpoint's policy, or a file that it names, needs mending
  target,            // WebSocketTarget does not allow the target
  consent,           // nor does the target's owner
  lookup,            // the target's name has no address, or nobody can tell
  connect,           // the target refuses the connection, or cannot be trusted to be the target
  timeout,           // the target does not answer in time
  limit,             // no room for another tunnel, of this client or at all
  internal,          // the server cannot do what it should
};

inline constexpr std::array k_reasons = {
    Reason::upgrade_required, Reason::handshake, Reason::origin,  Reason::policy,
    Reason::target,           Reason::consent,   Reason::lookup,  Reason::connect,
    Reason::timeout,          Reason::limit,     Reason::internal};

// "upgrade-required": lower case and hyphens, the same wherever it is shown.
std::string_view name(Reason reason) noexcept;

}  // namespace websocket::refusal
