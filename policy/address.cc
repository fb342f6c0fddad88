// SPDX-License-Identifier: Apache-2.0
#include "policy/address.hh"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "policy/ascii.hh"
#include "policy/quoted.hh"

namespace policy {
namespace {

using Bytes16 = std::array<std::uint8_t, 16>;

constexpr std::array<std::uint8_t, 12> k_mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::string_view without_brackets(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

bool has_prefix(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> prefix) {
  return bytes.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

bool all_zero(std::span<const std::uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

/// The first `bits` bits of both agree.
bool same_bits(std::span<const std::uint8_t> left, std::span<const std::uint8_t> right, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(whole), right.begin())) {
    return false;
  }
  const int rest = bits % 8;
  if (rest == 0) {
    return true;
  }
  return ((left[whole] ^ right[whole]) >> (8 - rest)) == 0;
}

/// 64:ff9b:1::/48 leaves the prefix length to the operator (RFC 8215), so each layout of RFC 6052
/// 2.2 is read whose reserved octets are zero. 0.0.0.0 is what the wrong layouts give: it counts
/// only where no layout gives anything else.
std::vector<Address> local_nat64(std::span<const std::uint8_t> bytes) {
  struct Layout {
    std::array<std::size_t, 4> octets;
    std::size_t suffix;  // zero from here on
  };
  constexpr std::array<Layout, 4> k_layouts = {
      {{{6, 7, 9, 10}, 11}, {{7, 9, 10, 11}, 12}, {{9, 10, 11, 12}, 13}, {{12, 13, 14, 15}, 16}}};
  std::vector<Address> found;
  for (const Layout& layout : k_layouts) {
    const std::array<std::uint8_t, 4> octets = {bytes[layout.octets[0]], bytes[layout.octets[1]],
                                                bytes[layout.octets[2]], bytes[layout.octets[3]]};
    const bool u_octet_zero = layout.suffix == 16 || bytes[8] == 0;
    if (u_octet_zero && all_zero(bytes.subspan(layout.suffix)) && !all_zero(octets)) {
      found.push_back(Address::v4(octets));
    }
  }
  if (found.empty()) {
    found.push_back(Address::v4({0, 0, 0, 0}));
  }
  return found;
}

}  // namespace

Address Address::v4(std::array<std::uint8_t, 4> bytes) {
  Address address;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  return address;
}

Address Address::v6(std::array<std::uint8_t, 16> bytes) {
  if (has_prefix(bytes, k_mapped)) {
    return v4({bytes[12], bytes[13], bytes[14], bytes[15]});
  }
  Address address;
  address.v4_ = false;
  address.bytes_ = bytes;
  return address;
}

std::optional<Address> Address::parse(std::string_view text) {
  const std::string literal(without_brackets(text));
  const bool bracketed = literal.size() != text.size();
  if (literal.size() >= INET6_ADDRSTRLEN || literal.find('\0') != std::string::npos) {
    return std::nullopt;
  }
  std::array<std::uint8_t, 4> four{};
  if (!bracketed && inet_pton(AF_INET, literal.c_str(), four.data()) == 1) {
    return v4(four);
  }
  Bytes16 sixteen{};
  if (inet_pton(AF_INET6, literal.c_str(), sixteen.data()) == 1) {
    return v6(sixteen);
  }
  return std::nullopt;
}

std::optional<Address> Address::from_sockaddr(const sockaddr* address, std::size_t size) {
  // Copied out, because nobody promises the alignment.
  if (address == nullptr || size < sizeof(sa_family_t) + offsetof(sockaddr, sa_family)) {
    return std::nullopt;
  }
  if (address->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof in);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    return v4(bytes);
  }
  if (address->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in{};
    std::memcpy(&in, address, sizeof in);
    Bytes16 bytes{};
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    return v6(bytes);
  }
  return std::nullopt;
}

bool Address::is_loopback() const {
  return v4_ ? bytes_[0] == 127 : all_zero(std::span(bytes_).first(15)) && bytes_[15] == 1;
}

std::span<const std::uint8_t> Address::bytes() const {
  return std::span(bytes_).first(v4_ ? 4U : 16U);
}

std::string Address::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(v4_ ? AF_INET : AF_INET6, bytes_.data(), text.data(), text.size());
  return text.data();
}

