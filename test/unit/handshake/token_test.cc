// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/handshake/token.hh"

#include <string>
#include <vector>

#include "test/unit/catch.hh"

namespace websocket::handshake {
namespace {

using namespace std::string_literals;
using Tokens = std::vector<std::string>;

TEST_CASE("the characters of a token are those of RFC 9110", "[handshake][rfc9110-5.6.2]") {
  const std::string allowed =
      "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (int value = 0; value < 256; ++value) {
    const char c = static_cast<char>(value);
    CAPTURE(value);
    CHECK(is_token_char(c) == (allowed.find(c) != std::string::npos));
  }
  CHECK(is_token("permessage-deflate"));
  CHECK_FALSE(is_token(""));
  CHECK_FALSE(is_token("a b"));
  CHECK_FALSE(is_token("a\0b"s));
}

TEST_CASE("case is ignored in ASCII letters only", "[handshake][rfc9110-5.6.2]") {
  CHECK(equals_ignoring_case("WebSocket", "wEBsOCKET"));
  CHECK(equals_ignoring_case("", ""));
  CHECK_FALSE(equals_ignoring_case("websocket", "websockets"));
  CHECK_FALSE(equals_ignoring_case("websockets", "websocket"));
  CHECK_FALSE(equals_ignoring_case("@", "`"));  // 40 and 60 hex, as far apart as A and a
  CHECK_FALSE(equals_ignoring_case("[", "{"));
  CHECK_FALSE(equals_ignoring_case("\xC4", "\xE4"));  // Latin-1 letters
}

TEST_CASE("a token is found wherever it stands in a list", "[handshake][rfc9110-5.6.1]") {
  const std::string list =
      GENERATE("upgrade"s, "Upgrade"s, "UPGRADE"s, "keep-alive, Upgrade"s, "Upgrade, keep-alive"s,
               "keep-alive,upgrade,te"s, " upgrade "s, "\tupgrade\t"s, ",,upgrade,,"s,
               ", ,upgrade"s, "keep-alive ,\t upgrade"s, "\"quoted\", upgrade"s,
               "\"a,b\", upgrade"s, "\"a\\\"b\", upgrade"s);
  CAPTURE(list);
  CHECK(list_contains_token(list, "upgrade"));
}

TEST_CASE("a token is not found in what only looks like it", "[handshake][rfc9110-5.6.1]") {
  const std::string list = GENERATE(
      ""s, " "s, ","s, ",,,"s, "keep-alive"s, "upgraded"s, "no-upgrade"s, "up grade"s,
      "upgrade;q=1"s, "upgrade keep-alive"s, "upgrade/1"s, "\"upgrade\""s, "\"a, upgrade\""s,
      "\"a, upgrade, b"s, "\"a\\\", upgrade, b\""s, "\"a\\"s, "upgrade\0"s, "\xC5pgrade"s);
  CAPTURE(list);
  CHECK_FALSE(list_contains_token(list, "upgrade"));
}

TEST_CASE("nothing is not a token that a list could contain", "[handshake][rfc9110-5.6.1]") {
  CHECK_FALSE(list_contains_token(",", ""));
  CHECK_FALSE(list_contains_token("", ""));
  CHECK_FALSE(list_contains_token("\"a\"", "\"a\""));
}

TEST_CASE("subprotocols come in the client's order", "[handshake][rfc6455-11.3.4]") {
  CHECK(parse_token_list("chat").value() == Tokens{"chat"});
  CHECK(parse_token_list("chat, superchat").value() == Tokens{"chat", "superchat"});
  CHECK(parse_token_list("b,a").value() == Tokens{"b", "a"});
  CHECK(parse_token_list("\tbinary.ircv3.net ,, text.ircv3.net ,").value() ==
        Tokens{"binary.ircv3.net", "text.ircv3.net"});
  CHECK(parse_token_list("chat, Chat").value() == Tokens{"chat", "Chat"});
}

TEST_CASE("a list of subprotocols that is not one is told by its error",
          "[handshake][rfc6455-11.3.4]") {
  const auto error = [](std::string_view list) {
    const auto parsed = parse_token_list(list);
    REQUIRE_FALSE(parsed);
    return parsed.error();
  };
  CHECK(error("") == ListError::empty);
  CHECK(error(" , ,") == ListError::empty);
  CHECK(error("a b") == ListError::not_a_token);
  CHECK(error("a, b/c") == ListError::not_a_token);
  CHECK(error("\"a\"") == ListError::not_a_token);
  CHECK(error("a;b") == ListError::not_a_token);
  CHECK(error("a, \xC3\xA4") == ListError::not_a_token);
  CHECK(error("a, b, a") == ListError::duplicate);
}

TEST_CASE("the number of subprotocols has a limit", "[handshake]") {
  std::string list = "p0";
  for (std::size_t i = 1; i < k_max_tokens; ++i) list += ",p" + std::to_string(i);
  const auto most = parse_token_list(list);
  REQUIRE(most);
  CHECK(most->size() == k_max_tokens);
  const auto more = parse_token_list(list + ",last");
  REQUIRE_FALSE(more);
  CHECK(more.error() == ListError::too_many);
}

}  // namespace
}  // namespace websocket::handshake
