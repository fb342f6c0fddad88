// SPDX-License-Identifier: Apache-2.0
// From a policy document to a connected target: what may be reached is decided, then reached.
#pragma once

#include <string>

#include <tl/expected.hpp>

#include "mod_websocket/apache/answer.hh"
#include "mod_websocket/apache/config.hh"
#include "mod_websocket/tunnel/descriptor.hh"
#include "policy/document.hh"

namespace websocket::apache {

struct Target {
  tunnel::Descriptor socket;  // connected, non-blocking
  std::string name;           // as the policy names it, for the log
};

// The calling thread waits for names, for consent and for the connection, WebSocketConnectTimeout
// for the latter.
tl::expected<Target, Refusal> connect_target(const request_rec* r, const SectionConfig& config,
                                             const ::policy::Document& document);

}  // namespace websocket::apache
