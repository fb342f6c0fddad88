// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/proxy_protocol/header.hh"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string_view>

namespace websocket::proxy_protocol {

namespace {

using ::policy::Address;

bool both_v4(const Endpoint& source, const Endpoint& destination) {
  return source.address.is_v4() && destination.address.is_v4();
}

// ---- version 1 -------------------------------------------------------------------------------

std::string group(std::uint8_t high, std::uint8_t low) {
  std::array<char, 4> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), high << 8U | low, 16).ptr;
  return {digits.data(), end};
}

// "Sets of 4 hexadecimal digits": no dotted quad at the end, which is how addresses with an IPv4
// address inside are commonly written.
std::string v6_text(const Address& address) {
  const auto bytes = address.bytes();
  const auto last = bytes.last(4);
  const std::string tail = group(last[0], last[1]) + ":" + group(last[2], last[3]);
  if (address.is_v4()) return "::ffff:" + tail;
  const std::string text = address.to_string();
  return text.find('.') == std::string::npos ? text : text.substr(0, text.rfind(':') + 1) + tail;
}

// ---- version 2 -------------------------------------------------------------------------------

constexpr std::array<std::uint8_t, 12> k_signature = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                                      0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
constexpr std::uint8_t k_version_2_proxy = 0x21;
constexpr std::uint8_t k_tcp_over_v4 = 0x11;
constexpr std::uint8_t k_tcp_over_v6 = 0x21;
constexpr std::size_t k_tlv_head = 3;
// RFC 1035 section 2.3.4. What is longer is no host name, and might leave no room for the rest.
constexpr std::size_t k_longest_host_name = 253;

constexpr std::uint8_t k_authority = 0x02;
constexpr std::uint8_t k_ssl = 0x20;
constexpr std::uint8_t k_ssl_version = 0x21;
constexpr std::uint8_t k_ssl_common_name = 0x22;
constexpr std::uint8_t k_ssl_cipher = 0x23;

constexpr std::uint8_t k_client_ssl = 0x01;
constexpr std::uint8_t k_client_certificate_now = 0x02;
constexpr std::uint8_t k_client_certificate_in_session = 0x04;

class Writer {
 public:
  void byte(std::uint8_t value) { bytes_.push_back(static_cast<std::byte>(value)); }
  void number16(std::size_t value) {
    byte(static_cast<std::uint8_t>(value >> 8U));
    byte(static_cast<std::uint8_t>(value));
  }
  void bytes(std::span<const std::uint8_t> values) {
    for (const std::uint8_t value : values) byte(value);
  }
  void v6(const Address& address) {
    if (address.is_v4()) {
      constexpr std::array<std::uint8_t, 12> k_mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
      bytes(k_mapped);
    }
    bytes(address.bytes());
  }
  // A type, a length and a text; nothing where that would make the header too long.
  void text(std::uint8_t type, std::string_view value) {
    if (value.empty() || bytes_.size() + k_tlv_head + value.size() > k_longest_header) return;
    byte(type);
    number16(value.size());
    for (const char each : value) byte(static_cast<std::uint8_t>(each));
  }
  // Leaves room for a length, and later puts there how many bytes have followed.
  std::size_t open_length() {
    number16(0);
    return bytes_.size();
  }
  void close_length(std::size_t opened) {
    const std::size_t length = bytes_.size() - opened;
    bytes_[opened - 2] = static_cast<std::byte>(length >> 8U);
    bytes_[opened - 1] = static_cast<std::byte>(length);
  }
  std::vector<std::byte> take() && { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

std::uint8_t client_bits(const ClientTls& tls) {
  if (tls.certificate == ClientCertificate::none) return k_client_ssl;
  const std::uint8_t now = tls.resumed ? 0 : k_client_certificate_now;
  return k_client_ssl | now | k_client_certificate_in_session;
}

void write_tls(Writer& writer, const ClientTls& tls) {
  const bool verified = tls.certificate == ClientCertificate::verified;
  writer.byte(k_ssl);
  const std::size_t opened = writer.open_length();
  writer.byte(client_bits(tls));
  // Zero where a certificate was presented and verified, and only then.
  constexpr std::array<std::uint8_t, 4> k_verified = {0, 0, 0, 0};
  constexpr std::array<std::uint8_t, 4> k_not_verified = {0, 0, 0, 1};
  writer.bytes(verified ? k_verified : k_not_verified);
  writer.text(k_ssl_version, tls.version);
  writer.text(k_ssl_cipher, tls.cipher);
  if (verified) writer.text(k_ssl_common_name, tls.common_name);
  writer.close_length(opened);
}

}  // namespace

std::vector<std::byte> header_v1(const Endpoint& source, const Endpoint& destination) {
  const bool is_v4 = both_v4(source, destination);
  const auto text = [&](const Address& address) {
    return is_v4 ? address.to_string() : v6_text(address);
  };
  const std::string line = std::string("PROXY ") + (is_v4 ? "TCP4 " : "TCP6 ") +
                           text(source.address) + " " + text(destination.address) + " " +
                           std::to_string(source.port) + " " + std::to_string(destination.port) +
                           "\r\n";
  const auto bytes = std::as_bytes(std::span(line));
  return {bytes.begin(), bytes.end()};
}

std::vector<std::byte> header_v2(const Connection& connection) {
  const auto& [source, destination, authority, tls] = connection;
  const bool is_v4 = both_v4(source, destination);
  Writer writer;
  writer.bytes(k_signature);
  writer.byte(k_version_2_proxy);
  writer.byte(is_v4 ? k_tcp_over_v4 : k_tcp_over_v6);
  const std::size_t opened = writer.open_length();
  if (is_v4) {
    writer.bytes(source.address.bytes());
    writer.bytes(destination.address.bytes());
  } else {
    writer.v6(source.address);
    writer.v6(destination.address);
  }
  writer.number16(source.port);
  writer.number16(destination.port);
  if (authority.size() <= k_longest_host_name) writer.text(k_authority, authority);
  if (tls) write_tls(writer, *tls);
  writer.close_length(opened);
  return std::move(writer).take();
}

}  // namespace websocket::proxy_protocol
