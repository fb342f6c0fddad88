// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/agreement.hh"

#include <algorithm>

#include "policy/protocol.hh"

namespace websocket::apache {

namespace {

// IRCv3's names say which kind of message a line is; elsewhere it is text, and the client may send
// either.
constexpr std::string_view k_text_lines = "text.ircv3.net";
constexpr std::string_view k_binary_lines = "binary.ircv3.net";

// For lines a policy's max-message is the longest line. Without one it is this, twice the 8,191
// bytes of tags and 512 of message that IRCv3 allows. Stops a target that never ends its line from
// filling our memory.
constexpr std::uint64_t k_longest_line = 16U << 10U;

framing::Style style_of(const ::policy::ProtocolChoice& choice, const ::policy::Document& document,
                        const session::Limits& limits) {
  framing::Style style;
  switch (choice.framing) {
    case ::policy::Framing::binary: break;
    case ::policy::Framing::text: style.form = framing::Form::text; break;
    case ::policy::Framing::mqtt: style.form = framing::Form::mqtt; break;
    case ::policy::Framing::lines:
      style.form = framing::Form::lines;
      style.text = choice.protocol != k_binary_lines;
      style.only_that_kind = choice.protocol == k_text_lines || choice.protocol == k_binary_lines;
      style.max_line = std::min(limits.max_message, document.max_message.value_or(k_longest_line));
      break;
  }
  return style;
}

void agree_on_compression(Agreement& agreement, const Compression& asked,
                          const handshake::Accepted& accepted) {
  if (!asked.on) return;
  auto agreed = deflate::negotiate(accepted.extensions, asked.settings);
  if (!agreed) return;
  agreement.extensions = std::move(agreed->response);
  agreement.protocol.compression = agreed->agreement;
  agreement.protocol.compressor = asked.settings;
}

}  // namespace

Agreement agree(const SectionConfig& config, const ::policy::Document& document,
                const handshake::Accepted& accepted) {
  Agreement agreement;
  auto choice = ::policy::choose_protocol(document, accepted.protocols);
  agreement.timing = config.timing();
  if (const auto idle = document.idle_timeout) {
    auto& timeout = agreement.timing.idle_timeout;
    timeout = timeout.count() == 0 ? *idle : std::min(timeout, *idle);
  }
  auto& limits = agreement.protocol.limits;
  limits = config.limits();
  limits.max_message = std::min(limits.max_message, document.max_message.value_or(UINT64_MAX));
  agreement.protocol.style = style_of(choice, document, limits);
  agree_on_compression(agreement, config.tunnel_compression(), accepted);
  agreement.subprotocol = std::move(choice.protocol);
  return agreement;
}

Agreement agree_on_echo(const SectionConfig& config, const handshake::Accepted& accepted) {
  Agreement agreement;
  agreement.timing = config.timing();
  agreement.protocol.limits = config.limits();
  agreement.protocol.style.form = framing::Form::echo;
  agree_on_compression(agreement, config.echo_compression(), accepted);
  return agreement;
}

}  // namespace websocket::apache
