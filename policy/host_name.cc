// SPDX-License-Identifier: Apache-2.0
#include "policy/host_name.hh"

#include <algorithm>
#include <cstddef>

#include "policy/address.hh"
#include "policy/ascii.hh"
#include "policy/quoted.hh"

namespace policy {
namespace {

constexpr std::size_t k_max_label = 63;  // RFC 1035 2.3.4
constexpr std::size_t k_max_name = 253;  // as text, without the root's dot

std::string label_fault(std::string_view label, HostNameStyle style) {
  if (label.empty()) {
    return "has an empty label; write one dot between labels";
  }
  if (label.size() > k_max_label) {
    return "has a label of more than 63 letters";
  }
  const bool browser = style == HostNameStyle::browser_sent;
  for (const char c : label) {
    if (static_cast<unsigned char>(c) > 0x7f) {
      return "is not ASCII; write its A-label form (xn--...)";
    }
    if (!ascii::is_alnum(c) && c != '-' && !(browser && c == '_')) {
      return browser ? "holds what no host name can; letters, digits, hyphens, underscores and dots"
                     : "holds what no host name can; letters, digits, hyphens and dots only";
    }
  }
  if (!browser && (label.front() == '-' || label.back() == '-')) {
    return "has a label with a hyphen at its end";
  }
  return {};
}

}  // namespace

tl::expected<std::string, std::string> parse_host_name(std::string_view text, HostNameStyle style) {
  const auto refused = [&](std::string_view fault) {
    return tl::unexpected(quoted(text) + " " + std::string(fault));
  };
  std::string_view name = text;
  if (name.size() > 1 && name.back() == '.') {
    name.remove_suffix(1);
  }
  if (name.empty()) {
    return refused("is no host name");
  }
  if (name.size() > k_max_name) {
    return refused("is longer than a host name can be (253)");
  }
  for (std::size_t start = 0; start <= name.size();) {
    const std::size_t dot = std::min(name.find('.', start), name.size());
    const std::string fault = label_fault(name.substr(start, dot - start), style);
    if (!fault.empty()) {
      return refused(fault);
    }
    start = dot + 1;
  }
  if (looks_numeric(name)) {
    return refused("is a number, no host name; write the address as four decimal numbers");
  }
  return ascii::lowered(name);
}

bool is_below(std::string_view name, std::string_view parent) {
  // The dot in front of the parent is what keeps evilexample.com from being below example.com.
  return name.size() > parent.size() + 1 && name.ends_with(parent) &&
         name[name.size() - parent.size() - 1] == '.';
}

}  // namespace policy
