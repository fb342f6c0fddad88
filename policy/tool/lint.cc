// SPDX-License-Identifier: Apache-2.0
#include "policy/tool/lint.hh"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "policy/address.hh"
#include "policy/host_name.hh"
#include "policy/origin.hh"
#include "policy/protocol.hh"
#include "policy/quantity.hh"
#include "policy/tool/service_ports.hh"

namespace policy::tool {
namespace {

constexpr std::uint16_t k_first_unprivileged = 1024;
/// Defaults of WebSocketMaxMessageSize and WebSocketPingInterval.
constexpr std::uint64_t k_server_max_message = 16U << 20U;
constexpr std::chrono::seconds k_server_ping_interval{30};
/// IRC's lines with all their tags have 8,703 octets at most; other protocols' lines are hardly
/// longer.
constexpr std::uint64_t k_long_line = 64U << 10U;

/// The message of a warning; nothing where there is nothing to warn of.
using Finding = std::optional<std::string>;

bool is_local_name(std::string_view host) {  // RFC 6761 6.3
  return host == "localhost" || is_below(host, "localhost");
}

bool is_local(std::string_view host) {
  const auto address = Address::parse(host);
  return address ? address->is_loopback() : is_local_name(host);
}

std::string port_text(const Document& document) {
  return "port " + std::to_string(document.target.port);
}

// ---- host, port ----------------------------------------------------------------------------

Finding host_loopback(const Document& document) {
  const Endpoint& target = document.target;
  const bool named = target.kind == Endpoint::Kind::name || target.kind == Endpoint::Kind::address;
  if (!named || !is_local(target.text)) return std::nullopt;
  return target.text +
         " is the web server itself; leave <host> out, which means the same and tries IPv4 and"
         " IPv6";
}

Finding host_special_use(const Document& document) {
  const Endpoint& target = document.target;
  const SpecialUse use = target.address ? special_use(*target.address) : SpecialUse::none;
  if (use == SpecialUse::none) return std::nullopt;
  return target.text + " is " + std::string(name_of(use)) +
         ": it is refused unless the administrator lists the very address";
}

Finding port_dangerous(const Document& document) {
  const auto* const service = dangerous_service(document.target.port);
  if (service == nullptr) return std::nullopt;
  return port_text(document) + " is that of " + std::string(service->name) + ": " +
         std::string(service->danger);
}

Finding port_privileged(const Document& document) {
  const std::uint16_t port = document.target.port;
  const bool unix_socket = port == 0;
  if (unix_socket || port >= k_first_unprivileged || dangerous_service(port) != nullptr) {
    return std::nullopt;
  }
  return port_text(document) +
         " is that of a system service (below 1024): be sure that it may be reached by every page"
         " allowed here";
}

Finding tls_missing(const Document& document) {
  const auto* const service = tls_service(document.target.port);
  if (service == nullptr || document.tls) return std::nullopt;
  return port_text(document) + " is that of " + std::string(service->name) +
         " over TLS, and the server connects without; write <tls/> as well";
}

// ---- allow-origin --------------------------------------------------------------------------

Finding origin_any(const OriginPattern& pattern) {
  if (!pattern.is_any()) return std::nullopt;
  return "* lets every page of the web use the socket, and clients that are no browsers and send"
         " no Origin; name the origins of your pages";
}

Finding origin_null(const OriginPattern& pattern) {
  if (!pattern.is_null()) return std::nullopt;
  return "null is the origin of every sandboxed frame and of every file: and data: page, whoever"
         " wrote it; serve the page from an origin of its own";
}

Finding origin_http(const OriginPattern& pattern) {
  if (pattern.scheme() != "http" || is_local(pattern.host())) return std::nullopt;
  return pattern.text() +
         " is without TLS: whoever is between the page and its reader can put his own script into"
         " it; write https: and serve the page so";
}

Finding origin_scheme(const OriginPattern& pattern) {
  if (pattern.scheme() != "ws" && pattern.scheme() != "wss") return std::nullopt;
  return pattern.text() + " never matches: an origin is the page's, not the socket's; write " +
         (pattern.scheme() == "ws" ? "http:" : "https:");
}

Finding origin_path(const OriginPattern& pattern) {
  if (!pattern.counted_by_origin()) return std::nullopt;
  return pattern.text() + " counts as " + pattern.to_string() +
         ": browsers send no path, so every page and script of that origin is let in; write " +
         pattern.to_string();
}

Finding origin_wide(const OriginPattern& pattern) {
  const bool one_label = pattern.host().find('.') == std::string::npos;
  if (!pattern.is_wildcard() || !one_label || is_local(pattern.host())) return std::nullopt;
  return pattern.text() + " is every site below ." + pattern.host() +
         ", most of them not yours; name your own domain";
}

Finding origin_idle(const Document& document, std::size_t index) {
  const auto& origins = document.allow_origins;
  const auto text = origins[index].to_string();
  if (!origins[index].is_any() && std::ranges::any_of(origins, &OriginPattern::is_any)) {
    return text + " has no effect beside *";
  }
  const auto before = std::span(origins).first(index);
  const bool again = std::ranges::any_of(
      before, [&](const OriginPattern& earlier) { return earlier.to_string() == text; });
  return again ? Finding(text + " is written twice") : std::nullopt;
}

// ---- messages, time, TLS -------------------------------------------------------------------

Finding max_message_large(const Document& document) {
  if (document.max_message.value_or(0) <= k_server_max_message) return std::nullopt;
  return size_text(*document.max_message) + " is more than the " + size_text(k_server_max_message) +
         " that the server takes unless WebSocketMaxMessageSize says otherwise; the smaller of the"
         " two counts";
}

Finding max_message_lines(const Document& document) {
  const bool lines = document.framing == Framing::lines ||
                     std::ranges::any_of(document.protocols, [](const std::string& protocol) {
                       return framing_of(protocol) == Framing::lines;
                     });
  if (!lines || document.max_message.value_or(0) <= k_long_line) return std::nullopt;
  return size_text(*document.max_message) +
         " is long for a message that is one line; no IRC server takes lines above 8703 octets";
}

Finding idle_timeout_short(const Document& document) {
  if (!document.idle_timeout || *document.idle_timeout >= k_server_ping_interval) {
    return std::nullopt;
  }
  return time_text(*document.idle_timeout) +
         " ends tunnels that are merely quiet: it is over before the server's first ping"
         " (WebSocketPingInterval, " +
         time_text(k_server_ping_interval) +
         " unless set) could tell them from clients that are gone; write 1min or more";
}

Finding tls_port(const Document& document) {
  const auto* const service = plain_service(document.target.port);
  if (service == nullptr || !document.tls) return std::nullopt;
  return port_text(document) + " is that of " + std::string(service->name) +
         " without TLS at its beginning; with TLS it is " + std::to_string(service->tls);
}

// ---- the table -----------------------------------------------------------------------------

using Judge = Finding (*)(const Document&, std::size_t index);

template <auto Find>
Finding of_document(const Document& document, std::size_t) {
  return Find(document);
}

template <auto Find>
Finding of_origin(const Document& document, std::size_t index) {
  return Find(document.allow_origins[index]);
}

struct Rule {
  std::string_view element;  // whose line is told
  std::string_view name;
  Judge judge;
};

// Rules of one element stand together.
constexpr std::array k_rules = {
    Rule{"host", "host-loopback", of_document<host_loopback>},
    Rule{"host", "host-special-use", of_document<host_special_use>},
    Rule{"port", "port-dangerous", of_document<port_dangerous>},
    Rule{"port", "port-privileged", of_document<port_privileged>},
    Rule{"port", "tls-missing", of_document<tls_missing>},
    Rule{"allow-origin", "origin-any", of_origin<origin_any>},
    Rule{"allow-origin", "origin-null", of_origin<origin_null>},
    Rule{"allow-origin", "origin-http", of_origin<origin_http>},
    Rule{"allow-origin", "origin-scheme", of_origin<origin_scheme>},
    Rule{"allow-origin", "origin-path", of_origin<origin_path>},
    Rule{"allow-origin", "origin-wide", of_origin<origin_wide>},
    Rule{"allow-origin", "origin-idle", origin_idle},
    Rule{"max-message", "max-message-large", of_document<max_message_large>},
    Rule{"max-message", "max-message-lines", of_document<max_message_lines>},
    Rule{"idle-timeout", "idle-timeout-short", of_document<idle_timeout_short>},
    Rule{"tls", "tls-port", of_document<tls_port>},
};

}  // namespace

std::vector<Warning> lint(const Document& document, const ElementLines& lines) {
  std::vector<Warning> warnings;
  for (auto first = k_rules.begin(); first != k_rules.end();) {
    const std::string_view element = first->element;
    const auto last = std::find_if(first, k_rules.end(),
                                   [&](const Rule& rule) { return rule.element != element; });
    const std::size_t count = element == "allow-origin" ? document.allow_origins.size() : 1;
    for (std::size_t index = 0; index < count; ++index) {
      for (auto rule = first; rule != last; ++rule) {
        if (Finding message = rule->judge(document, index)) {
          warnings.push_back(
              {std::string(rule->name), lines.line_of(element, index), std::move(*message)});
        }
      }
    }
    first = last;
  }
  return warnings;
}

}  // namespace policy::tool
