// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/limits/client_key.hh"

#include "test/unit/catch.hh"

namespace websocket::limits {
namespace {

ClientKey key(const char* text) {
  const auto address = ::policy::Address::parse(text);
  REQUIRE(address);
  return client_key(*address);
}

TEST_CASE("an IPv4 address is a client", "[limits]") {
  CHECK(key("192.0.2.1") == key("192.0.2.1"));
  CHECK(key("192.0.2.1") != key("192.0.2.2"));
  CHECK(key("0.0.0.0") != ClientKey::none);
}

TEST_CASE("an IPv4 address is the same client in its IPv6 form", "[limits]") {
  CHECK(key("::ffff:192.0.2.1") == key("192.0.2.1"));
}

TEST_CASE("an IPv6 /64 is a client", "[limits][rfc6177]") {
  CHECK(key("2001:db8:0:1::1") == key("2001:db8:0:1:ffff:ffff:ffff:ffff"));
  CHECK(key("2001:db8:0:1::1") != key("2001:db8:0:2::1"));
  CHECK(key("2001:db8:0:1::1") != key("2001:db9:0:1::1"));
}

TEST_CASE("no network of IPv6 that is in use is taken for an IPv4 address", "[limits]") {
  CHECK(key("0:1:c000:201::1") == key("192.0.2.1"));  // the price, in a block that is reserved
  CHECK(key("2001:1:c000:201::1") != key("192.0.2.1"));
  CHECK(key("::1") != key("0.0.0.1"));
}

}  // namespace
}  // namespace websocket::limits
