// SPDX-License-Identifier: Apache-2.0
// Which form of a refusal a client asked for by its Accept (RFC 9110 section 12.5.1).
#pragma once

#include <string_view>

namespace websocket::refusal {

inline constexpr std::string_view k_problem_type = "application/problem+json";

// Whether it is problem+json and not the plain text. That type must be named: `*/*`, which every
// client sends, and `application/*` are no wish for it. Of a client that names both, or takes
// anything, the weights decide; at the same weight the form that was named. A range that is
// malformed, or has parameters other than a weight, which neither form has, matches nothing.
bool prefers_problem(std::string_view accept) noexcept;

}  // namespace websocket::refusal
