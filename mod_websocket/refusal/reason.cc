// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/refusal/reason.hh"

namespace websocket::refusal {

std::string_view name(Reason reason) noexcept {
  switch (reason) {
    case Reason::upgrade_required: return "upgrade-required";
    case Reason::handshake: return "handshake";
    case Reason::origin: return "origin";
    case Reason::policy: return "policy";
    case Reason::target: return "target";
    case Reason::consent: return "consent";
    case Reason::lookup: return "lookup";
    case Reason::connect: return "connect";
    case Reason::timeout: return "timeout";
    case Reason::limit: return "limit";
    case Reason::internal: break;
  }
  return "internal";
}

}  // namespace websocket::refusal
