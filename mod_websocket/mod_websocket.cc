// SPDX-License-Identifier: Apache-2.0
// The module record and its hooks; everything else is in the rooms.
#include <openssl/types.h>
#include <sys/wait.h>

#include <cerrno>

#include "mod_websocket/apache/access_log.hh"
#include "mod_websocket/apache/admission.hh"
#include "mod_websocket/apache/capture.hh"
#include "mod_websocket/apache/checks.hh"
#include "mod_websocket/apache/child.hh"
#include "mod_websocket/apache/config.hh"
#include "mod_websocket/apache/cors.hh"
#include "mod_websocket/apache/counting.hh"
#include "mod_websocket/apache/directives.hh"
#include "mod_websocket/apache/dump.hh"
#include "mod_websocket/apache/guard.hh"
#include "mod_websocket/apache/handler.hh"
#include "mod_websocket/apache/handover.hh"
#include "mod_websocket/apache/httpd.hh"
#include "mod_websocket/apache/status.hh"
#include "mod_websocket/apache/verdict_cache.hh"

#include <apr_optional_hooks.h>
#include <mod_status.h>

namespace websocket::apache {
namespace {

int on_pre_connection(conn_rec* c, void*) noexcept {
  return static_cast<int>(guarded(c->base_server, "pre_connection", HookResult::declined, [&] {
    prepare_connection(c);
    return HookResult::declined;
  }));
}

int on_tls_handshake(conn_rec* c, SSL* ssl, int is_proxy) noexcept {
  if (is_proxy == 0) remember_ssl(c, ssl);
  return OK;
}

int on_request_read(request_rec* r) noexcept {
  return static_cast<int>(guarded(r->server, "post_read_request", HookResult::server_error,
                                  [&] { return prepare_request(r); }));
}

int on_request(request_rec* r) noexcept {
  return static_cast<int>(
      guarded(r->server, "handler", HookResult::server_error, [&] { return handle(r); }));
}

int on_status_request(request_rec* r) noexcept {
  return static_cast<int>(guarded(r->server, "websocket-status", HookResult::server_error,
                                  [&] { return show_status(r); }));
}

int on_server_status(request_rec* r, int flags) noexcept {
  guarded(r->server, "server-status", [&] { add_to_server_status(r, flags); });
  return OK;
}

int on_pre_config(apr_pool_t* pool, apr_pool_t*, apr_pool_t*) noexcept {
  VerdictCache::instance().forget();
  Checks::instance().forget();
  register_cache_mutex(pool);
  return OK;
}

// httpd reads its configuration twice when it starts; the first time is a rehearsal.
bool is_rehearsal() { return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG; }

int on_check_config(apr_pool_t*, apr_pool_t*, apr_pool_t*, server_rec* server) noexcept {
  return guarded(server, "check_config", HTTP_INTERNAL_SERVER_ERROR, [&] {
    // What is a warning only is told once of the two times, and of a rehearsal by configtest.
    const bool is_test = ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST;
    if (is_test || !is_rehearsal()) Checks::instance().run(server);
    return check_access_logs(server) ? OK : HTTP_INTERNAL_SERVER_ERROR;
  });
}

int on_open_logs(apr_pool_t* pool, apr_pool_t*, apr_pool_t*, server_rec* server) noexcept {
  return guarded(server, "open_logs", HTTP_INTERNAL_SERVER_ERROR, [&] {
    return open_access_logs(pool, server, is_rehearsal()) ? OK : HTTP_INTERNAL_SERVER_ERROR;
  });
}

void bury(server_rec* server, pid_t child) noexcept {
  // First what the places of the dead are used for, then the places.
  Counting::instance().bury(child);
  Admission::instance().bury(child, server);
}

// Not asked by kill(): another process may have the number by now, which is no child of ours.
bool is_gone(pid_t child) noexcept {
  siginfo_t info;
  const int found = waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT);
  return found != 0 && errno == ECHILD;
}

// Nobody tells of children that end while a configuration without this module is in force, or that
// httpd took for dead before.
void bury_the_unannounced(server_rec* server) {
  for (const pid_t child : Counting::instance().board()->processes()) {
    if (is_gone(child)) bury(server, child);
  }
}

int on_post_config(apr_pool_t* pool, apr_pool_t*, apr_pool_t* scratch,
                   server_rec* server) noexcept {
  if (is_rehearsal()) return OK;
  return guarded(server, "post_config", HTTP_INTERNAL_SERVER_ERROR, [&] {
    const bool ready = Admission::instance().open(server) && Counting::instance().open(server) &&
                       VerdictCache::instance().open(pool, scratch, server);
    if (ready) bury_the_unannounced(server);
    return ready ? OK : HTTP_INTERNAL_SERVER_ERROR;
  });
}

void on_test_config(apr_pool_t*, server_rec* server) noexcept {
  guarded(server, "test_config", [&] { dump_where_asked(server); });
}

void on_child_init(apr_pool_t* pool, server_rec* server) noexcept {
  guarded(server, "child_init", [&] {
    VerdictCache::instance().reopen(pool, server);
    Counting::instance().begin(server);
    Child::instance().begin(pool, server);
    Admission::instance().begin(server);
  });
}

void on_child_stopping(apr_pool_t*, int graceful) noexcept {
  Child::instance().stopping(graceful != 0);
}

void on_child_status(server_rec* server, pid_t child, ap_generation_t, int,
                     mpm_child_status status) noexcept {
  // One that is stopped when the server is restarted is told of as well, since APR says of it
  // neither that it is done nor that it is not. It may go on, and nobody tells of its end.
  if (status == MPM_CHILD_EXITED && is_gone(child)) bury(server, child);
}

// Every ten seconds.
int on_monitor(apr_pool_t*, server_rec* server) noexcept {
  guarded(server, "monitor", [&] { bury_the_unannounced(server); });
  return DECLINED;
}

void register_hooks(apr_pool_t*) noexcept {
  ap_hook_pre_config(on_pre_config, nullptr, nullptr, APR_HOOK_MIDDLE);
  // When the MPM has made sense of its own directives.
  ap_hook_check_config(on_check_config, nullptr, nullptr, APR_HOOK_LAST);
  ap_hook_open_logs(on_open_logs, nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_post_config(on_post_config, nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_test_config(on_test_config, nullptr, nullptr, APR_HOOK_MIDDLE);
  // First of all: what it registers on the connection's pool must be cleaned up after what mod_ssl
  // registers there.
  ap_hook_pre_connection(on_pre_connection, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
  // mod_ssl's, where it is loaded: the only way to a connection's SSL.
  apr_optional_hook_add("pre_handshake", reinterpret_cast<void (*)(void)>(on_tls_handshake),
                        nullptr, nullptr, APR_HOOK_MIDDLE);
  // Nobody can have answered yet.
  ap_hook_post_read_request(on_request_read, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
  // Before every handler that would show the resource's text.
  ap_hook_handler(on_request, nullptr, nullptr, APR_HOOK_REALLY_FIRST);
  ap_hook_handler(on_status_request, nullptr, nullptr, APR_HOOK_MIDDLE);
  // mod_status's, where it is loaded.
  APR_OPTIONAL_HOOK(ap, status_hook, on_server_status, nullptr, nullptr, APR_HOOK_MIDDLE);
  register_capture_filter();
  register_cors_filter();
  ap_hook_child_init(on_child_init, nullptr, nullptr, APR_HOOK_MIDDLE);
  // In the parent: a child that died without a word gives nothing back by itself.
  ap_hook_child_status(on_child_status, nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_monitor(on_monitor, nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_child_stopping(on_child_stopping, nullptr, nullptr, APR_HOOK_MIDDLE);
}

}  // namespace
}  // namespace websocket::apache

extern "C" {

module AP_MODULE_DECLARE_DATA websocket_module = {
    STANDARD20_MODULE_STUFF,
    websocket::apache::create_section_config,
    websocket::apache::merge_section_config,
    websocket::apache::create_process_config,
    websocket::apache::merge_process_config,
    websocket::apache::directives,
    websocket::apache::register_hooks,
    AP_MODULE_FLAG_NONE,
};
}
