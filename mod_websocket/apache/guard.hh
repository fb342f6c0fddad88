// SPDX-License-Identifier: Apache-2.0
// The barrier between httpd, which is C, and the rest: no exception passes it.
#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include "mod_websocket/apache/httpd.hh"

namespace websocket::apache {

inline void log_escaped(server_rec* server, const char* where, const char* what) noexcept {
  ap_log_error(APLOG_MARK, APLOG_ERR, 0, server, "WS0201: %s: %s", where, what);
}

// Runs `body`, and answers `otherwise` where it throws; the exception is logged.
template <class Body>
auto guarded(server_rec* server, const char* where, std::invoke_result_t<Body> otherwise,
             Body&& body) noexcept -> std::invoke_result_t<Body> {
  try {
    return std::forward<Body>(body)();
  } catch (const std::exception& escaped) {
    log_escaped(server, where, escaped.what());
  } catch (...) {
    log_escaped(server, where, "unknown exception");
  }
  return otherwise;
}

// The same for what answers nothing.
template <class Body>
void guarded(server_rec* server, const char* where, Body&& body) noexcept {
  guarded(server, where, 0, [&] {
    std::forward<Body>(body)();
    return 0;
  });
}

}  // namespace websocket::apache