std::vector<Address> Address::embedded_v4() const {
  if (v4_) {
    return {};
  }
  const auto at = [this](std::size_t i) {
    return v4({bytes_[i], bytes_[i + 1], bytes_[i + 2], bytes_[i + 3]});
  };
  const std::span<const std::uint8_t> bytes = bytes_;

  constexpr std::array<std::uint8_t, 2> k_6to4 = {0x20, 0x02};
  if (has_prefix(bytes, k_6to4)) {
    return {at(2)};
  }
  constexpr std::array<std::uint8_t, 12> k_nat64 = {0x00, 0x64, 0xff, 0x9b};
  if (has_prefix(bytes, k_nat64)) {
    return {at(12)};
  }
  constexpr std::array<std::uint8_t, 6> k_local_nat64 = {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01};
  if (has_prefix(bytes, k_local_nat64)) {
    return local_nat64(bytes);
  }
  constexpr std::array<std::uint8_t, 4> k_teredo = {0x20, 0x01, 0x00, 0x00};
  if (has_prefix(bytes, k_teredo)) {
    const auto flipped = [this](std::size_t i) {
      return static_cast<std::uint8_t>(bytes_[i] ^ 0xffU);
    };
    return {v4({flipped(12), flipped(13), flipped(14), flipped(15)})};
  }
  constexpr std::array<std::uint8_t, 12> k_translated = {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0};
  if (has_prefix(bytes, k_translated)) {
    return {at(12)};
  }
  if (all_zero(bytes.first(12)) && !all_zero(bytes) && !is_loopback()) {
    return {at(12)};  // RFC 4291 2.5.5.1
  }
  // ISATAP: the interface identifier is [02]00:5efe:a.b.c.d under whatever prefix.
  if ((bytes[8] & 0xfdU) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe) {
    return {at(12)};
  }
  return {};
}

std::strong_ordering operator<=>(const Address& left, const Address& right) {
  if (left.v4_ != right.v4_) {
    return left.v4_ ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  return left.bytes_ <=> right.bytes_;
}

const std::array<Address, 2>& loopback_addresses() {
  static const std::array<Address, 2> addresses = {
      Address::v4({127, 0, 0, 1}), Address::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})};
  return addresses;
}

Range::Range(const Address& address)
    : network_(address), prefix_length_(address.is_v4() ? 32 : 128) {}

Range::Range(const Address& network, int prefix_length)
    : network_(network), prefix_length_(prefix_length) {}

tl::expected<Range, std::string> Range::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view literal = text.substr(0, slash);
  const std::optional<Address> address = Address::parse(literal);
  if (!address) {
    return tl::unexpected(quoted(literal) + " is no address; write 192.0.2.0/24 or 2001:db8::/32");
  }
  if (slash == std::string_view::npos) {
    return Range(*address);
  }
  const std::string_view digits = text.substr(slash + 1);
  const bool decimal = !digits.empty() && digits.size() <= 3 &&
                       std::all_of(digits.begin(), digits.end(), ascii::is_digit) &&
                       (digits.front() != '0' || digits.size() == 1);
  int length = 0;
  for (const char c : decimal ? digits : std::string_view{}) {
    length = length * 10 + (c - '0');
  }
  const bool mapped = address->is_v4() && literal.find(':') != std::string_view::npos;
  const int most = address->is_v4() && !mapped ? 32 : 128;
  if (!decimal || length > most) {
    return tl::unexpected(quoted(digits) + " is no prefix length; write a number from 0 to " +
                          std::to_string(most) + " behind the slash");
  }
  if (mapped && length < 96) {
    return tl::unexpected(quoted(text) + " mixes IPv4 and IPv6; write two networks");
  }
  const int prefix_length = mapped ? length - 96 : length;

  Bytes16 kept{};
  const std::span<const std::uint8_t> bytes = address->bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int bits = std::clamp(prefix_length - static_cast<int>(i) * 8, 0, 8);
    kept[i] = static_cast<std::uint8_t>(bytes[i] & (0xff00U >> bits));
  }
  const Address network =
      address->is_v4() ? Address::v4({kept[0], kept[1], kept[2], kept[3]}) : Address::v6(kept);
  const Range range(network, prefix_length);
  if (network != *address) {
    return tl::unexpected(quoted(text) + " has bits beyond its prefix; write " + range.to_string() +
                          " or " + address->to_string() + " alone");
  }
  return range;
}

bool Range::contains(const Address& address) const {
  return address.is_v4() == network_.is_v4() &&
         same_bits(address.bytes(), network_.bytes(), prefix_length_);
}

bool Range::is_single() const { return prefix_length_ == (network_.is_v4() ? 32 : 128); }

std::string Range::to_string() const {
  return network_.to_string() + "/" + std::to_string(prefix_length_);
}

}  // namespace policy
