// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/refusal/rule.hh"

namespace websocket::refusal {

namespace {

std::string_view number_of(handshake::Reason reason) noexcept {
  using Handshake = handshake::Reason;
  switch (reason) {
    case Handshake::http_version: return "WS0002";
    case Handshake::method: return "WS0003";
    case Handshake::body: return "WS0004";
    case Handshake::version_missing: return "WS0005";
    case Handshake::version_malformed: return "WS0006";
    case Handshake::version_unsupported: return "WS0007";
    case Handshake::key_missing: return "WS0008";
    case Handshake::key_invalid: return "WS0009";
    case Handshake::protocols_malformed: return "WS0010";
    case Handshake::extensions_malformed: break;
  }
  return "WS0011";
}

}  // namespace

Rule rule_of(handshake::Reason reason) noexcept {
  return {number_of(reason), handshake::name(reason), Reason::handshake};
}

Rule rule_of(::policy::RefusalRule rule) noexcept {
  using Policy = ::policy::RefusalRule;
  const auto name = ::policy::name_of(rule);
  switch (rule) {
    case Policy::origin_missing: return {"WS0014", name, Reason::origin};
    case Policy::origin_several: return {"WS0015", name, Reason::origin};
    case Policy::origin_malformed: return {"WS0016", name, Reason::origin};
    case Policy::origin_null: return {"WS0017", name, Reason::origin};
    case Policy::origin_not_own: return {"WS0018", name, Reason::origin};
    case Policy::origin_not_listed: return {"WS0019", name, Reason::origin};
    case Policy::target_not_listed: return {"WS0023", name, Reason::target};
    case Policy::port_not_listed: return {"WS0024", name, Reason::target};
    case Policy::same_host_not_listed: return {"WS0025", name, Reason::target};
    case Policy::special_use: return {"WS0026", name, Reason::target};
    case Policy::own_listener: return {"WS0027", name, Reason::target};
    case Policy::loopback_by_name: return {"WS0028", name, Reason::target};
    case Policy::private_by_name: return {"WS0045", name, Reason::target};
    case Policy::no_address: break;
  }
  return {"WS0030", name, Reason::lookup};
}

}  // namespace websocket::refusal
