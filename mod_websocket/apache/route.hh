// SPDX-License-Identifier: Apache-2.0
// From a policy document to a connected target: what may be reached is decided, then reached.
#pragma once

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "mod_websocket/apache/answer.hh"
#include "mod_websocket/apache/config.hh"
#include "mod_websocket/tunnel/end.hh"
#include "policy/document.hh"

namespace websocket::apache {

struct Target {
  std::unique_ptr<tunnel::End> end;  // connected; the PROXY header said, TLS agreed
  std::string name;                  // as the policy names it, for the log
};

// The calling thread waits for names, for consent and then, WebSocketConnectTimeout in all, for the
// connection, room for the PROXY header and TLS. The next of several addresses is tried where
// connecting failed; whatever goes wrong on a connection is final, for a certificate that is not
// accepted is to be seen and not worked round.
tl::expected<Target, Refusal> connect_target(const request_rec* r, const SectionConfig& config,
                                             const ::policy::Document& document);

}  // namespace websocket::apache
