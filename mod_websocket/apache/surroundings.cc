// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/surroundings.hh"

#include <chrono>
#include <mutex>

#include "mod_websocket/apache/httpd.hh"
#include "policy/machine.hh"

namespace websocket::apache {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds k_fresh{5};

std::vector<::policy::Listener> listeners() {
  std::vector<::policy::Listener> found;
  for (const ap_listen_rec* each = ap_listeners; each != nullptr; each = each->next) {
    const apr_sockaddr_t* const bound = each->bind_addr;
    if (bound == nullptr || (bound->family != APR_INET && bound->family != APR_INET6)) continue;
    auto address = ::policy::Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&bound->sa),
                                                    static_cast<std::size_t>(bound->salen));
    const bool is_wildcard =
        !address || ::policy::special_use(*address) == ::policy::SpecialUse::unspecified;
    found.push_back({is_wildcard ? std::nullopt : address, bound->port});
  }
  return found;
}

}  // namespace

std::shared_ptr<const ::policy::Surroundings> surroundings() {
  static std::mutex mutex;
  static std::shared_ptr<const ::policy::Surroundings> known;
  static Clock::time_point looked_at;
  const std::lock_guard lock(mutex);
  const auto now = Clock::now();
  if (!known || now - looked_at > k_fresh) {
    known = std::make_shared<const ::policy::Surroundings>(
        ::policy::Surroundings{::policy::interface_addresses(), listeners()});
    looked_at = now;
  }
  return known;
}

}  // namespace websocket::apache
