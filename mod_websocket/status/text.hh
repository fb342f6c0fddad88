// SPDX-License-Identifier: Apache-2.0
// Numbers and names as they are shown.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "mod_websocket/status/snapshot.hh"

namespace websocket::status {

// Octets that are no UTF-8 as %XX, so that different names stay different.
std::string valid_utf8(std::string_view text);

// For text and for values of attributes in double or single quotes.
std::string escape_html(std::string_view text);

// "0.025"
std::string as_seconds(std::chrono::microseconds time);

// "1.2 MB": decimal, as rates of networks are.
std::string as_bytes(std::uint64_t bytes);

// "3 d 4 h", "12 s"
std::string as_age(std::uint64_t seconds);

// "1 234 567"
std::string as_number(std::uint64_t number);

// "2026-11-25 01:02:03 UTC"
std::string as_calendar(std::int64_t time);

// Of the nameless endpoint: "other".
std::string_view shown_host(const EndpointView& endpoint) noexcept;
std::string_view shown_policy(const EndpointView& endpoint) noexcept;

// "17-93"; what does not read so is no name.
std::string to_string(const TunnelName& name);
std::optional<TunnelName> parse_tunnel_name(std::string_view text) noexcept;

}  // namespace websocket::status
