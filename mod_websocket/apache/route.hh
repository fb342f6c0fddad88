// SPDX-License-Identifier: Apache-2.0
// From a policy document to a connected target: what may be reached is decided, then reached.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "mod_websocket/apache/answer.hh"
#include "mod_websocket/apache/config.hh"
#include "mod_websocket/tunnel/end.hh"
#include "policy/address.hh"
#include "policy/document.hh"

namespace websocket::apache {

struct Target {
  std::unique_ptr<tunnel::End> end;  // connected; the PROXY header said, TLS agreed
  std::string name;                  // as the policy names it, for the log
};

// The addresses that the policy leads to and that may be reached; none for a Unix socket. The
// calling thread waits for names and for consent.
tl::expected<std::vector<::policy::Address>, Refusal> find_route(
    const request_rec* r, const SectionConfig& config, const ::policy::Document& document);

// The calling thread waits, WebSocketConnectTimeout in all, for the connection to one of them, room
// for the PROXY header and TLS. The next of several addresses is tried where connecting failed;
// whatever goes wrong on a connection is final, for a certificate that is not accepted is to be
// seen and not worked round.
tl::expected<Target, Refusal> connect_target(const request_rec* r, const SectionConfig& config,
                                             const ::policy::Document& document,
                                             const std::vector<::policy::Address>& addresses);

}  // namespace websocket::apache
