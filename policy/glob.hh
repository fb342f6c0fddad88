// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace policy {

/// Shell patterns over paths: `*`, `?` and `[a-z]`, `[!a-z]`; none of them ever stands for a slash,
/// and no locale plays a part. A backslash is an ordinary letter.
bool glob_matches(std::string_view glob, std::string_view path);

/// What is wrong with a pattern (a bracket that is not closed, empty or holds a slash), or nothing.
std::optional<std::string> glob_fault(std::string_view glob);

}  // namespace policy
