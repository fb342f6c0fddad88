// SPDX-License-Identifier: Apache-2.0
#include "policy/origin.hh"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "policy/address.hh"
#include "policy/ascii.hh"
#include "policy/endpoint.hh"
#include "policy/host_name.hh"
#include "policy/quoted.hh"

namespace policy {
namespace {

constexpr std::size_t k_max_origin = 512;  // a scheme, 253 of host, a port: stops floods in the log

/// 0: the scheme has none.
std::uint16_t default_port(std::string_view scheme) {
  if (scheme == "http" || scheme == "ws") {
    return 80;
  }
  return scheme == "https" || scheme == "wss" ? 443 : 0;
}

/// RFC 3986 3.1.
bool is_scheme(std::string_view text) {
  return !text.empty() && ascii::is_alpha(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return ascii::is_alnum(c) || c == '+' || c == '-' || c == '.'; });
}

/// An IPv6 literal without brackets as browsers serialise it. Mapped addresses stay IPv6 here:
/// to a browser http://[::ffff:7f00:1] and http://127.0.0.1 are two origins.
std::optional<std::string> canonical_v6(std::string_view literal) {
  const std::string text(literal);
  std::array<std::uint8_t, 16> bytes{};
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string::npos ||
      inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) {
    return std::nullopt;
  }
  std::array<char, INET6_ADDRSTRLEN> out{};
  inet_ntop(AF_INET6, bytes.data(), out.data(), out.size());
  return out.data();
}

tl::expected<std::string, std::string> parse_origin_host(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) {
    if (std::optional<std::string> v6 = canonical_v6(text.substr(1, text.size() - 2))) {
      return "[" + *v6 + "]";
    }
    return tl::unexpected(quoted(text) + " is no IPv6 address");
  }
  const std::optional<Address> address = Address::parse(text);
  if (address && text.find(':') == std::string_view::npos) {
    return address->to_string();
  }
  if (text.ends_with('.')) {
    return tl::unexpected(quoted(text) + " ends in a dot; write the host without it");
  }
  return parse_host_name(text, HostNameStyle::browser_sent);
}

}  // namespace

tl::expected<Origin, std::string> Origin::parse(std::string_view text) {
  const auto refused = [&](std::string_view fault) {
    return tl::unexpected(quoted(text) + " " + std::string(fault));
  };
  if (text == "null" || text == "file://") {
    return opaque();
  }
  if (text.size() > k_max_origin) {
    return refused("is too long for an origin");
  }
  if (!std::all_of(text.begin(), text.end(), ascii::is_visible)) {
    return refused("holds a space, a control or a letter that is not ASCII");
  }
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) {
    return refused("has no scheme; write https://www.example.com");
  }
  const std::string_view authority = text.substr(colon + 3);
  if (authority.find_first_of("/?#\\") != std::string_view::npos) {
    return refused("has a path; an origin ends with its host or port");
  }
  if (authority.find('@') != std::string_view::npos) {
    return refused("has a user name; an origin has none");
  }

  const std::size_t after_host = authority.starts_with('[')
                                     ? std::min(authority.find(']'), authority.size() - 1) + 1
                                     : std::min(authority.find(':'), authority.size());
  Origin origin;
  origin.scheme_ = ascii::lowered(text.substr(0, colon));
  origin.port_ = default_port(origin.scheme_);
  tl::expected<std::string, std::string> host = parse_origin_host(authority.substr(0, after_host));
  if (!host) {
    return tl::unexpected(host.error());
  }
  origin.host_ = std::move(*host);

  const std::string_view rest = authority.substr(after_host);
  if (!rest.empty()) {
    if (rest.front() != ':') {
      return refused("has letters behind the bracket");
    }
    const tl::expected<std::uint16_t, std::string> port = parse_port(rest.substr(1));
    if (!port) {
      return tl::unexpected(port.error());
    }
    origin.port_ = *port;
  }
  return origin;
}

tl::expected<Origin, std::string> Origin::of(std::string_view scheme, std::string_view host,
                                             std::uint16_t port) {
  const bool bare_v6 = host.find(':') != std::string_view::npos && !host.starts_with('[');
  std::string text(scheme);
  text += "://";
  text += bare_v6 ? "[" + std::string(host) + "]" : std::string(host);
  text += ":" + std::to_string(port);
  return parse(text);
}

std::string Origin::to_string() const {
  if (is_opaque()) {
    return "null";
  }
  std::string out = scheme_ + "://" + host_;
  if (port_ != default_port(scheme_)) {
    out += ":" + std::to_string(port_);
  }
  return out;
}

bool Origin::same_as(const Origin& other) const {
  return !is_opaque() && scheme_ == other.scheme_ && host_ == other.host_ && port_ == other.port_;
}

}  // namespace policy
