// SPDX-License-Identifier: Apache-2.0
// What the PROXY protocol tells a target of the client of a request.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "mod_websocket/apache/httpd.hh"
#include "policy/document.hh"

namespace websocket::apache {

// The client is the one that httpd logs: mod_remoteip's where that is used, and then without a
// port. Nothing where it has no address of the Internet protocols.
std::optional<std::vector<std::byte>> proxy_header(const request_rec* r,
                                                   ::policy::ProxyProtocol version);

}  // namespace websocket::apache
