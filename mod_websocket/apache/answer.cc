// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/answer.hh"

#include <mod_core.h>

#include <map>
#include <mutex>
#include <utility>

#include "mod_websocket/limits/log_throttle.hh"

namespace websocket::apache {

namespace {

// HTTP/2 has neither Upgrade nor Connection (RFC 9113 section 8.2.2).
bool knows_upgrade(const request_rec* r) { return r->proto_num < HTTP_VERSION(2, 0); }

// The header says that the server could upgrade; hop-by-hop, so that Connection must name it
// (RFC 9110 section 7.8).
void advertise_upgrade(request_rec* r) {
  if (!knows_upgrade(r)) return;
  apr_table_setn(r->err_headers_out, "Upgrade", "websocket");
  apr_table_mergen(r->err_headers_out, "Connection", "Upgrade");
}

// Tunnels last; who asks again sooner than this is refused again.
constexpr const char* k_retry_after = "10";

void log(const request_rec* r, const Refusal& refusal, int level, const std::string& more) {
  ap_log_rerror(APLOG_MARK, level, 0, r, "%.*s: %s%s", static_cast<int>(refusal.rule.size()),
                refusal.rule.data(), refusal.log.c_str(), more.c_str());
}

// Each child has its own.
limits::LogThrottle& throttle_of(std::string_view rule) {
  static std::mutex mutex;
  static std::map<std::string_view, limits::LogThrottle> throttles;  // rules have names that stay
  const std::lock_guard lock(mutex);
  return throttles[rule];
}

void log_sparingly(const request_rec* r, const Refusal& refusal) {
  const auto left_out = throttle_of(refusal.rule).admit(limits::LogThrottle::Clock::now());
  if (!left_out) return log(r, refusal, APLOG_DEBUG, "");
  log(r, refusal, static_cast<int>(refusal.severity),
      *left_out == 0 ? "" : " (and " + std::to_string(*left_out) + " more like it before)");
}

}  // namespace

Refusal no_room(Severity severity, std::string_view rule, std::string log) {
  return {HTTP_SERVICE_UNAVAILABLE, severity, rule, std::move(log),
          "The server has no room for another connection."};
}

HookResult refuse(request_rec* r, const Refusal& refusal) {
  // A 426 must carry Upgrade (RFC 9110 section 15.5.22): where that cannot be, it is a 400.
  const bool is_426 = refusal.status == HTTP_UPGRADE_REQUIRED;
  const int code = is_426 && !knows_upgrade(r) ? HTTP_BAD_REQUEST : refusal.status;
  if (code == HTTP_SERVICE_UNAVAILABLE) {
    log_sparingly(r, refusal);
    apr_table_setn(r->err_headers_out, "Retry-After", k_retry_after);
    // Or a client that does not close holds a descriptor for half a minute more (the event MPM).
    apr_table_setn(r->connection->notes, "short-lingering-close", "1");
  } else {
    log(r, refusal, static_cast<int>(refusal.severity), "");
  }
  if (is_426) advertise_upgrade(r);
  if (is_426 || code == HTTP_BAD_REQUEST) {
    apr_table_setn(r->err_headers_out, "Sec-WebSocket-Version", "13");
  }
  if (code == HTTP_UNAUTHORIZED) {
    // A 401 must carry a challenge (RFC 9110 section 15.5.2); no credentials would help here, so
    // it is one that no browser asks its user about.
    apr_table_setn(r->err_headers_out, "WWW-Authenticate", "Origin realm=\"websocket\"");
  }
  // The answer depends on what the request was, so no cache may give it to another.
  apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
  if (ap_response_code_string(r, ap_index_of_response(code)) != nullptr) return status(code);
  if (const int failed = ap_discard_request_body(r)) return status(failed);
  r->status = code;
  apr_table_unset(r->headers_out, "ETag");
  apr_table_unset(r->headers_out, "Last-Modified");
  ap_set_content_type(r, "text/plain; charset=utf-8");
  ap_set_content_length(r, static_cast<apr_off_t>(refusal.text.size() + 1));
  if (!r->header_only) {
    ap_rwrite(refusal.text.data(), static_cast<int>(refusal.text.size()), r);
    ap_rputs("\n", r);
  }
  return HookResult::done;
}

HookResult answer_options(request_rec* r) {
  if (const int failed = ap_discard_request_body(r)) return status(failed);
  ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_OPTIONS, -1);
  advertise_upgrade(r);
  apr_table_setn(r->err_headers_out, "Sec-WebSocket-Version", "13");
  ap_set_content_type(r, nullptr);  // there is no content
  return status(ap_send_http_options(r));
}

}  // namespace websocket::apache
