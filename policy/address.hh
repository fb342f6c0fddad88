// SPDX-License-Identifier: Apache-2.0
//
// Internet addresses as the policy sees them: values without a port and without a zone.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

struct sockaddr;

namespace policy {

/// One IPv4 or IPv6 address. Always normalised: an IPv4-mapped IPv6 address (::ffff:a.b.c.d,
/// RFC 4291 2.5.5.2) is the IPv4 address, however it came in, so that no rule can be passed by
/// writing an address the other way. Ordered: IPv4 before IPv6, then by value.
class Address {
 public:
  static Address v4(std::array<std::uint8_t, 4> bytes);
  static Address v6(std::array<std::uint8_t, 16> bytes);

  /// Reads a literal: four decimal numbers without leading zeros (`192.0.2.1`), or IPv6 as in
  /// RFC 4291 2.2, in brackets or not. No zone (`%eth0`), no short, octal or hexadecimal IPv4.
  /// Nothing where the text is no such literal; it may be a host name then (see looks_numeric).
  static std::optional<Address> parse(std::string_view text);

  /// The address of an AF_INET or AF_INET6 socket address; nothing for other families. The zone
  /// of a link-local address is dropped.
  static std::optional<Address> from_sockaddr(const sockaddr* address, std::size_t size);

  bool is_v4() const { return v4_; }
  /// 127.0.0.0/8 or ::1.
  bool is_loopback() const;

  /// Network order: 4 bytes, or 16.
  std::span<const std::uint8_t> bytes() const;

  /// Dotted quad, or IPv6 as in RFC 5952 without brackets.
  std::string to_string() const;

  /// The IPv4 addresses that a packet to this IPv6 address may end up at: 6to4 (2002::/16,
  /// RFC 3056), NAT64 (64:ff9b::/96, RFC 6052; 64:ff9b:1::/48, RFC 8215, every layout that fits),
  /// IPv4-compatible (::a.b.c.d), IPv4-translated (::ffff:0:a.b.c.d), Teredo's client (2001::/32,
  /// RFC 4380) and ISATAP (RFC 5214). Empty for IPv4 and for everything else.
  std::vector<Address> embedded_v4() const;

  friend bool operator==(const Address&, const Address&) = default;
  friend std::strong_ordering operator<=>(const Address& left, const Address& right);

 private:
  Address() = default;

  bool v4_ = true;
  std::array<std::uint8_t, 16> bytes_{};  // IPv4: the first four, the others are zero
};

/// 127.0.0.1 and ::1: the candidates of a document that names no host.
const std::array<Address, 2>& loopback_addresses();

/// A network in CIDR form. A range of mapped addresses (::ffff:10.0.0.0/104) is the IPv4 range.
class Range {
 public:
  /// `10.0.0.0/8`, `2001:db8::/32`, `[2001:db8::]/32`, or an address alone. Bits beyond the prefix
  /// must be zero. The error says what to write.
  static tl::expected<Range, std::string> parse(std::string_view text);
  /// Just this address.
  explicit Range(const Address& address);

  bool contains(const Address& address) const;
  /// One address and no more.
  bool is_single() const;
  const Address& network() const { return network_; }
  /// 0..32 or 0..128.
  int prefix_length() const { return prefix_length_; }
  std::string to_string() const;

  friend bool operator==(const Range&, const Range&) = default;

 private:
  Range(const Address& network, int prefix_length);

  Address network_;
  int prefix_length_;
};

/// Why an address is never a target unless an administrator lists it by address.
enum class SpecialUse {
  none,
  unspecified,        ///< 0.0.0.0/8, ::  (Linux connects 0.0.0.0 to this host)
  link_local,         ///< 169.254.0.0/16, fe80::/10: cloud metadata among them
  multicast,          ///< 224.0.0.0/4, ff00::/8
  reserved,           ///< 240.0.0.0/4, the limited broadcast among them
  cloud_metadata,     ///< metadata services that are not link-local (fd00:ec2::254, ...)
  embedded_loopback,  ///< 127.0.0.0/8 wrapped in NAT64, 6to4, ...; loopback itself is `none`
};

/// For use inside a site, and said by many sites of different machines: RFC 1918, 100.64.0.0/10
/// (RFC 6598), fc00::/7 (RFC 4193), fec0::/10 (RFC 3879). Embedded forms are left aside.
bool is_private(const Address& address);

/// What an address is reserved for. Looks through the embedded forms: 64:ff9b::a9fe:a9fe is
/// link-local.
SpecialUse special_use(const Address& address);
/// "link-local", for the log.
std::string_view name_of(SpecialUse use);
/// The special-use network that holds the address itself, embedded forms left aside.
std::optional<Range> special_use_network(const Address& address);

/// True for a host that ends in a number (WHATWG URL, "ends in a number"): `2130706433`, `127.1`,
/// `0x7f.1`, `0177.0.0.1`, and the plain dotted quad as well. No such text is ever a host name, so
/// what Address::parse does not take and this does is to be refused.
bool looks_numeric(std::string_view host);

}  // namespace policy
