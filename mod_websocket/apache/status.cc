// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/status.hh"

#include <mod_status.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>

#include "mod_websocket/apache/answer.hh"
#include "mod_websocket/apache/config.hh"
#include "mod_websocket/apache/counting.hh"
#include "mod_websocket/apache/status_order.hh"
#include "mod_websocket/apache/virtual_host.hh"
#include "mod_websocket/status/json.hh"
#include "mod_websocket/status/page.hh"
#include "mod_websocket/status/prometheus.hh"
#include "mod_websocket/status/text.hh"

namespace websocket::apache {

namespace {

constexpr std::string_view k_handler = "websocket-status";

// Tunnels of each kind that the page names one by one.
constexpr std::size_t k_tunnels_shown = 20;

status::Snapshot snapshot(std::size_t most_tunnels) {
  return status::take_snapshot(*Counting::instance().board(), std::chrono::steady_clock::now(),
                               apr_time_sec(apr_time_now()), most_tunnels);
}

// So that nothing that may have been written into the page is run.
std::string make_nonce() {
  std::array<unsigned char, 16> random{};
  if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
    throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string nonce;
  for (const unsigned char each : random) {
    nonce += k_digits[each >> 4U];
    nonce += k_digits[each & 15U];
  }
  return nonce;
}

HookResult answer(request_rec* r, const char* type, std::string_view body) {
  ap_set_content_type(r, type);
  apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
  ap_set_content_length(r, static_cast<apr_off_t>(body.size()));
  if (!r->header_only) ap_rwrite(body.data(), static_cast<int>(body.size()), r);
  return HookResult::done;
}

// For a browser whatever its DNS calls by one name is one site: a page of a name that was made to
// lead here could read all of it, where the client's address is what lets it in, and send the form.
HookResult refuse_name(request_rec* r) {
  ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                "WS0253: the status page is not shown: %s is no name of this virtual host: write "
                "ServerAlias",
                r->hostname);
  return status(HTTP_FORBIDDEN);
}

// A handler is for whoever may write .htaccess; the tunnels are everybody's.
HookResult refuse_place(request_rec* r) {
  ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                "WS0254: the status page is not shown: WebSocketStatus On is not written for this "
                "place");
  return status(HTTP_FORBIDDEN);
}

HookResult page(request_rec* r, bool reloads) {
  const std::string nonce = make_nonce();
  set_header(r, "Content-Security-Policy",
             "default-src 'none'; script-src 'nonce-" + nonce + "'; style-src 'nonce-" + nonce +
                 "'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
                 "frame-ancestors 'none'");
  // With no-referrer a browser would send the form with `Origin: null`.
  apr_table_setn(r->headers_out, "Referrer-Policy", "same-origin");
  const std::string token = status_token(r);
  const std::string server = status_host(r);
  return answer(
      r, "text/html; charset=utf-8",
      status::to_page(snapshot(k_tunnels_shown),
                      {.server = server, .token = token, .nonce = nonce, .reloads = reloads}));
}

HookResult show(request_rec* r) {
  const std::string_view query(r->args != nullptr ? r->args : "");
  if (query.empty()) return page(r, false);
  if (query == "refresh") return page(r, true);
  // Prometheus and forms cannot leave out the sign of a value.
  if (query == "json" || query == "json=") {
    return answer(r, "application/json", status::to_json(snapshot(k_tunnels_shown)));
  }
  if (query == "prometheus" || query == "prometheus=") {
    return answer(r, status::k_prometheus_type, status::to_prometheus(snapshot(0)));
  }
  if (query == "js") return answer(r, "text/javascript; charset=utf-8", status::page_script());
  if (query == "css") return answer(r, "text/css; charset=utf-8", status::page_style());
  return status(HTTP_BAD_REQUEST);
}

}  // namespace

HookResult show_status(request_rec* r) {
  if (r->handler == nullptr || r->handler != k_handler || is_error_page(r)) {
    return HookResult::declined;
  }
  ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_POST, M_OPTIONS, -1);
  apr_table_setn(r->err_headers_out, "Cache-Control", "no-store");
  if (!section_config(r).shows_status()) return refuse_place(r);
  if (!is_own_name(r)) return refuse_name(r);
  if (r->method_number == M_POST) return carry_out_order(r);
  if (r->method_number == M_OPTIONS) return HookResult::declined;
  if (r->method_number != M_GET) return status(HTTP_METHOD_NOT_ALLOWED);
  if (const int failed = ap_discard_request_body(r)) return status(failed);
  return show(r);
}

void add_to_server_status(request_rec* r, int flags) {
  const status::Snapshot now = snapshot(0);
  const std::uint64_t refused = status::sum_of(now.totals.refused);
  if ((flags & AP_STATUS_SHORT) != 0) {
    ap_rprintf(r, "WebSocketTunnelsOpen: %" APR_UINT64_T_FMT "\n", now.open);
    ap_rprintf(r, "WebSocketTunnelsOpened: %" APR_UINT64_T_FMT "\n", now.totals.opened);
    ap_rprintf(r, "WebSocketRefused: %" APR_UINT64_T_FMT "\n", refused);
    ap_rprintf(r, "WebSocketBytesFromClients: %" APR_UINT64_T_FMT "\n", now.totals.client_bytes);
    ap_rprintf(r, "WebSocketBytesToClients: %" APR_UINT64_T_FMT "\n", now.totals.target_bytes);
    return;
  }
  ap_rprintf(r,
             "<hr />\n<h2>WebSocket tunnels</h2>\n<p>%" APR_UINT64_T_FMT " open, %" APR_UINT64_T_FMT
             " opened, %" APR_UINT64_T_FMT " refused; %s from clients, %s to clients.</p>\n",
             now.open, now.totals.opened, refused,
             status::as_bytes(now.totals.client_bytes).c_str(),
             status::as_bytes(now.totals.target_bytes).c_str());
}

}  // namespace websocket::apache
