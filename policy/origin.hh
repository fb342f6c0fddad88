// SPDX-License-Identifier: Apache-2.0
//
// Web origins (RFC 6454) and the patterns of allow-origin.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace policy {

/// Scheme, host and port, normalised; or opaque, which browsers send as `null`.
class Origin {
 public:
  /// Reads one origin as browsers serialise it (RFC 6454 6.2). Upper case in scheme and host is
  /// tolerated and lowered. A path, user name, trailing slash, trailing dot, non-ASCII letter or
  /// numeric IPv4 spelling is an error with its reason. `null` and `file://` are opaque.
  static tl::expected<Origin, std::string> parse(std::string_view text);

  /// The server's own: `host` a name or an address, with or without brackets.
  static tl::expected<Origin, std::string> of(std::string_view scheme, std::string_view host,
                                              std::uint16_t port);
  static Origin opaque() { return Origin{}; }

  bool is_opaque() const { return scheme_.empty(); }
  /// Lower case; empty where opaque.
  const std::string& scheme() const { return scheme_; }
  /// Lower-case name, dotted quad, or IPv6 in brackets; empty where opaque.
  const std::string& host() const { return host_; }
  /// The scheme's default (http and ws 80, https and wss 443) where none was written; 0 where the
  /// scheme has no default.
  std::uint16_t port() const { return port_; }

  /// As browsers send it: the default port left out.
  std::string to_string() const;

  /// RFC 6454 section 5. An opaque origin is the same as none, not even as itself.
  bool same_as(const Origin& other) const;

 private:
  friend class OriginPattern;

  std::string scheme_;
  std::string host_;
  std::uint16_t port_ = 0;
};

/// The value of an allow-origin element.
class OriginPattern {
 public:
  /// `*` · `https://www.example.com` · `https://*.example.com:8443` (any depth below, not the name
  /// itself) · `null` · a full URL, which counts by its origin. The error says what to write.
  static tl::expected<OriginPattern, std::string> parse(std::string_view text);

  /// `*` matches every origin, the opaque too; otherwise only `null` matches the opaque.
  bool matches(const Origin& origin) const;

  bool is_any() const { return kind_ == Kind::any; }
  bool is_null() const { return kind_ == Kind::null; }
  /// Has a `*.` in front of its host.
  bool is_wildcard() const { return kind_ == Kind::below; }
  /// A URL with a path was written; its path plays no part. Worth a warning.
  bool counted_by_origin() const { return counted_by_origin_; }
  /// Empty for `*` and `null`.
  const std::string& scheme() const { return origin_.scheme(); }
  /// Without the star.
  const std::string& host() const { return origin_.host(); }
  /// Normalised.
  std::string to_string() const;
  /// As it was written.
  const std::string& text() const { return text_; }

 private:
  enum class Kind { any, null, exact, below };

  Kind kind_ = Kind::null;
  Origin origin_;  // `below`: the parent of what matches
  bool counted_by_origin_ = false;
  std::string text_;
};

}  // namespace policy
