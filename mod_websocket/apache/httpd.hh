// SPDX-License-Identifier: Apache-2.0
// httpd's headers, once, and its nameless numbers under names.
#pragma once

// Makes cmd_func a union, as it is for httpd's own modules; C++20 has designated initializers.
#define AP_HAVE_DESIGNATED_INITIALIZER 1

#include <httpd.h>

#include <ap_listen.h>
#include <ap_mmn.h>
#include <ap_mpm.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <http_protocol.h>
#include <http_request.h>
#include <http_vhost.h>
#include <mpm_common.h>
#include <scoreboard.h>
#include <util_filter.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// APR's own, of which its rings and so its brigades are made, goes through a null pointer in C++.
#undef APR_OFFSETOF
#define APR_OFFSETOF(type, field) offsetof(type, field)

// The one name that httpd looks up in the module.
extern "C" [[gnu::visibility("default")]] module AP_MODULE_DECLARE_DATA websocket_module;
APLOG_USE_MODULE(websocket);

namespace websocket::apache {

// What a hook answers. An HTTP status is a HookResult too: status(403).
enum class HookResult : int {
  done = OK,
  declined = DECLINED,
  no_more_hooks = DONE,
  server_error = HTTP_INTERNAL_SERVER_ERROR,
};

constexpr HookResult status(int http_status) noexcept {
  return static_cast<HookResult>(http_status);
}

// Of the request. A field that came more than once is joined with ", " by httpd.
inline std::optional<std::string_view> header_of(const request_rec* r, const char* name) noexcept {
  const char* const value = apr_table_get(r->headers_in, name);
  if (value == nullptr) return std::nullopt;
  return value;
}

// One of AP_MPMQ_*; 0 where the MPM does not know it.
inline int mpm(int what) noexcept {
  int value = 0;
  return ap_mpm_query(what, &value) == APR_SUCCESS ? value : 0;
}

inline void set_header(request_rec* r, const char* name, const std::string& value) noexcept {
  apr_table_setn(r->headers_out, name, apr_pstrdup(r->pool, value.c_str()));
}

// The request leads to a file, whoever may answer for it; not to another server.
inline bool is_file(const request_rec* r) noexcept {
  return r->proxyreq == PROXYREQ_NONE && r->finfo.filetype == APR_REG;
}

// Who has logged in. What a script or an Action leads to often asks nobody any more: then it is who
// did so before the redirection.
inline const char* user_of(const request_rec* r) noexcept {
  while (r->user == nullptr && r->prev != nullptr) r = r->prev;
  return r->user;
}

}  // namespace websocket::apache
