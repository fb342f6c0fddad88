// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "policy/address.hh"

namespace policy {

/// Where questions are sent.
struct DnsServer {
  Address address;
  std::uint16_t port = 53;

  /// `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]:5353`. The error says what to
  /// write.
  static tl::expected<DnsServer, std::string> parse(std::string_view text);
  /// `192.0.2.53:53`, `[2001:db8::53]:53`
  std::string to_string() const;

  friend bool operator==(const DnsServer&, const DnsServer&) = default;
};

/// The `nameserver` lines of a resolv.conf, at most three as the C library has it, 127.0.0.1 where
/// there is none (resolv.conf(5)). Lines with a zone (fe80::1%eth0) are passed over.
std::vector<DnsServer> parse_resolv_conf(std::string_view text);
/// Those of /etc/resolv.conf as it is now.
std::vector<DnsServer> system_dns_servers();
/// The configured ones, or the system's where there are none.
std::vector<DnsServer> dns_servers_or_system(std::span<const DnsServer> configured);

}  // namespace policy
