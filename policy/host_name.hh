// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace policy {

enum class HostNameStyle {
  ldh,          ///< letters, digits, inner hyphens: names that we resolve (RFC 1123 2.1)
  browser_sent  ///< also underscores and outer hyphens, which browsers put into origins
};

/// A DNS name in lower case without a trailing dot: labels of 1..63 octets, 253 in all, A-labels
/// only (RFC 5890). What ends in a number is no name. The error says what to write.
tl::expected<std::string, std::string> parse_host_name(std::string_view text, HostNameStyle style);

/// `*.` rules: true where `name` is `parent` with at least one label in front. Both lower case.
bool is_below(std::string_view name, std::string_view parent);

}  // namespace policy
