// SPDX-License-Identifier: Apache-2.0
#include "policy/dns_name.hh"

#include "policy/ascii.hh"

namespace policy {

std::string reverse_name(const Address& address) {
  std::string name;
  const auto bytes = address.bytes();
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
    if (address.is_v4()) {
      name += std::to_string(*byte) + ".";
    } else {
      name += {ascii::k_hex_digits[*byte & 15u], '.', ascii::k_hex_digits[*byte >> 4u], '.'};
    }
  }
  return name + (address.is_v4() ? "in-addr.arpa" : "ip6.arpa");
}

namespace {

std::string shown_octets(std::string_view text, std::size_t limit, bool doubles_backslash) {
  std::string shown;
  for (const char c : text.substr(0, limit)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\' && doubles_backslash) {
      shown += "\\\\";
    } else if (byte < 0x20 || byte > 0x7e) {
      shown += "\\x" + ascii::hex(byte);
    } else {
      shown += c;
    }
  }
  if (text.size() > limit) shown += "...";
  return shown;
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  return shown_octets(text, limit, true);
}

std::string printable_name(std::string_view escaped) {
  constexpr std::size_t k_max_escaped_name = 1024;  // each octet as \DDD
  return shown_octets(escaped, k_max_escaped_name, false);
}

}  // namespace policy
