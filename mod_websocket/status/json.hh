// SPDX-License-Identifier: Apache-2.0
// The names of the Prometheus format without `websocket_`; endpoints, tunnels and children in
// lists.
#pragma once

#include <string>

#include "mod_websocket/status/snapshot.hh"

namespace websocket::status {

std::string to_json(const Snapshot& snapshot);

}  // namespace websocket::status
