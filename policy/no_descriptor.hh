// SPDX-License-Identifier: Apache-2.0
//
// Why a descriptor could not be made.
#pragma once

#include <cerrno>

namespace policy {

/// Whether this errno says that the process, or the machine, has as many open as it may (socket(2):
/// EMFILE, ENFILE).
constexpr bool is_no_descriptor(int error) noexcept { return error == EMFILE || error == ENFILE; }

}  // namespace policy
