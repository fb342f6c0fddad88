// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/handshake/accept_key.hh"

#include <string>

#include "test/unit/catch.hh"

namespace websocket::handshake {
namespace {

using namespace std::string_literals;

TEST_CASE("the key of RFC 6455 section 1.3 has the answer given there",
          "[handshake][rfc6455-1.3]") {
  CHECK(accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST_CASE("the answer is a function of the key's text, not of the bytes that it stands for",
          "[handshake][rfc6455-4.2.2]") {
  // The two keys decode to the same 16 bytes.
  CHECK(accept_key("AQIDBAUGBwgJCgsMDQ4PEA==") != accept_key("AQIDBAUGBwgJCgsMDQ4PEC=="));
  CHECK(accept_key("AQIDBAUGBwgJCgsMDQ4PEC==") == "OfS0wDaT5NoxF2gqm7Zj2YtetzM=");
}

TEST_CASE("a key is the base64 of 16 bytes", "[handshake][rfc6455-4.2.1]") {
  CHECK(is_valid_key("dGhlIHNhbXBsZSBub25jZQ=="));
  CHECK(is_valid_key("AAAAAAAAAAAAAAAAAAAAAA=="));
  CHECK(is_valid_key("////////////////////+w=="));
  CHECK(is_valid_key("AQIDBAUGBwgJCgsMDQ4PEC=="));  // spare bits set, as in the browsers' text
}

TEST_CASE("what is not the base64 of 16 bytes is no key", "[handshake][rfc6455-4.2.1]") {
  const std::string key = GENERATE(
      ""s, "=="s, "dGhlIHNhbXBsZSBub25jZQ"s, "dGhlIHNhbXBsZSBub25jZQ="s,
      "dGhlIHNhbXBsZSBub25jZ==="s, "dGhlIHNhbXBsZSBub25jZQ==="s, "dGhlIHNhbXBsZSBub25jZQAA"s,
      "dGhlIHNhbXBsZSBub25jZQ=A"s, "dGhlIHNhbXBsZSBub25jZQA="s, "dGhlIHNhbXBsZSBub25j=Q=="s,
      " dGhlIHNhbXBsZSBub25jZ=="s, "dGhlIHNhbXBsZSBub25jZQ== "s, "dGhlIHNhbXBsZSBub25-ZQ=="s,
      "dGhlIHNhbXBsZSBub25_ZQ=="s, "dGhlIHNhbXBsZSBub25\0ZQ=="s, "dGhlIHNhbXBsZSBub25\xC3ZQ=="s,
      "AAAAAAAAAAAAAAAAAAAAAAA="s, "AAAAAAAAAAAAAAAAAAAAAAAAAAAA"s,
      "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="s);
  CAPTURE(key);
  CHECK_FALSE(is_valid_key(key));
}

}  // namespace
}  // namespace websocket::handshake
