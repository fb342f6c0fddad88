// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/frame/close_code.hh"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "mod_websocket/frame/utf8.hh"
#include "test/unit/catch.hh"
#include "test/unit/frame/bytes.hh"

namespace websocket::frame {
namespace {

using test::Bytes;
using test::bytes;
using test::operator+;

Bytes close_payload(unsigned code, std::string_view reason = {}) {
  return bytes({code >> 8U, code & 0xFFU}) + bytes(reason);
}

TEST_CASE("the codes that a peer may send are 1000-1003, 1007-1014 and 3000-4999, and no others",
          "[frame][rfc6455-7.4]") {
  for (unsigned code = 0; code <= 0xFFFF; ++code) {
    const bool allowed = code == 1000 || code == 1001 || code == 1002 || code == 1003 ||
                         code == 1007 || code == 1008 || code == 1009 || code == 1010 ||
                         code == 1011 || code == 1012 || code == 1013 || code == 1014 ||
                         code / 1000 == 3 || code / 1000 == 4;
    if (may_be_sent_by_peer(static_cast<std::uint16_t>(code)) != allowed) {
      CAPTURE(code);
      CHECK(may_be_sent_by_peer(static_cast<std::uint16_t>(code)) == allowed);
    }
    const auto decoded = decode_close(close_payload(code));
    if (decoded.has_value() != allowed) {
      CAPTURE(code);
      CHECK(decoded.has_value() == allowed);
    }
  }
  CHECK(may_be_sent_by_peer(1000));
  CHECK_FALSE(may_be_sent_by_peer(1005));
}

TEST_CASE("the codes that Autobahn 7.9 sends are violations", "[frame][rfc6455-7.4]") {
  const unsigned code =
      GENERATE(0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 1100U, 2000U, 2999U, 5000U, 65535U);
  const auto decoded = decode_close(close_payload(code, "why"));
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error() == Violation::close_code_invalid);
}

TEST_CASE("an empty Close has neither code nor reason", "[frame][rfc6455-5.5.1]") {
  const auto decoded = decode_close({});
  REQUIRE(decoded);
  CHECK_FALSE(decoded->code);
  CHECK(decoded->reason.empty());
}

TEST_CASE("a Close of one byte cannot hold a code", "[frame][rfc6455-5.5.1]") {
  const auto decoded = decode_close(bytes({0x03}));
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error() == Violation::close_payload_truncated);
}

TEST_CASE("the code is in network order and the reason is what follows", "[frame][rfc6455-5.5.1]") {
  const Bytes payload = bytes({0x03, 0xE9, 'b', 'y', 'e', 0xE2, 0x82, 0xAC});  // 1001 "bye€"
  const auto decoded = decode_close(payload);
  REQUIRE(decoded);
  CHECK(decoded->code == CloseCode::going_away);
  CHECK(decoded->reason == "bye\xE2\x82\xAC");
  CHECK(static_cast<const void*>(decoded->reason.data()) == payload.data() + 2);
}

TEST_CASE("a private code is kept as it is", "[frame][rfc6455-7.4.2]") {
  const auto decoded = decode_close(close_payload(4711));
  REQUIRE(decoded);
  REQUIRE(decoded->code);
  CHECK(static_cast<unsigned>(*decoded->code) == 4711);
}

TEST_CASE("a reason of 123 bytes is the longest", "[frame][rfc6455-5.5]") {
  const std::string reason(123, 'x');
  const Bytes payload = close_payload(1000, reason);
  const auto decoded = decode_close(payload);
  REQUIRE(decoded);
  CHECK(decoded->reason == reason);
}

TEST_CASE("a reason that is not UTF-8 is a violation, an unfinished one too",
          "[frame][rfc6455-5.5.1]") {
  const std::string reason = GENERATE(std::string("\xCE\xBA\xED\xA0\x80"), std::string("ok\xFF"),
                                      std::string("cut\xE2\x82"), std::string("\x80"));
  const auto decoded = decode_close(close_payload(1000, reason));
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error() == Violation::close_reason_not_utf8);
}

TEST_CASE("a wrong code is told before a wrong reason", "[frame][rfc6455-5.5.1]") {
  const auto decoded = decode_close(close_payload(1005, "\xFF"));
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error() == Violation::close_code_invalid);
}

TEST_CASE("what encode_close writes, byte by byte", "[frame][rfc6455-5.5.1]") {
  std::array<std::byte, 125> out{};
  CHECK(encode_close(CloseCode::normal, "", out) == 2);
  CHECK(Bytes(out.begin(), out.begin() + 2) == bytes({0x03, 0xE8}));  // 1000
  CHECK(encode_close(CloseCode::bad_gateway, "no", out) == 4);
  CHECK(Bytes(out.begin(), out.begin() + 4) == bytes({0x03, 0xF6, 'n', 'o'}));  // 1014
}

TEST_CASE("a reason is cut to 123 bytes, never inside a code point", "[frame][rfc6455-5.5.1]") {
  const std::string character =
      GENERATE(std::string("x"), std::string("\xC3\xA4"), std::string("\xE2\x82\xAC"),
               std::string("\xF0\x9F\x98\x80"));
  for (std::size_t before = 110; before <= 130; ++before) {
    std::string reason(before, 'a');
    for (int i = 0; i < 10; ++i) reason += character;
    std::array<std::byte, 125> out{};
    const std::size_t size = encode_close(CloseCode::policy, reason, out);
    CAPTURE(character, before, size);
    const auto decoded = decode_close(std::span(out).first(size));
    REQUIRE(decoded);
    CHECK(decoded->code == CloseCode::policy);
    CHECK(decoded->reason == std::string_view(reason).substr(0, decoded->reason.size()));
    if (reason.size() <= 123) {
      CHECK(decoded->reason == reason);
    } else {
      CHECK(decoded->reason.size() <= 123);
      CHECK(decoded->reason.size() > 123 - character.size());
    }
  }
}

TEST_CASE("what encode_close writes decodes to the same, for every length of reason",
          "[frame][rfc6455-5.5.1]") {
  for (std::size_t length = 0; length <= 123; ++length) {
    const std::string reason(length, 'r');
    std::array<std::byte, 125> out{};
    const std::size_t size = encode_close(CloseCode::too_big, reason, out);
    REQUIRE(size == length + 2);
    const auto decoded = decode_close(std::span(out).first(size));
    REQUIRE(decoded);
    REQUIRE(decoded->reason == reason);
  }
}

}  // namespace
}  // namespace websocket::frame
