// SPDX-License-Identifier: Apache-2.0
#include "policy/protocol.hh"

#include <algorithm>
#include <array>

#include "policy/ascii.hh"

namespace policy {
namespace {

struct WellKnown {
  std::string_view protocol;
  Framing framing;
};

constexpr std::array k_well_known = {
    WellKnown{"binary", Framing::binary},           // noVNC, websockify
    WellKnown{"mqtt", Framing::mqtt},               // MQTT 3.1.1 and 5, section 6
    WellKnown{"mqttv3.1", Framing::mqtt},           // MQTT 3.1
    WellKnown{"text.ircv3.net", Framing::lines},    // IRCv3 WebSocket: text messages
    WellKnown{"binary.ircv3.net", Framing::lines},  // IRCv3 WebSocket: binary messages
};

/// The framing of a tunnel by that protocol; nothing where the document does not know it.
std::optional<Framing> framing_for(const Document& document, std::string_view protocol) {
  const std::optional<Framing> own = framing_of(protocol);
  if (document.protocols.empty()) {
    return document.framing && own != document.framing ? std::nullopt : own;
  }
  const auto& known = document.protocols;
  if (std::find(known.begin(), known.end(), protocol) == known.end()) return std::nullopt;
  return document.framing.value_or(own.value_or(Framing::binary));
}

}  // namespace

ProtocolChoice choose_protocol(const Document& document, std::span<const std::string> offered) {
  for (const std::string& protocol : offered) {
    if (const std::optional<Framing> framing = framing_for(document, protocol)) {
      return {protocol, *framing};
    }
  }
  return {std::nullopt, document.framing.value_or(Framing::binary)};
}

std::optional<Framing> framing_of(std::string_view protocol) {
  const auto* const row = std::find_if(
      k_well_known.begin(), k_well_known.end(),
      [protocol](const WellKnown& candidate) { return candidate.protocol == protocol; });
  return row == k_well_known.end() ? std::nullopt : std::optional(row->framing);
}

std::string_view name_of(Framing framing) {
  switch (framing) {
    case Framing::binary: return "binary";
    case Framing::text: return "text";
    case Framing::lines: return "lines";
    case Framing::mqtt: return "mqtt";
  }
  return "unknown";
}

bool is_token(std::string_view text) {
  constexpr std::string_view k_marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return ascii::is_alnum(c) || k_marks.find(c) != std::string_view::npos;
  });
}

}  // namespace policy
