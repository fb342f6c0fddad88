// SPDX-License-Identifier: Apache-2.0
#include "policy/machine.hh"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>

namespace policy {

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
