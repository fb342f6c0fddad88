// SPDX-License-Identifier: Apache-2.0
// The machine as target rules see it: its own addresses, and what httpd listens on.
#pragma once

#include <memory>

#include "policy/decide.hh"

namespace websocket::apache {

// Any thread. At most a few seconds old, so that addresses that come and go are followed.
std::shared_ptr<const ::policy::Surroundings> surroundings();

}  // namespace websocket::apache
