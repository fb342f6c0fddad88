// SPDX-License-Identifier: Apache-2.0
#include "policy/dns_server.hh"

#include <array>
#include <fstream>
#include <iterator>
#include <optional>

#include "policy/dns_name.hh"
#include "policy/endpoint.hh"

namespace policy {
namespace {

constexpr std::size_t k_max_system_servers = 3;  // MAXNS
constexpr std::string_view k_blank = " \t\r";

std::optional<std::string_view> nameserver_of(std::string_view line) {
  constexpr std::string_view keyword = "nameserver";
  if (!line.starts_with(keyword)) return std::nullopt;
  line.remove_prefix(keyword.size());
  const auto first = line.find_first_not_of(k_blank);
  if (first == 0 || first == std::string_view::npos) return std::nullopt;
  line.remove_prefix(first);
  return line.substr(0, line.find_first_of(k_blank));
}

}  // namespace

tl::expected<DnsServer, std::string> DnsServer::parse(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return tl::make_unexpected("'" + printable(text, 80) + "' is no resolver: " + std::string(why) +
                               "; write 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353");
  };
  if (const auto address = Address::parse(text)) return DnsServer{*address};

  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse("an address is needed, not a name");
  const auto host = text.substr(0, colon);
  const auto address = Address::parse(host);
  // Without brackets nobody can tell an IPv6 address's last group from a port.
  const bool bracketed = host.starts_with('[');
  if (!address || (!bracketed && host.find(':') != std::string_view::npos)) {
    return refuse("the address cannot be read");
  }
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return refuse(port.error());
  return DnsServer{*address, *port};
}

std::string DnsServer::to_string() const {
  const auto host = address.to_string();
  return (address.is_v4() ? host : "[" + host + "]") + ":" + std::to_string(port);
}

std::vector<DnsServer> parse_resolv_conf(std::string_view text) {
  std::vector<DnsServer> servers;
  while (!text.empty() && servers.size() < k_max_system_servers) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto literal = nameserver_of(line);
    const auto address = literal ? Address::parse(*literal) : std::nullopt;
    if (address) servers.push_back({*address});
  }
  if (servers.empty()) servers.push_back({loopback_addresses()[0]});
  return servers;
}

std::vector<DnsServer> system_dns_servers() {
  std::ifstream file("/etc/resolv.conf", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return parse_resolv_conf(text);
}

std::vector<DnsServer> dns_servers_or_system(std::span<const DnsServer> configured) {
  if (configured.empty()) return system_dns_servers();
  return {configured.begin(), configured.end()};
}

}  // namespace policy
