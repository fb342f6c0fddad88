// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace policy::tool {

/// What wspolicy ends with: the same three for every command.
enum class ExitStatus {
  good = 0,      ///< valid, granted, no warnings, a record
  refused = 1,   ///< refused, or warnings
  unusable = 2,  ///< a policy that cannot be read, or arguments that make no sense
};

}  // namespace policy::tool
