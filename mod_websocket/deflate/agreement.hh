// SPDX-License-Identifier: Apache-2.0
// What client and server agree on about permessage-deflate (RFC 7692 sections 5.1 and 7.1).
#pragma once

#include <optional>
#include <span>
#include <string>

#include "mod_websocket/handshake/extension.hh"

namespace websocket::deflate {

// Sizes of the LZ77 window are given as RFC 7692 section 7.1.2 does, by their base-2 logarithm.
// zlib cannot compress with the smallest that the RFC knows, 8.
inline constexpr int k_smallest_window = 9;
inline constexpr int k_largest_window = 15;

// The administrator's wishes.
struct Settings {
  int level = 6;  // zlib's, 0-9
  int window =
      12;  // 9-15: our compressor's, and what the client is asked for where it offers to be
  bool takeover = true;  // false: neither side keeps its window from one message to the next
};

struct Agreement {
  bool server_takeover = true;  // our compressor keeps its window over the end of a message
  bool client_takeover = true;  // the client's does, so that we keep what we have inflated
  int server_window = k_largest_window;  // of our compressor, 9-15
  int client_window = k_largest_window;  // that suffices for what the client sends, 9-15
};

struct Agreed {
  Agreement agreement;
  std::string response;  // the value of Sec-WebSocket-Extensions
};

// Takes the first of the client's offers, which stand in its order of preference, that is
// permessage-deflate in a form that we can keep. None: the connection goes on without compression,
// which is not an error (section 5.1).
//
// An offer is declined (section 7.1) for an unknown parameter, the same one twice, a value that is
// missing, not wanted or not a number of 8-15 without leading zeros, and for
// server_max_window_bits=8, which zlib cannot keep.
std::optional<Agreed> negotiate(std::span<const handshake::ExtensionOffer> offers,
                                const Settings& settings);

}  // namespace websocket::deflate
