// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/answer.hh"

#include <mod_core.h>

#include <map>
#include <mutex>
#include <utility>

#include "mod_websocket/apache/config.hh"
#include "mod_websocket/apache/cors.hh"
#include "mod_websocket/apache/counting.hh"
#include "mod_websocket/apache/notes.hh"
#include "mod_websocket/limits/log_throttle.hh"
#include "mod_websocket/refusal/accept.hh"
#include "mod_websocket/refusal/problem.hh"

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
  const refusal::Rule& rule = refusal.rule;
  ap_log_rerror(APLOG_MARK, level, 0, r, "%.*s: %.*s: %s%s", static_cast<int>(rule.number.size()),
                rule.number.data(), static_cast<int>(rule.name.size()), rule.name.data(),
                refusal.log.c_str(), more.c_str());
}

// Each child has its own.
limits::LogThrottle& throttle_of(const refusal::Rule& rule) {
  static std::mutex mutex;
  static std::map<std::string_view, limits::LogThrottle> throttles;
  const std::lock_guard lock(mutex);
  return throttles[rule.number];
}

void log_sparingly(const request_rec* r, const Refusal& refusal) {
  const auto left_out = throttle_of(refusal.rule).admit(limits::LogThrottle::Clock::now());
  if (!left_out) return log(r, refusal, APLOG_DEBUG, "");
  log(r, refusal, static_cast<int>(refusal.severity), limits::and_left_out(*left_out));
}

// A 426 must carry Upgrade (RFC 9110 section 15.5.22): where that cannot be, it is a 400.
int status_of(const request_rec* r, const Refusal& refusal) {
  const bool is_426 = refusal.status == HTTP_UPGRADE_REQUIRED;
  return is_426 && !knows_upgrade(r) ? HTTP_BAD_REQUEST : refusal.status;
}

void set_headers(request_rec* r, const Refusal& refusal, int code) {
  const bool is_426 = refusal.status == HTTP_UPGRADE_REQUIRED;
  if (is_426) advertise_upgrade(r);
  if (is_426 || code == HTTP_BAD_REQUEST) {
    apr_table_setn(r->err_headers_out, "Sec-WebSocket-Version", "13");
  }
  if (code == HTTP_UNAUTHORIZED) {
    // A 401 must carry a challenge (RFC 9110 section 15.5.2); no credentials would help here, so
    // it is one that no browser asks its user about.
    apr_table_setn(r->err_headers_out, "WWW-Authenticate", "Origin realm=\"websocket\"");
  }
  if (code == HTTP_SERVICE_UNAVAILABLE) {
    apr_table_setn(r->err_headers_out, "Retry-After", k_retry_after);
    // Or a client that does not close holds a descriptor for half a minute more (the event MPM).
    apr_table_setn(r->connection->notes, "short-lingering-close", "1");
  }
  // The answer depends on what the request was, so no cache may give it to another.
  apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
}

HookResult send(request_rec* r, int code, const char* type, const std::string& body) {
  if (const int failed = ap_discard_request_body(r)) return status(failed);
  r->status = code;
  apr_table_unset(r->headers_out, "ETag");
  apr_table_unset(r->headers_out, "Last-Modified");
  ap_set_content_type(r, type);
  ap_set_content_length(r, static_cast<apr_off_t>(body.size()));
  if (!r->header_only) ap_rwrite(body.data(), static_cast<int>(body.size()), r);
  return HookResult::done;
}

HookResult send_text(request_rec* r, const Refusal& refusal) {
  const int code = status_of(r, refusal);
  set_headers(r, refusal, code);
  if (ap_response_code_string(r, ap_index_of_response(code)) != nullptr) return status(code);
  return send(r, code, "text/plain; charset=utf-8", refusal.text + "\n");
}

HookResult send_problem(request_rec* r, const Refusal& refusal) {
  const int code = status_of(r, refusal);
  set_headers(r, refusal, code);
  let_page_read(r);
  // "426 Upgrade Required"
  const std::string_view phrase = std::string_view(ap_get_status_line(code)).substr(4);
  return send(r, code, refusal::k_problem_type.data(),
              refusal::problem(code, phrase, refusal.text, refusal.rule.reason));
}

}  // namespace

Refusal no_room(Severity severity, const refusal::Rule& rule, std::string log) {
  return {HTTP_SERVICE_UNAVAILABLE, severity, rule, std::move(log),
          "The server has no room for another connection."};
}

HookResult refuse(request_rec* r, const Refusal& refusal) {
  Counting::instance().refused(r, refusal.rule.reason);
  note_refusal(r, refusal.rule);
  if (refusal.status == HTTP_SERVICE_UNAVAILABLE) {
    log_sparingly(r, refusal);
  } else {
    log(r, refusal, static_cast<int>(refusal.severity), "");
  }
  return prefers_problem(r) ? send_problem(r, refusal) : send_text(r, refusal);
}

bool prefers_problem(const request_rec* r) {
  const auto accept = header_of(r, "Accept");
  return accept && section_config(r).explains() && refusal::prefers_problem(*accept);
}

HookResult explain(request_rec* r, const Refusal& refusal) {
  log(r, refusal, APLOG_INFO, " (told to a client that asked)");
  return send_problem(r, refusal);
}

bool is_error_page(const request_rec* r) {
  if (r->prev == nullptr) return false;
  // A script that is one may have said 200 of itself, and led on to another page.
  for (const request_rec* each = r; each != nullptr; each = each->prev) {
    if (each->status != HTTP_OK) return true;
  }
  return false;
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
