// SPDX-License-Identifier: Apache-2.0
//
// Sizes and times as documents write them, in the manner of httpd's directives.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace policy {

inline constexpr std::uint64_t k_max_size = std::uint64_t{1} << 40U;
inline constexpr std::chrono::milliseconds k_max_time = std::chrono::hours(24 * 365);

/// Octets, 1 to k_max_size: a decimal number, alone or with K, M or G (powers of 1024; lower case
/// as well). The error says what to write.
tl::expected<std::uint64_t, std::string> parse_size(std::string_view text);

/// Above 0, at most k_max_time: a decimal number with ms, s, min or h, or alone for seconds. The
/// error says what to write.
tl::expected<std::chrono::milliseconds, std::string> parse_time(std::string_view text);

/// The shortest text that parse_size reads as this number: "64K".
std::string size_text(std::uint64_t octets);
/// The shortest text, unit written, that parse_time reads as this time: "10min".
std::string time_text(std::chrono::milliseconds time);

}  // namespace policy
