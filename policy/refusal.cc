// SPDX-License-Identifier: Apache-2.0
#include "policy/decide.hh"

namespace policy {

std::string_view name_of(RefusalRule rule) {
  switch (rule) {
    case RefusalRule::origin_missing: return "origin-missing";
    case RefusalRule::origin_several: return "origin-several";
    case RefusalRule::origin_malformed: return "origin-malformed";
    case RefusalRule::origin_null: return "origin-null";
    case RefusalRule::origin_not_own: return "origin-not-own";
    case RefusalRule::origin_not_listed: return "origin-not-listed";
    case RefusalRule::target_not_listed: return "target-not-listed";
    case RefusalRule::port_not_listed: return "port-not-listed";
    case RefusalRule::same_host_not_listed: return "same-host-not-listed";
    case RefusalRule::special_use: return "special-use";
    case RefusalRule::own_listener: return "own-listener";
    case RefusalRule::loopback_by_name: return "loopback-by-name";
    case RefusalRule::private_by_name: return "private-by-name";
    case RefusalRule::no_address: return "no-address";
  }
  return "unknown";
}

std::string_view client_text(RefusalRule rule) {
  switch (rule) {
    case RefusalRule::origin_missing:
      return "This socket is for web pages: the request must have an Origin.";
    case RefusalRule::origin_several:
    case RefusalRule::origin_malformed: return "The request's Origin cannot be understood.";
    case RefusalRule::origin_null:
    case RefusalRule::origin_not_own:
    case RefusalRule::origin_not_listed: return "Pages of this origin may not use this socket.";
    case RefusalRule::target_not_listed:
    case RefusalRule::port_not_listed:
    case RefusalRule::same_host_not_listed:
    case RefusalRule::special_use:
    case RefusalRule::own_listener:
    case RefusalRule::loopback_by_name:
    case RefusalRule::private_by_name:
    case RefusalRule::no_address: return "This socket's target may not be reached from here.";
  }
  return "This socket may not be used.";
}

}  // namespace policy
