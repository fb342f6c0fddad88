// SPDX-License-Identifier: Apache-2.0
//
// What this machine knows of itself.
#pragma once

#include <vector>

#include "policy/address.hh"

namespace policy {

/// The addresses of its interfaces at this moment.
std::vector<Address> interface_addresses();

}  // namespace policy
