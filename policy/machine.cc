// SPDX-License-Identifier: Apache-2.0
#include "policy/machine.hh"

#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>

namespace policy {
namespace {

tl::expected<std::vector<Address>, std::string> resolve(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* first = nullptr;
  if (const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &first)) {
    return tl::unexpected(std::string(::gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(first, &::freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* each = first; each != nullptr; each = each->ai_next) {
    const auto address = Address::from_sockaddr(each->ai_addr, each->ai_addrlen);
    if (address && std::ranges::find(addresses, *address) == addresses.end()) {
      addresses.push_back(*address);
    }
  }
  return addresses;
}

}  // namespace

tl::expected<std::vector<Address>, std::string> addresses_of(const Endpoint& endpoint) {
  switch (endpoint.kind) {
    case Endpoint::Kind::this_host: {
      const auto& loopback = loopback_addresses();
      return std::vector<Address>(loopback.begin(), loopback.end());
    }
    case Endpoint::Kind::address: return std::vector<Address>{*endpoint.address};
    case Endpoint::Kind::unix_socket: return std::vector<Address>{};
    case Endpoint::Kind::name: break;
  }
  return resolve(endpoint.text);
}

std::vector<Address> interface_addresses() {
  std::vector<Address> addresses;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return addresses;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(first, &::freeifaddrs);
  for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr) continue;
    const auto family = each->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    const std::size_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if (const auto address = Address::from_sockaddr(each->ifa_addr, size)) {
      addresses.push_back(*address);
    }
  }
  return addresses;
}

}  // namespace policy
