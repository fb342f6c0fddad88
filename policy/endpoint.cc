// SPDX-License-Identifier: Apache-2.0
#include "policy/endpoint.hh"

#include <algorithm>

#include "policy/ascii.hh"
#include "policy/host_name.hh"
#include "policy/quoted.hh"

namespace policy {
namespace {

constexpr std::string_view k_unix = "unix:";

std::string host_fault(std::string_view text, const std::string& name_fault) {
  if (text.find("://") != std::string_view::npos) {
    return quoted(text) + " is a URL; write the host's name alone";
  }
  if (text.find('%') != std::string_view::npos && text.find(':') != std::string_view::npos) {
    return quoted(text) + " has a zone; write the address without it";
  }
  if (ascii::equal_without_case(text.substr(0, k_unix.size()), k_unix)) {
    return quoted(text) + " is no host; write unix: in small letters";
  }
  const std::size_t colon = text.find(':');
  const bool is_one = colon != std::string_view::npos && text.rfind(':') == colon;
  if (is_one || (text.starts_with('[') && text.find("]:") != std::string_view::npos)) {
    return quoted(text) + " has a colon; write the host alone, its port in <port>";
  }
  if (colon != std::string_view::npos) {
    return quoted(text) + " is no IPv6 address";
  }
  if (text.find('/') != std::string_view::npos) {
    return quoted(text) + " has a slash; write the host's name alone, or unix:/path";
  }
  return name_fault;
}

}  // namespace

std::string Endpoint::to_string() const {
  switch (kind) {
    case Kind::this_host: return "this host:" + std::to_string(port);
    case Kind::name: return text + ":" + std::to_string(port);
    case Kind::address:
      return (address->is_v4() ? text : "[" + text + "]") + ":" + std::to_string(port);
    case Kind::unix_socket: return std::string(k_unix) + text;
  }
  return {};
}

tl::expected<Endpoint, std::string> parse_endpoint_host(std::string_view text) {
  if (text.starts_with(k_unix)) {
    const std::string_view path = text.substr(k_unix.size());
    if (const std::optional<std::string> fault = unix_path_fault(path)) {
      return tl::unexpected(*fault);
    }
    return Endpoint{Endpoint::Kind::unix_socket, std::string(path), std::nullopt, 0};
  }
  if (const std::optional<Address> address = Address::parse(text)) {
    return Endpoint{Endpoint::Kind::address, address->to_string(), address, 0};
  }
  tl::expected<std::string, std::string> name = parse_host_name(text, HostNameStyle::ldh);
  if (!name) {
    return tl::unexpected(host_fault(text, name.error()));
  }
  return Endpoint{Endpoint::Kind::name, std::move(*name), std::nullopt, 0};
}

tl::expected<std::uint16_t, std::string> parse_port(std::string_view text) {
  constexpr std::size_t k_most_digits = 5;
  constexpr unsigned k_highest = 65535;
  const bool decimal = !text.empty() && text.size() <= k_most_digits && text.front() != '0' &&
                       std::all_of(text.begin(), text.end(), ascii::is_digit);
  unsigned value = 0;
  for (const char c : decimal ? text : std::string_view{}) {
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value == 0 || value > k_highest) {
    return tl::unexpected(quoted(text) + " is no port; write a decimal number from 1 to 65535");
  }
  return static_cast<std::uint16_t>(value);
}

std::optional<std::string> unix_path_fault(std::string_view path) {
  if (!path.starts_with('/')) {
    return quoted(path) + " is not an absolute path; write unix:/run/app/app.sock";
  }
  return path_fault(path, k_max_unix_path);
}

std::optional<std::string> path_fault(std::string_view path, std::size_t most) {
  if (path.size() > most) {
    return quoted(path) + " is longer than a path can be here (" + std::to_string(most) + ")";
  }
  if (!std::all_of(path.begin(), path.end(), ascii::is_visible)) {
    return quoted(path) + " holds a space, a control or a letter that is not ASCII";
  }
  for (std::size_t start = 1; start <= path.size();) {
    const std::size_t slash = std::min(path.find('/', start), path.size());
    const std::string_view segment = path.substr(start, slash - start);
    if (segment.empty() || segment == "." || segment == "..") {
      return quoted(path) + " has an empty, . or .. segment; write the path plainly";
    }
    start = slash + 1;
  }
  return std::nullopt;
}

}  // namespace policy
