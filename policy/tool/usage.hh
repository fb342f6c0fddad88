// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace policy::tool {

/// What --help prints.
std::string_view usage_text();

}  // namespace policy::tool
