// SPDX-License-Identifier: Apache-2.0
// The opening handshake against arbitrary header fields.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "mod_websocket/handshake/accept_key.hh"
#include "mod_websocket/handshake/request.hh"
#include "mod_websocket/handshake/token.hh"

namespace {

using namespace websocket::handshake;

void require(bool condition) {
  if (!condition) std::abort();
}

// The offers, written out again; what was accepted must be read as the same once more.
std::string write(const std::vector<ExtensionOffer>& offers) {
  std::string out;
  for (const ExtensionOffer& offer : offers) {
    if (!out.empty()) out += ", ";
    require(is_token(offer.name));
    out += offer.name;
    for (const Parameter& parameter : offer.parameters) {
      require(is_token(parameter.name));
      out += "; " + parameter.name;
      if (parameter.value) {
        require(is_token(*parameter.value));
        out += "=\"" + *parameter.value + '"';
      }
    }
  }
  return out;
}

void check(const Request& request, const Accepted& accepted) {
  require(request.method == "GET" && !request.has_body && request.version == k_version);
  require(request.key && is_valid_key(*request.key) && accepted.accept.size() == 28);

  require(request.protocol.has_value() == !accepted.protocols.empty());
  std::string protocols;
  for (const std::string& protocol : accepted.protocols) {
    require(is_token(protocol) && list_contains_token(*request.protocol, protocol));
    protocols += protocol + ',';
  }
  if (request.protocol) require(parse_token_list(protocols) == accepted.protocols);

  require(request.extensions.has_value() == !accepted.extensions.empty());
  if (!request.extensions) return;
  const std::string written = write(accepted.extensions);
  const auto again = parse_extensions(written);
  require(again && write(*again) == written);
}

}  // namespace

// The first byte chooses the fixed parts; the rest is cut at line feeds into the fields. A field
// that is just "-" is left out, one that is just "+" is what a sound handshake has.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr std::array<std::string_view, 6> k_sound{
      "websocket", "keep-alive, Upgrade", "dGhlIHNhbXBsZSBub25jZQ==",
      "13",        "chat, superchat",     "permessage-deflate; client_max_window_bits"};
  // Each in an allocation of its own size, so that a step beyond it is seen.
  std::array<std::vector<char>, k_sound.size()> copies;
  std::array<std::optional<std::string_view>, k_sound.size()> fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line == "-") continue;
    const auto value = line == "+" ? k_sound[i] : line;
    copies[i].assign(value.begin(), value.end());
    fields[i] = std::string_view(copies[i].data(), copies[i].size());
  }

  Request request;
  request.method = (data[0] & 1U) != 0 ? "POST" : "GET";
  request.major = (data[0] & 2U) != 0 ? 2 : 1;
  request.minor = (data[0] & 4U) != 0 ? 0 : 1;
  request.has_body = (data[0] & 8U) != 0;
  request.upgrade = fields[0];
  request.connection = fields[1];
  request.key = fields[2];
  request.version = fields[3];
  request.protocol = fields[4];
  request.extensions = fields[5];

  const Judgement judgement = judge(request);
  if (const auto* accepted = std::get_if<Accepted>(&judgement)) check(request, *accepted);
  if (const auto* refused = std::get_if<Refused>(&judgement)) {
    require(refused->status == (refused->reason == Reason::version_unsupported ? 426 : 400));
    require(!refused->why.empty());
  }
  return 0;
}
