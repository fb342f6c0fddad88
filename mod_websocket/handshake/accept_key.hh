// SPDX-License-Identifier: Apache-2.0
// Sec-WebSocket-Key and the answer to it (RFC 6455 sections 4.2.1, item 5, and 4.2.2, item 5.4).
#pragma once

#include <string>
#include <string_view>

namespace websocket::handshake {

// Whether it is the base64 of 16 bytes: 22 characters of the alphabet and "==". The four spare bits
// of the last character may be anything: the browsers' own specification has an example with some
// of them set.
bool is_valid_key(std::string_view key) noexcept;

// Sec-WebSocket-Accept for a key that is valid: base64(SHA-1(key + GUID)), 28 characters.
// Throws std::runtime_error where OpenSSL has no SHA-1 to offer.
std::string accept_key(std::string_view key);

}  // namespace websocket::handshake
