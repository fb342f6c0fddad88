// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "policy/address.hh"
#include "policy/ascii.hh"

namespace policy {
namespace {

struct SpecialNetwork {
  Range range;
  SpecialUse use;
};

const std::vector<SpecialNetwork>& special_networks() {
  static const std::vector<SpecialNetwork> networks = {
      {Range::parse("0.0.0.0/8").value(), SpecialUse::unspecified},
      {Range::parse("::/128").value(), SpecialUse::unspecified},
      {Range::parse("169.254.0.0/16").value(), SpecialUse::link_local},
      {Range::parse("fe80::/10").value(), SpecialUse::link_local},
      {Range::parse("224.0.0.0/4").value(), SpecialUse::multicast},
      {Range::parse("ff00::/8").value(), SpecialUse::multicast},
      {Range::parse("240.0.0.0/4").value(), SpecialUse::reserved},
      // These hand a machine's credentials to whoever asks, as 169.254.169.254 does.
      {Range::parse("100.100.100.200").value(), SpecialUse::cloud_metadata},  // Alibaba
      {Range::parse("168.63.129.16").value(), SpecialUse::cloud_metadata},    // Azure
      {Range::parse("192.0.0.192").value(), SpecialUse::cloud_metadata},      // Oracle
      {Range::parse("fd00:ec2::254").value(), SpecialUse::cloud_metadata},    // AWS
      {Range::parse("fd20:ce::254").value(), SpecialUse::cloud_metadata},     // Google
  };
  return networks;
}

const SpecialNetwork* find_special(const Address& address) {
  const std::vector<SpecialNetwork>& networks = special_networks();
  const auto found =
      std::find_if(networks.begin(), networks.end(),
                   [&](const SpecialNetwork& network) { return network.range.contains(address); });
  return found == networks.end() ? nullptr : &*found;
}

}  // namespace

SpecialUse special_use(const Address& address) {
  if (const SpecialNetwork* network = find_special(address)) {
    return network->use;
  }
  for (const Address& inner : address.embedded_v4()) {
    if (inner.is_loopback()) {
      return SpecialUse::embedded_loopback;
    }
    if (const SpecialNetwork* network = find_special(inner)) {
      return network->use;
    }
  }
  return SpecialUse::none;
}

bool is_private(const Address& address) {
  static const std::array<Range, 6> networks = {
      Range::parse("10.0.0.0/8").value(),     Range::parse("172.16.0.0/12").value(),
      Range::parse("192.168.0.0/16").value(), Range::parse("100.64.0.0/10").value(),
      Range::parse("fc00::/7").value(),       Range::parse("fec0::/10").value()};
  return std::ranges::any_of(networks,
                             [&](const Range& network) { return network.contains(address); });
}

std::string_view name_of(SpecialUse use) {
  switch (use) {
    case SpecialUse::none: return "ordinary";
    case SpecialUse::unspecified: return "unspecified";
    case SpecialUse::link_local: return "link-local";
    case SpecialUse::multicast: return "multicast";
    case SpecialUse::reserved: return "reserved";
    case SpecialUse::cloud_metadata: return "cloud-metadata";
    case SpecialUse::embedded_loopback: return "embedded-loopback";
  }
  return "unknown";
}

std::optional<Range> special_use_network(const Address& address) {
  const SpecialNetwork* network = find_special(address);
  return network == nullptr ? std::nullopt : std::optional(network->range);
}

bool looks_numeric(std::string_view host) {
  if (!host.empty() && host.back() == '.') {
    host.remove_suffix(1);
  }
  const std::size_t dot = host.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? host : host.substr(dot + 1);
  if (last.empty()) {
    return false;
  }
  if (std::all_of(last.begin(), last.end(), ascii::is_digit)) {
    return true;
  }
  return last.size() >= 2 && last[0] == '0' && (last[1] == 'x' || last[1] == 'X') &&
         std::all_of(last.begin() + 2, last.end(), ascii::is_hex_digit);
}

}  // namespace policy
