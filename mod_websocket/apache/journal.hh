// SPDX-License-Identifier: Apache-2.0
// What the log says of a tunnel when it is over.
#pragma once

#include <memory>
#include <string_view>

#include "mod_websocket/apache/httpd.hh"
#include "mod_websocket/tunnel/tunnel.hh"

namespace websocket::apache {

// Null where the log takes nothing of it, so that such a tunnel costs no memory for it. A target
// that does not keep to its framing is told at level warn, so that tunnels with a framing that can
// be broken have a journal at that level too.
std::unique_ptr<tunnel::Journal> make_journal(const request_rec* r, std::string_view target,
                                              const framing::Style& style);

}  // namespace websocket::apache
