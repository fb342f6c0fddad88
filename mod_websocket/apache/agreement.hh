// SPDX-License-Identifier: Apache-2.0
// What is agreed on with a client beyond the bare protocol: a subprotocol and with it the framing,
// compression, and the limits that hold.
#pragma once

#include <optional>
#include <string>

#include "mod_websocket/apache/config.hh"
#include "mod_websocket/handshake/request.hh"
#include "mod_websocket/tunnel/tunnel.hh"
#include "policy/document.hh"

namespace websocket::apache {

struct Agreement {
  std::optional<std::string> subprotocol;  // for Sec-WebSocket-Protocol
  std::optional<std::string> extensions;   // for Sec-WebSocket-Extensions
  tunnel::Protocol protocol;
  tunnel::Timing timing;
};

// The policy may only lower what the administrator's limits allow.
Agreement agree(const SectionConfig& config, const ::policy::Document& document,
                const handshake::Accepted& accepted);

// For a client that talks to `websocket-echo`.
Agreement agree_on_echo(const SectionConfig& config, const handshake::Accepted& accepted);

}  // namespace websocket::apache
