// SPDX-License-Identifier: Apache-2.0
// What the log says of a tunnel when it is over.
#pragma once

#include <memory>
#include <string_view>

#include "mod_websocket/apache/httpd.hh"
#include "mod_websocket/limits/lease.hh"
#include "mod_websocket/status/record.hh"
#include "mod_websocket/tunnel/tunnel.hh"

namespace websocket::apache {

// One that keeps no text where the log takes nothing of it. A target that does not keep to its
// framing is told at level warn, so that tunnels with a framing that can be broken have their text
// at that level too. The journal owns the tunnel's place from here on: it goes with the tunnel, and
// so the place is given back when that is over, however it came to its end. With the place goes
// what the status page shows of the tunnel.
std::unique_ptr<tunnel::Journal> make_journal(const request_rec* r, std::string_view target,
                                              const framing::Style& style, limits::Lease place,
                                              status::Record record);

}  // namespace websocket::apache
