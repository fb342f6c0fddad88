// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/deflate/agreement.hh"

#include <algorithm>
#include <string_view>

namespace websocket::deflate {
namespace {

constexpr std::string_view k_name = "permessage-deflate";
constexpr std::string_view k_server_no_takeover = "server_no_context_takeover";
constexpr std::string_view k_client_no_takeover = "client_no_context_takeover";
constexpr std::string_view k_server_window = "server_max_window_bits";
constexpr std::string_view k_client_window = "client_max_window_bits";

// One offer, its parameters read.
struct Offer {
  bool server_no_takeover = false;
  bool client_no_takeover = false;
  std::optional<int> server_window;  // the most that we may use
  bool client_window_named = false;  // the client can be told a window
  std::optional<int> client_window;  // the most that it would use anyway
};

// 8-15 in decimal without leading zeros (section 7.1.2).
std::optional<int> parse_window(std::string_view value) noexcept {
  if (value.size() == 1 && (value[0] == '8' || value[0] == '9')) return value[0] - '0';
  if (value.size() == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5') {
    return 10 + (value[1] - '0');
  }
  return std::nullopt;
}

// False where the parameter makes the offer one to be declined.
bool take(Offer& offer, const handshake::Parameter& parameter) noexcept {
  const auto& value = parameter.value;
  if (parameter.name == k_server_no_takeover || parameter.name == k_client_no_takeover) {
    bool& flag = parameter.name == k_server_no_takeover ? offer.server_no_takeover
                                                        : offer.client_no_takeover;
    if (flag || value) return false;
    flag = true;
    return true;
  }
  if (parameter.name == k_server_window) {
    if (offer.server_window || !value) return false;
    offer.server_window = parse_window(*value);
    return offer.server_window >= k_smallest_window;  // an empty optional is less than any value
  }
  if (parameter.name == k_client_window) {
    if (offer.client_window_named) return false;
    offer.client_window_named = true;
    if (value) offer.client_window = parse_window(*value);
    return !value || offer.client_window;
  }
  return false;
}

std::optional<Offer> read(const handshake::ExtensionOffer& raw) noexcept {
  Offer offer;
  for (const auto& parameter : raw.parameters) {
    if (!take(offer, parameter)) return std::nullopt;
  }
  return offer;
}

Agreed accept(const Offer& offer, const Settings& settings) {
  Agreed agreed{{}, std::string(k_name)};
  Agreement& agreement = agreed.agreement;
  const auto add = [&response = agreed.response](std::string_view name) {
    response.append("; ").append(name);
  };
  const auto add_window = [&](std::string_view name, int window) {
    add(name);
    agreed.response.append("=").append(std::to_string(window));
  };

  // Asked for, it must be answered; a server may also say it by itself (section 7.1.1.1).
  agreement.server_takeover = settings.takeover && !offer.server_no_takeover;
  if (!agreement.server_takeover) add(k_server_no_takeover);

  // In an offer it says that the client keeps no window anyway; in the answer it binds the client,
  // whether it was offered or not (section 7.1.1.2).
  agreement.client_takeover = settings.takeover && !offer.client_no_takeover;
  if (!agreement.client_takeover) add(k_client_no_takeover);

  // Who did not ask inflates with the largest window; ours may be smaller unsaid (section 7.1.2.1).
  agreement.server_window =
      std::min(offer.server_window.value_or(k_largest_window), settings.window);
  if (offer.server_window) add_window(k_server_window, agreement.server_window);

  // Only a client that names the parameter may be told a window, and none above the one that it
  // gave (section 7.1.2.2). One that gave 8 is told nothing: 9 would be too much, and its zlib,
  // which cannot do 8 either, might take an 8 in the answer for an error. It has promised 8
  // unasked.
  if (offer.client_window_named) {
    const int window = std::min(offer.client_window.value_or(k_largest_window), settings.window);
    agreement.client_window = std::max(window, k_smallest_window);
    if (window >= k_smallest_window) add_window(k_client_window, window);
  }
  return agreed;
}

}  // namespace

std::optional<Agreed> negotiate(std::span<const handshake::ExtensionOffer> offers,
                                const Settings& settings) {
  for (const auto& raw : offers) {
    if (raw.name != k_name) continue;
    if (const auto offer = read(raw)) return accept(*offer, settings);
  }
  return std::nullopt;
}

}  // namespace websocket::deflate
