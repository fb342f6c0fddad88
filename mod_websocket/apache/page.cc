// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/page.hh"

#include <string>

#include "mod_websocket/apache/cors.hh"
#include "mod_websocket/apache/said.hh"
#include "mod_websocket/apache/virtual_host.hh"
#include "policy/decide.hh"
#include "policy/quoted.hh"

namespace websocket::apache {

namespace {

template <class T>
using Step = tl::expected<T, Refusal>;

// RFC 6454: of a page from this scheme and port, and that host.
Step<::policy::Origin> origin_at(request_rec* r, const char* host) {
  auto origin = ::policy::Origin::of(ap_http_scheme(r), host, ap_get_server_port(r));
  if (origin) return *origin;
  return tl::unexpected(Refusal{HTTP_BAD_REQUEST, Severity::refused, refusal::k_host,
                                "Host: " + origin.error(), "The Host of the request is unusable."});
}

// Of a page from where the client asks.
Step<::policy::Origin> origin_asked_for(request_rec* r) {
  return origin_at(r, r->hostname != nullptr ? r->hostname : r->server->server_hostname);
}

enum class Site { own, other, unknown };

// The origin of a URL; nothing where it has none.
std::optional<::policy::Origin> origin_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  const auto origin = ::policy::Origin::parse(url.substr(0, url.find('/', scheme + 3)));
  if (!origin || origin->is_opaque()) return std::nullopt;
  return *origin;
}

// Of a request without Origin. No page can forge either field. Browsers send Sec-Fetch-Site to
// https and to localhost only, so that elsewhere Referer has to do.
Site site_of(const request_rec* r, const ::policy::Origin& asked_for) {
  if (const auto site = site_said(r)) {
    if (*site == "same-origin") return Site::own;
    return *site == "none" ? Site::unknown : Site::other;
  }
  const auto referer = referer_said(r);
  if (!referer) return Site::unknown;
  const auto page = origin_of(*referer);
  return page && page->same_as(asked_for) ? Site::own : Site::other;
}

Refusal unwelcome(const SectionConfig& config, const ::policy::Refusal& refused) {
  return {config.refused_origin_status(), Severity::refused, refusal::rule_of(refused.rule),
          refused.log_text, std::string(::policy::client_text(refused.rule))};
}

// Where the page would be an own one if its name were.
void say_whose_name(const request_rec* r, ::policy::Refusal& refused) {
  if (refused.rule != ::policy::RefusalRule::origin_not_own || is_own_name(r)) return;
  refused.log_text += "; the Host " + ::policy::quoted(r->hostname) +
                      " is no name of this virtual host: write ServerAlias " + r->hostname +
                      " if that is one";
}

// Where it is not allowed to read the answer, it has no use for it but what asking does.
Refusal no_cors(const SectionConfig& config) {
  return unwelcome(
      config, {::policy::RefusalRule::origin_missing, "a page of another site asked without CORS"});
}

// The page's origin, as a handshake of it would have it; nothing where there is no page.
using PageOrigin = std::optional<std::string>;

Step<PageOrigin> page_origin(const request_rec* r, Asked asked, const SectionConfig& config,
                             const ::policy::Origin& asked_for) {
  if (const auto origin = origin_said(r)) return std::string(*origin);
  if (asked == Asked::tunnel) return std::nullopt;
  switch (site_of(r, asked_for)) {
    case Site::own: return asked_for.to_string();
    case Site::other: return tl::unexpected(no_cors(config));
    case Site::unknown: break;
  }
  return std::nullopt;
}

enum class OtherClients { refused, welcome };

Step<void> admit(request_rec* r, Asked asked, const SectionConfig& config,
                 const ::policy::Document& document, OtherClients others) {
  const auto asked_for = origin_asked_for(r);
  if (!asked_for) return tl::unexpected(asked_for.error());
  // Of a page that this very virtual host would serve. One whose own name was made to lead here
  // (DNS rebinding) asks by that name.
  const auto own = is_own_name(r) ? asked_for : origin_at(r, r->server->server_hostname);
  if (!own) return tl::unexpected(own.error());
  const auto origin = page_origin(r, asked, config, *asked_for);
  if (!origin) return tl::unexpected(origin.error());
  if (*origin || others == OtherClients::refused) {
    auto decision = ::policy::decide_origin(document, *origin, *own);
    if (!decision) {
      say_whose_name(r, decision.error());
      return tl::unexpected(unwelcome(config, decision.error()));
    }
  }
  if (asked == Asked::explanation) let_page_send_credentials(r);
  return {};
}

}  // namespace

Step<void> admit_page(request_rec* r, Asked asked, const SectionConfig& config,
                      const ::policy::Document& document) {
  return admit(r, asked, config, document, OtherClients::refused);
}

Step<void> admit_page_to_echo(request_rec* r, Asked asked, const SectionConfig& config) {
  if (asked == Asked::tunnel && !origin_said(r)) return {};
  return admit(r, asked, config, ::policy::Document{}, OtherClients::welcome);
}

}  // namespace websocket::apache
