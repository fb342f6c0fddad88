// SPDX-License-Identifier: Apache-2.0
// The tables of the page.
#pragma once

#include <string>

#include "mod_websocket/status/snapshot.hh"

namespace websocket::status {

std::string endpoint_table(const Snapshot& snapshot);
std::string host_table(const Snapshot& snapshot);
std::string refusal_table(const Snapshot& snapshot);
std::string closing_table(const Snapshot& snapshot);
std::string oldest_table(const Snapshot& snapshot);
std::string busiest_table(const Snapshot& snapshot);
std::string child_table(const Snapshot& snapshot);

}  // namespace websocket::status
