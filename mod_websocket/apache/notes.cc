// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/notes.hh"

namespace websocket::apache {

namespace {

const char* copy(const request_rec* r, std::string_view text) {
  return apr_pstrmemdup(r->pool, text.data(), text.size());
}

// Names are literals, as the tables keep them.
void tell(request_rec* r, const char* note, const char* variable, std::string_view value) {
  const char* const text = copy(r, value);
  apr_table_setn(r->notes, note, text);
  apr_table_setn(r->subprocess_env, variable, text);
}

}  // namespace

// No variable: the script of an ErrorDocument would inherit it, and tell the client of inner hosts.
void note_target(request_rec* r, const std::string& target) {
  apr_table_setn(r->notes, "websocket-target", copy(r, target));
}

void note_agreement(request_rec* r, const std::string& target, const Agreement& agreement) {
  tell(r, "websocket-target", "WEBSOCKET_TARGET", target);
  tell(r, "websocket-framing", "WEBSOCKET_FRAMING", framing::name(agreement.protocol.style.form));
  if (agreement.subprotocol) {
    tell(r, "websocket-protocol", "WEBSOCKET_PROTOCOL", *agreement.subprotocol);
  }
  if (agreement.protocol.compression) {
    tell(r, "websocket-compression", "WEBSOCKET_COMPRESSION", "permessage-deflate");
  }
}

void note_refusal(request_rec* r, const refusal::Rule& rule) {
  tell(r, "websocket-refused", "WEBSOCKET_REFUSED", rule.name);
  tell(r, "websocket-refused-number", "WEBSOCKET_REFUSED_NUMBER", rule.number);
}

}  // namespace websocket::apache
