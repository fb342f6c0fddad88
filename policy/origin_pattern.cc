// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>

#include "policy/address.hh"
#include "policy/ascii.hh"
#include "policy/host_name.hh"
#include "policy/origin.hh"
#include "policy/quoted.hh"

namespace policy {
namespace {

constexpr std::string_view k_below = "*.";

std::string star_fault(std::string_view text, std::size_t host_start) {
  if (host_start == std::string_view::npos) {
    return quoted(text) + " has no scheme; write https://*.example.com";
  }
  if (text.substr(0, host_start).find('*') != std::string_view::npos) {
    return quoted(text) + " has a star for a scheme; write one element for https, one for http";
  }
  const std::string_view host = text.substr(host_start);
  if (host.starts_with("*.*")) {
    return quoted(text) + " has two stars; one stands for any depth: https://*.example.com";
  }
  if (host == "*") {
    return quoted(text) + " would be every host; write * for every origin";
  }
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find('*', colon) != std::string_view::npos) {
    return quoted(text) + " has a star for a port; write the port, or leave it out";
  }
  return quoted(text) +
         " has a star where none can be; write * alone, or the star as the whole "
         "first label: https://*.example.com";
}

}  // namespace

tl::expected<OriginPattern, std::string> OriginPattern::parse(std::string_view text) {
  OriginPattern pattern;
  pattern.text_ = text;
  if (text == "*") {
    pattern.kind_ = Kind::any;
    return pattern;
  }
  if (text == "null") {
    return pattern;
  }
  if (ascii::equal_without_case(text, "null")) {
    return tl::unexpected(quoted(text) + " is no origin; write null in small letters");
  }
  if (ascii::equal_without_case(text.substr(0, 5), "file:")) {
    return tl::unexpected(quoted(text) + " is no origin; pages from files have the origin null");
  }
  if (!std::all_of(text.begin(), text.end(), ascii::is_visible)) {
    return tl::unexpected(quoted(text) +
                          " holds a space, a control or a letter that is not ASCII; "
                          "write one origin an element, names in their A-label form (xn--...)");
  }

  const std::size_t scheme_end = text.find("://");
  const std::size_t host_start =
      scheme_end == std::string_view::npos ? std::string_view::npos : scheme_end + 3;
  std::string plain(text);
  if (host_start != std::string_view::npos) {
    if (text.substr(host_start).starts_with(k_below)) {
      pattern.kind_ = Kind::below;
      plain.erase(host_start, k_below.size());
    } else {
      pattern.kind_ = Kind::exact;
    }
    // The page at https://www.example.com/app.js runs with the origin https://www.example.com.
    const std::size_t path = plain.find_first_of("/?#", host_start);
    if (path != std::string::npos && plain.find('*') == std::string::npos) {
      pattern.counted_by_origin_ = true;
      plain.erase(path);
    }
  }
  if (plain.find('*') != std::string::npos) {
    return tl::unexpected(star_fault(text, host_start));
  }
  tl::expected<Origin, std::string> origin = Origin::parse(plain);
  if (!origin) {
    return tl::unexpected(origin.error());
  }
  if (pattern.kind_ == Kind::below && Address::parse(origin->host_)) {
    return tl::unexpected(quoted(text) + " has a star before an address; write the address alone");
  }
  pattern.origin_ = std::move(*origin);
  return pattern;
}

bool OriginPattern::matches(const Origin& origin) const {
  switch (kind_) {
    case Kind::any: return true;
    case Kind::null: return origin.is_opaque();
    case Kind::exact: return origin_.same_as(origin);
    case Kind::below:
      return origin.scheme_ == origin_.scheme_ && origin.port_ == origin_.port_ &&
             is_below(origin.host_, origin_.host_);
  }
  return false;
}

std::string OriginPattern::to_string() const {
  switch (kind_) {
    case Kind::any: return "*";
    case Kind::null: return "null";
    case Kind::exact: return origin_.to_string();
    case Kind::below: {
      std::string out = origin_.to_string();
      out.insert(origin_.scheme_.size() + 3, k_below);
      return out;
    }
  }
  return {};
}

}  // namespace policy
