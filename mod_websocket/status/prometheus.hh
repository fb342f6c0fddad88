// SPDX-License-Identifier: Apache-2.0
// The text format of Prometheus, version 0.0.4.
#pragma once

#include <string>

#include "mod_websocket/status/snapshot.hh"

namespace websocket::status {

inline constexpr const char* k_prometheus_type = "text/plain; version=0.0.4; charset=utf-8";

std::string to_prometheus(const Snapshot& snapshot);

}  // namespace websocket::status
