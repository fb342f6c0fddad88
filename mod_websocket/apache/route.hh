// SPDX-License-Identifier: Apache-2.0
// From a policy document to a connected target: what may be reached is decided, then reached.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "mod_websocket/apache/answer.hh"
#include "mod_websocket/apache/config.hh"
#include "mod_websocket/tunnel/end.hh"
#include "policy/address.hh"
#include "policy/document.hh"

namespace websocket::apache {

// Where the target is.
struct Route {
  // What the administrator allows, or else what the owner of the target agrees to; none for a Unix
  // socket.
  std::vector<::policy::Address> addresses;
  std::chrono::nanoseconds looked_up_in{0};
};

struct Target {
  std::unique_ptr<tunnel::End> end;           // connected; the PROXY header said, TLS agreed
  std::string name;                           // as the policy names it, for the log
  std::optional<std::string> tls{};           // version and cipher, where there is TLS
  std::chrono::microseconds connected_in{0};  // the PROXY header and TLS included
};

// The addresses that the policy leads to and that may be reached. The calling thread waits for the
// name, WebSocketConnectTimeout at most, and for consent, which has bounds of its own.
tl::expected<Route, Refusal> find_route(const request_rec* r, const SectionConfig& config,
                                        const ::policy::Document& document);

// The calling thread waits, for what looking up the name has left of WebSocketConnectTimeout, for
// the connection to one of them, room for the PROXY header and TLS. The next of several addresses
// is tried where connecting failed; whatever goes wrong on a connection is final, for a certificate
// that is not accepted is to be seen and not worked round.
tl::expected<Target, Refusal> connect_target(const request_rec* r, const SectionConfig& config,
                                             const ::policy::Document& document,
                                             const Route& route);

}  // namespace websocket::apache
