// SPDX-License-Identifier: Apache-2.0
// Consent of a target's owner, asked once and remembered.
#pragma once

#include <optional>
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
};

struct ConsentAnswer {
  bool granted;
  std::string text;  // one line for the log: why, and what would change it
};

// The calling thread waits, a few seconds at most; handshakes of this child that need the same
// answer at the same time wait for one lookup.
ConsentAnswer ask_consent(const ConsentConfig& config, const ::policy::Address& target,
                          std::uint16_t port, std::string_view served_by, server_rec* server,
                          apr_pool_t* scratch);

// The name under which httpd matched the request: the one that the client asked for where it is a
// ServerName or ServerAlias of the virtual host, else the ServerName. A Host that nothing matched
// speaks for nobody.
std::string_view matched_name(const request_rec* r);

}  // namespace websocket::apache
