// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/handshake/request.hh"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "test/unit/catch.hh"

namespace websocket::handshake {
namespace {

using namespace std::string_view_literals;

// The example of RFC 6455 section 1.3.
Request example() {
  Request request;
  request.method = "GET";
  request.upgrade = "websocket";
  request.connection = "Upgrade";
  request.key = "dGhlIHNhbXBsZSBub25jZQ==";
  request.version = "13";
  request.protocol = "chat, superchat";
  return request;
}

void check_refused(const Request& request, Reason reason, int status) {
  const Judgement judgement = judge(request);
  const auto* refused = std::get_if<Refused>(&judgement);
  REQUIRE(refused);
  CHECK(name(refused->reason) == name(reason));
  CHECK(refused->status == status);
  CHECK(refused->why.size() > 20);
  CHECK(refused->why.back() == '.');
}

bool is_plain_http(const Request& request) {
  return std::holds_alternative<NotAnUpgrade>(judge(request));
}

bool is_accepted(const Request& request) {
  return std::holds_alternative<Accepted>(judge(request));
}

TEST_CASE("the handshake of RFC 6455 section 1.3 is accepted", "[handshake][rfc6455-4.2.1]") {
  const Judgement judgement = judge(example());
  const auto* accepted = std::get_if<Accepted>(&judgement);
  REQUIRE(accepted);
  CHECK(accepted->accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK(accepted->protocols == std::vector<std::string>{"chat", "superchat"});
  CHECK(accepted->extensions.empty());
}

TEST_CASE("protocols and extensions are not needed", "[handshake][rfc6455-4.2.1]") {
  Request request = example();
  request.protocol.reset();
  const Judgement judgement = judge(request);
  const auto* accepted = std::get_if<Accepted>(&judgement);
  REQUIRE(accepted);
  CHECK(accepted->protocols.empty());
}

TEST_CASE("the offers of extensions are handed on", "[handshake][rfc6455-9.1]") {
  Request request = example();
  request.extensions = "permessage-deflate; client_max_window_bits, x-unknown";
  const Judgement judgement = judge(request);
  const auto* accepted = std::get_if<Accepted>(&judgement);
  REQUIRE(accepted);
  REQUIRE(accepted->extensions.size() == 2);
  CHECK(accepted->extensions[0].name == "permessage-deflate");
  CHECK(accepted->extensions[0].parameters[0].name == "client_max_window_bits");
  CHECK(accepted->extensions[1].name == "x-unknown");
}

TEST_CASE("Upgrade and Connection are lists, and case does not matter",
          "[handshake][rfc9110-7.8]") {
  const auto [upgrade, connection] = GENERATE(
      std::pair("WebSocket"sv, "keep-alive, Upgrade"sv), std::pair("websocket"sv, "UPGRADE"sv),
      std::pair("h2c, websocket"sv, "upgrade,keep-alive"sv),
      std::pair(" websocket ,"sv, ",Upgrade, HTTP2-Settings"sv));
  Request request = example();
  request.upgrade = upgrade;
  request.connection = connection;
  CAPTURE(upgrade, connection);
  CHECK(is_accepted(request));
}

TEST_CASE("a request that does not ask for websocket is plain HTTP, whatever else it holds",
          "[handshake][rfc9110-7.8]") {
  Request request = example();
  SECTION("no Upgrade") { request.upgrade.reset(); }
  SECTION("an empty Upgrade") { request.upgrade = ""; }
  SECTION("an upgrade to something else") { request.upgrade = "h2c"; }
  SECTION("an upgrade to a name that begins alike") { request.upgrade = "websocket2"; }
  SECTION("an upgrade to a version that nobody has defined") { request.upgrade = "websocket/13"; }
  SECTION("no Connection") { request.connection.reset(); }
  SECTION("Connection without upgrade") { request.connection = "keep-alive"; }
  SECTION("Connection with upgrade inside quotes") { request.connection = "\"a, upgrade\""; }
  CHECK(is_plain_http(request));
  request.method = "POST";
  request.has_body = true;
  request.version = "x";
  request.key.reset();
  CHECK(is_plain_http(request));
}

TEST_CASE("HTTP before 1.1 cannot upgrade", "[handshake][rfc6455-4.2.1]") {
  const auto [major, minor] = GENERATE(std::pair(1, 0), std::pair(0, 9));
  Request request = example();
  request.major = major;
  request.minor = minor;
  check_refused(request, Reason::http_version, 400);
}

TEST_CASE("HTTP 1.1 and later can, HTTP/2.0 as mod_http2 presents RFC 8441 among them",
          "[handshake][rfc6455-4.2.1][rfc8441-5]") {
  const auto [major, minor] =
      GENERATE(std::pair(1, 1), std::pair(1, 2), std::pair(2, 0), std::pair(3, 0));
  Request request = example();
  request.major = major;
  request.minor = minor;
  CHECK(is_accepted(request));
}

TEST_CASE("over HTTP/2 the key is checked as well", "[handshake][rfc8441-5]") {
  Request request = example();
  request.major = 2;
  request.minor = 0;
  request.key = "short";
  check_refused(request, Reason::key_invalid, 400);
}

TEST_CASE("the method must be GET", "[handshake][rfc6455-4.2.1]") {
  const auto method =
      GENERATE("POST"sv, "HEAD"sv, "PUT"sv, "OPTIONS"sv, "CONNECT"sv, "get"sv, ""sv);
  Request request = example();
  request.method = method;
  CAPTURE(method);
  check_refused(request, Reason::method, 400);
}

TEST_CASE("a handshake has no body", "[handshake][rfc9110-7.8]") {
  Request request = example();
  request.has_body = true;
  check_refused(request, Reason::body, 400);
}

TEST_CASE("the key must be there and be the base64 of 16 bytes", "[handshake][rfc6455-4.2.1]") {
  Request request = example();
  request.key.reset();
  check_refused(request, Reason::key_missing, 400);
  request.key = "";
  check_refused(request, Reason::key_invalid, 400);
  request.key = "dGhlIHNhbXBsZSBub25jZQ=";
  check_refused(request, Reason::key_invalid, 400);
  request.key = "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==";  // sent twice
  check_refused(request, Reason::key_invalid, 400);
}

TEST_CASE("a version must be named", "[handshake][rfc6455-4.2.1]") {
  Request request = example();
  request.version.reset();
  check_refused(request, Reason::version_missing, 400);
}

TEST_CASE("a version that is sound but not 13 gets 426", "[handshake][rfc6455-4.4]") {
  const auto version =
      GENERATE("0"sv, "7"sv, "8"sv, "12"sv, "14"sv, "99"sv, "130"sv, "255"sv, "8, 7"sv, "8,7,0"sv);
  Request request = example();
  request.version = version;
  CAPTURE(version);
  check_refused(request, Reason::version_unsupported, 426);
}

TEST_CASE("a version that is not in the grammar gets 400", "[handshake][rfc6455-4.3]") {
  const auto version =
      GENERATE(""sv, " "sv, "x"sv, "013"sv, "00"sv, "256"sv, "1000"sv, "-1"sv, "+13"sv, "13.0"sv,
               "1 3"sv, "13;8"sv, "\"13\""sv, "13, 13"sv, "13, 8"sv, "8, 13"sv, "8, x"sv, ","sv,
               "13,"sv, "\xEF\xBC\x91\xEF\xBC\x93"sv);
  Request request = example();
  request.version = version;
  CAPTURE(version);
  check_refused(request, Reason::version_malformed, 400);
}

TEST_CASE("another version is told before the key is looked at", "[handshake][rfc6455-4.4]") {
  Request request = example();
  request.version = "25";
  request.key.reset();
  check_refused(request, Reason::version_unsupported, 426);
}

TEST_CASE("a malformed list of protocols is refused", "[handshake][rfc6455-11.3.4]") {
  const auto protocol = GENERATE(""sv, ","sv, "a b"sv, "\"a\""sv, "a, a"sv, "a;b"sv, "a/b"sv);
  Request request = example();
  request.protocol = protocol;
  CAPTURE(protocol);
  check_refused(request, Reason::protocols_malformed, 400);
}

TEST_CASE("a malformed list of extensions is refused", "[handshake][rfc6455-9.1]") {
  const auto extensions = GENERATE(""sv, "a;"sv, "a=b"sv, "a;b=\"c d\""sv, "a;b=\"c"sv);
  Request request = example();
  request.extensions = extensions;
  CAPTURE(extensions);
  check_refused(request, Reason::extensions_malformed, 400);
}

TEST_CASE("every reason has a name of its own", "[handshake]") {
  std::vector<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Reason::extensions_malformed); ++i) {
    names.push_back(name(static_cast<Reason>(i)));
  }
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
  CHECK(std::find(names.begin(), names.end(), "unknown") == names.end());
}

}  // namespace
}  // namespace websocket::handshake
