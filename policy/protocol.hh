// SPDX-License-Identifier: Apache-2.0
//
// Which subprotocol a handshake gets, and how the messages of its tunnel are framed.
//
//   the document has         it knows
//   neither of the two       binary (binary); mqtt, mqttv3.1 (mqtt);
//                            text.ircv3.net, binary.ircv3.net (lines)
//   <framing>                those of the names above that have this framing; for text there is
//   none <protocol>               exactly those; with the framing above, any other name with binary
//   both                     exactly those, all with that framing
//
// Where nothing is chosen the framing is the document's, or binary.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "policy/document.hh"

namespace policy {

struct ProtocolChoice {
  std::optional<std::string> protocol;  ///< for Sec-WebSocket-Protocol; none: without that field
  Framing framing;
};

/// The first of the client's list, which is its order of preference, that the document knows (RFC
/// 6455 4.2.2). Case matters: a browser takes no answer that is not letter for letter in its offer.
ProtocolChoice choose_protocol(const Document& document, std::span<const std::string> offered);

/// The framing that a well-known protocol cannot do without; nothing for any other name.
std::optional<Framing> framing_of(std::string_view protocol);

/// "lines": as documents write it.
std::string_view name_of(Framing framing);

/// RFC 9110 5.6.2: what the name of a subprotocol is made of.
bool is_token(std::string_view text);

}  // namespace policy
