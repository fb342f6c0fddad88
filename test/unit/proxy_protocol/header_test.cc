// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/proxy_protocol/header.hh"

#include <string>

#include "test/unit/catch.hh"
#include "test/unit/frame/bytes.hh"

namespace websocket::proxy_protocol::test {
namespace {

using frame::test::Bytes;
using frame::test::bytes;
using frame::test::operator+;
using frame::test::text;

Endpoint at(const char* address, std::uint16_t port) {
  return {::policy::Address::parse(address).value(), port};
}

// 0D 0A 0D 0A 00 0D 0A "QUIT" 0A; version 2 and PROXY; family and transport; length
Bytes v2_prefix(unsigned family, unsigned length) {
  return bytes({0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x21,
                family, length >> 8U, length & 0xffU});
}

Bytes addresses_v4() {
  return bytes({192, 168, 0, 1,   // source
                192, 168, 0, 11,  // destination
                0xdc, 0x04,       // 56324
                0x01, 0xbb});     // 443
}

Connection v4_connection() { return {at("192.168.0.1", 56324), at("192.168.0.11", 443)}; }

TEST_CASE("version 1 is the specification's own line", "[proxy_protocol][v1]") {
  CHECK(text(header_v1(at("192.168.0.1", 56324), at("192.168.0.11", 443))) ==
        "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n");
}

TEST_CASE("version 1 over IPv6", "[proxy_protocol][v1]") {
  CHECK(text(header_v1(at("2001:db8::1", 1), at("2001:db8:0:1::2", 65535))) ==
        "PROXY TCP6 2001:db8::1 2001:db8:0:1::2 1 65535\r\n");
}

TEST_CASE("a port that is not known is a zero without company", "[proxy_protocol][v1]") {
  CHECK(text(header_v1(at("203.0.113.7", 0), at("127.0.0.1", 80))) ==
        "PROXY TCP4 203.0.113.7 127.0.0.1 0 80\r\n");
}

TEST_CASE("version 1 mixes no families: IPv4 is told as IPv6", "[proxy_protocol][v1]") {
  CHECK(text(header_v1(at("2001:db8::1", 5), at("192.0.2.1", 6))) ==
        "PROXY TCP6 2001:db8::1 ::ffff:c000:201 5 6\r\n");
  CHECK(text(header_v1(at("192.0.2.1", 5), at("::1", 6))) ==
        "PROXY TCP6 ::ffff:c000:201 ::1 5 6\r\n");
  CHECK(text(header_v1(at("0.0.0.1", 5), at("::1", 6))) == "PROXY TCP6 ::ffff:0:1 ::1 5 6\r\n");
}

TEST_CASE("an IPv4-mapped address is IPv4", "[proxy_protocol]") {
  CHECK(text(header_v1(at("::ffff:192.0.2.1", 5), at("192.0.2.2", 6))) ==
        "PROXY TCP4 192.0.2.1 192.0.2.2 5 6\r\n");
  const Connection mapped{at("::ffff:192.168.0.1", 56324), at("192.168.0.11", 443)};
  CHECK(header_v2(mapped) == v2_prefix(0x11, 12) + addresses_v4());
}

TEST_CASE("version 1 writes IPv6 in hexadecimal alone", "[proxy_protocol][v1]") {
  // The C library ends such an address with a dotted quad.
  CHECK(text(header_v1(at("::192.0.2.33", 5), at("::1", 6))) ==
        "PROXY TCP6 ::c000:221 ::1 5 6\r\n");
  CHECK(text(header_v1(at("64:ff9b::192.0.2.33", 5), at("::1", 6))) ==
        "PROXY TCP6 64:ff9b::c000:221 ::1 5 6\r\n");
}

TEST_CASE("no line of version 1 is longer than receivers have room for", "[proxy_protocol][v1]") {
  const auto longest = at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535);
  CHECK(header_v1(longest, longest).size() == 104);  // 107 with UNKNOWN, which is never sent
  const auto longest_v4 = at("255.255.255.255", 65535);
  CHECK(header_v1(longest_v4, longest_v4).size() == 56);
}

TEST_CASE("version 2 over IPv4, byte by byte", "[proxy_protocol][v2]") {
  CHECK(header_v2(v4_connection()) == v2_prefix(0x11, 12) + addresses_v4());
}

TEST_CASE("version 2 over IPv6, byte by byte", "[proxy_protocol][v2]") {
  const Connection connection{at("2001:db8::1", 0x1234), at("2001:db8::2", 0x5678)};
  CHECK(header_v2(connection) ==
        v2_prefix(0x21, 36) +
            bytes({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,  // source
                   0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,  // destination
                   0x12, 0x34, 0x56, 0x78}));
}

TEST_CASE("version 2 tells IPv4 as IPv6 where the other address is IPv6", "[proxy_protocol][v2]") {
  const Connection to_v4{at("2001:db8::1", 1), at("192.0.2.1", 2)};
  CHECK(header_v2(to_v4) ==
        v2_prefix(0x21, 36) +
            bytes({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0,    0,    0,   0, 0, 0, 0, 1, 0, 0,
                   0,    0,    0,    0,    0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1, 0, 1, 0, 2}));
  const Connection from_v4{at("192.0.2.1", 1), at("2001:db8::1", 2)};
  CHECK(header_v2(from_v4) ==
        v2_prefix(0x21, 36) +
            bytes({0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1, 0x20, 0x01,
                   0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0,    0,   1, 0, 1, 0,    2}));
}

TEST_CASE("version 2 names the host that was asked for", "[proxy_protocol][v2]") {
  Connection connection = v4_connection();
  connection.authority = "irc.example.org";
  CHECK(header_v2(connection) == v2_prefix(0x11, 12 + 3 + 15) + addresses_v4() +
                                     bytes({0x02, 0x00, 0x0f}) + bytes("irc.example.org"));
}

TEST_CASE("version 2 tells of TLS without a client certificate", "[proxy_protocol][v2]") {
  Connection connection = v4_connection();
  connection.tls = {.version = "TLSv1.3", .cipher = "TLS_AES_128_GCM_SHA256"};
  CHECK(header_v2(connection) == v2_prefix(0x11, 12 + 3 + 5 + 10 + 25) + addresses_v4() +
                                     bytes({0x20, 0x00, 0x28,           // PP2_TYPE_SSL, 40 octets
                                            0x01,                       // PP2_CLIENT_SSL
                                            0x00, 0x00, 0x00, 0x01}) +  // nothing was verified
                                     bytes({0x21, 0x00, 0x07}) +
                                     bytes("TLSv1.3") +  // PP2_SUBTYPE_SSL_VERSION
                                     bytes({0x23, 0x00, 0x16}) +
                                     bytes("TLS_AES_128_GCM_SHA256"));  // ..._CIPHER
}

TEST_CASE("version 2 tells of a verified client certificate and its name", "[proxy_protocol][v2]") {
  Connection connection = v4_connection();
  connection.authority = "a.test";
  connection.tls = {.version = "TLSv1.2",
                    .certificate = ClientCertificate::verified,
                    .common_name = "Zo\xc3\xab"};
  const Bytes expected = v2_prefix(0x11, 12 + 9 + 3 + 5 + 10 + 7) + addresses_v4() +
                         bytes({0x02, 0x00, 0x06}) + bytes("a.test") +
                         bytes({0x20, 0x00, 0x16,  // PP2_TYPE_SSL, 22 octets
                                0x07,              // TLS, certificate now and in the session
                                0x00, 0x00, 0x00, 0x00}) +  // verified
                         bytes({0x21, 0x00, 0x07}) +
                         bytes("TLSv1.2") + bytes({0x22, 0x00, 0x04}) +
                         bytes("Zo\xc3\xab");  // PP2_SUBTYPE_SSL_CN
  CHECK(header_v2(connection) == expected);
  connection.tls->resumed = true;
  Bytes resumed = expected;
  resumed[16 + 12 + 9 + 3] = std::byte{0x05};  // TLS, certificate in the session
  CHECK(header_v2(connection) == resumed);
}

TEST_CASE("a certificate that was not verified lends nobody a name", "[proxy_protocol][v2]") {
  Connection connection = v4_connection();
  connection.tls = {.certificate = ClientCertificate::unverified, .common_name = "root"};
  CHECK(header_v2(connection) == v2_prefix(0x11, 12 + 3 + 5) + addresses_v4() +
                                     bytes({0x20, 0x00, 0x05, 0x07, 0x00, 0x00, 0x00, 0x01}));
}

TEST_CASE("no header of version 2 is longer than the smallest segment", "[proxy_protocol][v2]") {
  Connection connection{at("2001:db8::1", 1), at("2001:db8::2", 2), std::string(253, 'a'),
                        ClientTls{.version = "TLSv1.3",
                                  .cipher = "TLS_AES_128_GCM_SHA256",
                                  .certificate = ClientCertificate::verified}};
  const std::size_t without_name = header_v2(connection).size();
  CHECK(without_name == 16 + 36 + 256 + 8 + 10 + 25);
  const std::size_t room = k_longest_header - without_name - 3;
  connection.tls->common_name.assign(room, 'n');
  CHECK(header_v2(connection).size() == k_longest_header);
  connection.tls->common_name.assign(room + 1, 'n');
  CHECK(header_v2(connection).size() == without_name);

  SECTION("a text that is no host name any more leaves the others their room") {
    connection.authority.assign(254, 'a');
    CHECK(header_v2(connection).size() == without_name - 256 + 3 + room + 1);
  }
}

}  // namespace
}  // namespace websocket::proxy_protocol::test
