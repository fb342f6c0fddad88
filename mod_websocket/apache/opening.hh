// SPDX-License-Identifier: Apache-2.0
// What a request, and what was agreed on, say for a line of WebSocketLog.
#pragma once

#include "mod_websocket/apache/agreement.hh"
#include "mod_websocket/apache/httpd.hh"
#include "mod_websocket/apache/route.hh"
#include "mod_websocket/log/line.hh"

namespace websocket::apache {

// All three outlive it.
class RequestOpening final : public log::Opening {
 public:
  RequestOpening(request_rec* r, const Target& target, const Agreement& agreement)
      : r_(r), target_(target), agreement_(agreement) {}

  std::optional<std::string> value(log::Item item, const std::string& argument) const override;

 private:
  request_rec* r_;
  const Target& target_;
  const Agreement& agreement_;
};

}  // namespace websocket::apache
