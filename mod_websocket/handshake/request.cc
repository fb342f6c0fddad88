// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/handshake/request.hh"

#include <algorithm>
#include <utility>

#include "mod_websocket/handshake/accept_key.hh"
#include "mod_websocket/handshake/token.hh"

namespace websocket::handshake {
namespace {

constexpr int k_bad_request = 400;
constexpr int k_upgrade_required = 426;

bool asks_for_websocket(const Request& request) noexcept {
  return request.upgrade && list_contains_token(*request.upgrade, "websocket") &&
         request.connection && list_contains_token(*request.connection, "upgrade");
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// RFC 6455 section 4.3: 0-255 in decimal, no leading zero.
bool is_version(std::string_view text) noexcept {
  if (text.empty() || text.size() > 3) return false;
  if (!std::all_of(text.begin(), text.end(), is_digit)) return false;
  if (text.size() > 1 && text.front() == '0') return false;
  return text.size() < 3 || text <= "255";
}

// A client names one version (RFC 6455 section 4.3, Sec-WebSocket-Version-Client); a list is the
// server's privilege. Yet a list of versions, none of them 13, comes from a client that is best
// served by learning what is spoken here: 426. Where 13 is in the list that answer would tell it
// what it knows, and it might ask the same for ever: that is malformed, 400, as "13, 13" is.
std::optional<Reason> judge_version(const Request& request) {
  if (!request.version) return Reason::version_missing;
  if (*request.version == k_version) return std::nullopt;
  const auto versions = parse_token_list(*request.version);
  if (!versions || !std::all_of(versions->begin(), versions->end(), is_version) ||
      std::find(versions->begin(), versions->end(), k_version) != versions->end()) {
    return Reason::version_malformed;
  }
  return Reason::version_unsupported;
}

std::string_view explain(Reason reason) noexcept {
  switch (reason) {
    case Reason::http_version: return "A WebSocket handshake needs HTTP/1.1 or later.";
    case Reason::method: return "A WebSocket handshake must be a GET request.";
    case Reason::body: return "A WebSocket handshake must not have a body.";
    case Reason::version_missing: return "Sec-WebSocket-Version is missing; it must be 13.";
    case Reason::version_malformed: return "Sec-WebSocket-Version is malformed; it must be 13.";
    case Reason::version_unsupported:
      return "This version of WebSocket is not spoken here; Sec-WebSocket-Version must be 13.";
    case Reason::key_missing:
      return "Sec-WebSocket-Key is missing; it must be the base64 of 16 bytes.";
    case Reason::key_invalid:
      return "Sec-WebSocket-Key is invalid; it must be the base64 of 16 bytes, sent once.";
    case Reason::protocols_malformed:
      return "Sec-WebSocket-Protocol is malformed; it must be a list of different tokens.";
    case Reason::extensions_malformed:
      return "Sec-WebSocket-Extensions is malformed; it must be as RFC 6455 section 9.1 says.";
  }
  return "The WebSocket handshake is malformed.";
}

Refused refuse(Reason reason) noexcept {
  const int status = reason == Reason::version_unsupported ? k_upgrade_required : k_bad_request;
  return Refused{reason, status, explain(reason)};
}

}  // namespace

Judgement judge(const Request& request) {
  if (!asks_for_websocket(request)) return NotAnUpgrade{};

  // RFC 9110 section 7.8 has Upgrade ignored in HTTP/1.0. It is, in that nothing is switched; but
  // who asks for websocket is told why it will not come, as RFC 6455 section 4.2.1 has it.
  // HTTP/2.0 is what mod_http2 makes of an extended CONNECT (RFC 8441), with a key of its own.
  if (std::pair(request.major, request.minor) < std::pair(1, 1)) {
    return refuse(Reason::http_version);
  }
  if (request.method != "GET") return refuse(Reason::method);
  // What follows the header would have to be read as the body before the first frame; a server
  // and a proxy that see this differently are how requests get smuggled (RFC 9112 section 11.2).
  if (request.has_body) return refuse(Reason::body);
  // Before the key: another version may have another sort of key, or none.
  if (const auto reason = judge_version(request)) return refuse(*reason);
  if (!request.key) return refuse(Reason::key_missing);
  if (!is_valid_key(*request.key)) return refuse(Reason::key_invalid);

  Accepted accepted;
  if (request.protocol) {
    auto protocols = parse_token_list(*request.protocol);
    if (!protocols) return refuse(Reason::protocols_malformed);
    accepted.protocols = std::move(*protocols);
  }
  if (request.extensions) {
    auto extensions = parse_extensions(*request.extensions);
    if (!extensions) return refuse(Reason::extensions_malformed);
    accepted.extensions = std::move(*extensions);
  }
  accepted.accept = accept_key(*request.key);
  return accepted;
}

std::string_view name(Reason reason) noexcept {
  switch (reason) {
    case Reason::http_version: return "http_version";
    case Reason::method: return "method";
    case Reason::body: return "body";
    case Reason::version_missing: return "version_missing";
    case Reason::version_malformed: return "version_malformed";
    case Reason::version_unsupported: return "version_unsupported";
    case Reason::key_missing: return "key_missing";
    case Reason::key_invalid: return "key_invalid";
    case Reason::protocols_malformed: return "protocols_malformed";
    case Reason::extensions_malformed: return "extensions_malformed";
  }
  return "unknown";
}

}  // namespace websocket::handshake
