// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace policy {

/// Foreign text as it may stand in a message: in quotation marks, at most 80 octets of it,
/// controls, quotation marks and what is not ASCII as \xNN. Stops forged log lines and floods.
std::string quoted(std::string_view text);

}  // namespace policy
