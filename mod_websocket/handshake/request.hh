// SPDX-License-Identifier: Apache-2.0
// The opening handshake, judged (RFC 6455 section 4.2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mod_websocket/handshake/extension.hh"

namespace websocket::handshake {

// The version spoken here, for Sec-WebSocket-Version in a 426 or 400 (RFC 6455 section 4.4).
inline constexpr std::string_view k_version = "13";

// What the judgement rests on. A field that came more than once is joined with ", "; one that did
// not come is nullopt. Views must outlive the call to judge() only.
struct Request {
  std::string_view method;
  int major = 1;
  int minor = 1;
  std::optional<std::string_view> upgrade;
  std::optional<std::string_view> connection;
  std::optional<std::string_view> key;         // Sec-WebSocket-Key
  std::optional<std::string_view> version;     // Sec-WebSocket-Version
  std::optional<std::string_view> protocol;    // Sec-WebSocket-Protocol
  std::optional<std::string_view> extensions;  // Sec-WebSocket-Extensions
  bool has_body = false;                       // Content-Length above 0, or Transfer-Encoding
};

enum class Reason {
  http_version,          // 400  RFC 6455 4.2.1, item 1
  method,                // 400  RFC 6455 4.2.1, item 1
  body,                  // 400  RFC 9110 7.8: the message comes first, and here nobody wants it
  version_missing,       // 400  RFC 6455 4.2.1, item 6
  version_malformed,     // 400  RFC 6455 4.3, the grammar of Sec-WebSocket-Version
  version_unsupported,   // 426  RFC 6455 4.2.2, item 4, and 4.4
  key_missing,           // 400  RFC 6455 4.2.1, item 5
  key_invalid,           // 400  RFC 6455 4.2.1, item 5
  protocols_malformed,   // 400  RFC 6455 11.3.4
  extensions_malformed,  // 400  RFC 6455 9.1
};

// Plain HTTP: no `websocket` in Upgrade, or no `upgrade` in Connection (RFC 9110 section 7.8).
struct NotAnUpgrade {};

// An upgrade to websocket that must be answered with an error.
struct Refused {
  Reason reason;
  int status;            // HTTP's; a 426 wants Upgrade and Sec-WebSocket-Version beside it
  std::string_view why;  // one ASCII sentence that says what would change it; static storage
};

struct Accepted {
  std::string accept;                      // Sec-WebSocket-Accept
  std::vector<std::string> protocols;      // in the client's order of preference
  std::vector<ExtensionOffer> extensions;  // likewise
};

using Judgement = std::variant<NotAnUpgrade, Accepted, Refused>;

// Reads nothing but the request: Origin, authentication and the resource are for others to decide.
Judgement judge(const Request& request);

// The name of the reason as it is written above, for logs and counters.
std::string_view name(Reason reason) noexcept;

}  // namespace websocket::handshake
