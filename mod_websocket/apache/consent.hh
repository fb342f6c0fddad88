// SPDX-License-Identifier: Apache-2.0
// Consent of a target's owner, asked once and remembered.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mod_websocket/apache/httpd.hh"
#include "policy/address.hh"
#include "policy/consent.hh"
#include "policy/dns_server.hh"
#include "policy/trust_anchors.hh"

namespace websocket::apache {

enum class ConsentAsked { off, dns, dnssec };

// What a section says of consent; in a pool, shared.
struct ConsentConfig {
  std::optional<ConsentAsked> asked;
  const std::vector<::policy::DnsServer>* resolvers = nullptr;  // none: the system's
  const ::policy::TrustAnchors* anchors = nullptr;
  const char* anchor_file = nullptr;  // where the anchors are from

  ConsentAsked how() const { return asked.value_or(ConsentAsked::dns); }
  // None: the system's.
  std::span<const ::policy::DnsServer> servers() const {
    if (resolvers == nullptr) return {};
    return *resolvers;
  }
};

struct ConsentAnswer {
  bool granted;
  std::string text;            // one line for the log: why, and what would change it
  bool no_descriptor = false;  // nobody could be asked, for want of one
};

// The calling thread waits, a few seconds at most; handshakes of this child that need the same
// answer at the same time wait for one lookup.
ConsentAnswer ask_consent(const ConsentConfig& config, const ::policy::Address& target,
                          std::uint16_t port, std::string_view served_by, server_rec* server,
                          apr_pool_t* scratch);

}  // namespace websocket::apache
