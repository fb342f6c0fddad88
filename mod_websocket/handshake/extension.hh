// SPDX-License-Identifier: Apache-2.0
// Sec-WebSocket-Extensions (RFC 6455 section 9.1).
#pragma once

#include <tl/expected.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace websocket::handshake {

struct Parameter {
  std::string name;
  std::optional<std::string> value;  // unescaped where it was quoted; a token either way
};

struct ExtensionOffer {
  std::string name;
  std::vector<Parameter> parameters;  // in the order they came, duplicates and all
};

enum class ExtensionError {
  malformed,            // not the grammar of RFC 6455 section 9.1
  too_many_offers,      // more than k_max_offers
  too_many_parameters,  // of one offer: more than k_max_parameters
};

// Each element costs allocations many times its size in the request; a browser sends one offer of
// one parameter, the most careful client a handful.
inline constexpr std::size_t k_max_offers = 32;
inline constexpr std::size_t k_max_parameters = 16;

// The offers in the client's order of preference. Names are kept as written. Says nothing of
// whether an extension is known: an unknown one is well-formed and is left alone (section 9.1).
tl::expected<std::vector<ExtensionOffer>, ExtensionError> parse_extensions(std::string_view list);

}  // namespace websocket::handshake
