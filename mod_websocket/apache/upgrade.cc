// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/upgrade.hh"

#include <apr_portable.h>
#include <signal.h>

#include <string>

#include "mod_websocket/apache/access_log.hh"
#include "mod_websocket/apache/child.hh"
#include "mod_websocket/apache/counting.hh"
#include "mod_websocket/apache/filter_end.hh"
#include "mod_websocket/apache/handover.hh"
#include "mod_websocket/apache/journal.hh"
#include "mod_websocket/apache/notes.hh"
#include "mod_websocket/apache/opening.hh"
#include "mod_websocket/apache/stream_end.hh"
#include "mod_websocket/engine/one_thread.hh"

namespace websocket::apache {

namespace {

using tunnel::Clock;
using tunnel::Tunnel;

Refusal too_early() {
  return {HTTP_BAD_REQUEST, Severity::refused, refusal::k_early_bytes,
          "the client sent more than 64 KiB behind its handshake without waiting for the answer",
          "Wait for the answer to the handshake before sending."};
}

// Of what a script said of its answer, what still holds: a browser keeps the cookies of a 101.
// httpd looks at the values of an answer's fields, but not at those of an interim one: a line
// break, which a rewritten URL may bring into a cookie, would begin a field of the client's own
// making, or its frames.
int copy_cookie(void* request, const char* name, const char* value) noexcept {
  request_rec* const r = static_cast<request_rec*>(request);
  if (*ap_scan_http_field_content(value) == '\0') {
    apr_table_addn(r->headers_out, name, value);
  } else {
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                  "WS0219: a cookie is left out of the 101: a control character is in it");
  }
  return 1;
}

void send_switching_protocols(request_rec* r, const handshake::Accepted& accepted,
                              const Agreement& agreement) {
  r->status_line = nullptr;  // a script may have given one to its own answer
  if (r->expecting_100 != 0) {
    // RFC 9110 section 7.8: 100 comes before 101.
    r->status = HTTP_CONTINUE;
    ap_send_interim_response(r, 0);
  }
  r->status = HTTP_SWITCHING_PROTOCOLS;
  apr_table_t* const said = apr_table_overlay(r->pool, r->err_headers_out, r->headers_out);
  apr_table_clear(r->headers_out);
  apr_table_do(copy_cookie, r, said, "Set-Cookie", nullptr);
  apr_table_setn(r->headers_out, "Upgrade", "websocket");
  apr_table_setn(r->headers_out, "Connection", "Upgrade");
  set_header(r, "Sec-WebSocket-Accept", accepted.accept);
  if (agreement.subprotocol) set_header(r, "Sec-WebSocket-Protocol", *agreement.subprotocol);
  if (agreement.extensions) set_header(r, "Sec-WebSocket-Extensions", *agreement.extensions);
  ap_send_interim_response(r, 1);
}

// What httpd still does for the request goes past the request's filters: no response is to come.
void leave_http(request_rec* r) {
  conn_rec* const c = r->connection;
  c->keepalive = AP_CONN_CLOSE;
  r->input_filters = r->proto_input_filters = c->input_filters;
  r->output_filters = r->proto_output_filters = c->output_filters;
}

std::unique_ptr<Tunnel> make_tunnel(request_rec* r, const Agreement& agreement, Target target,
                                    std::unique_ptr<tunnel::End> client, limits::Lease place,
                                    status::Carriage carriage) {
  auto record = Counting::instance().opened(r, place.place(), carriage);
  auto journal = with_access_logs(
      r, RequestOpening(r, target, agreement),
      make_journal(r, target.name, agreement.protocol.style, std::move(place), std::move(record)));
  return std::make_unique<Tunnel>(std::move(client), std::move(target.end), agreement.protocol,
                                  agreement.timing, std::move(journal), Clock::now());
}

// ---- on this thread ------------------------------------------------------------------------

class ChildSupervisor final : public engine::Supervisor {
 public:
  std::optional<Goodbye> goodbye() noexcept override { return Child::instance().goodbye(); }
};

// prefork ends a child from within a signal's handler (SIGTERM for a stop, SIGHUP for a restart),
// by destroying its pools. The signals are let in only while the driver polls, so that the goodbye
// that this cleanup says never meets filters in the middle of their work. So is that for a graceful
// end: its handler closes the listeners and leaves errno changed, which between a system call and
// the look at why it failed would break the tunnel.
class StopSignal {
 public:
  StopSignal(conn_rec* c, Tunnel& tunnel) : connection_(c), tunnel_(tunnel) {
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGHUP);
    sigaddset(&stop, AP_SIG_GRACEFUL);
    pthread_sigmask(SIG_BLOCK, &stop, &before_);
    apr_pool_pre_cleanup_register(c->pool, this, &StopSignal::say_goodbye);
  }
  ~StopSignal() {
    apr_pool_cleanup_kill(connection_->pool, this, &StopSignal::say_goodbye);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  const sigset_t* while_polling() const { return &before_; }

 private:
  static apr_status_t say_goodbye(void* self) {
    static_cast<StopSignal*>(self)->tunnel_.abandon(frame::CloseCode::going_away,
                                                    "the server stops");
    return APR_SUCCESS;
  }

  conn_rec* connection_;
  Tunnel& tunnel_;
  sigset_t before_;
};

void remove_http_filters(conn_rec* c) {
  // One ends requests that last too long, the other waits for more before it sends.
  ap_remove_input_filter_byhandle(c->input_filters, "reqtimeout");
  ap_remove_output_filter_byhandle(c->output_filters, "SSL/TLS Coalescing Filter");
}

// A main connection is polled by its socket, a stream of HTTP/2 as mod_http2 says.
std::unique_ptr<tunnel::End> client_on_this_thread(request_rec* r,
                                                   engine::OneThreadOptions& options) {
  conn_rec* const c = r->connection;
  if (c->master != nullptr) {
    auto stream = std::make_unique<StreamEnd>(r);
    options.client_descriptor = stream->input_descriptor();
    options.client_room = stream.get();
    return stream;
  }
  apr_os_sock_get(&options.client_descriptor, ap_get_conn_socket(c));
  return std::make_unique<FilterEnd>(c, r->pool);
}

HookResult stay(request_rec* r, const handshake::Accepted& accepted, const Agreement& agreement,
                Target target, limits::Lease place) {
  conn_rec* const c = r->connection;
  send_switching_protocols(r, accepted, agreement);
  remove_http_filters(c);
  leave_http(r);
  engine::OneThreadOptions options{
      .wake_descriptor = Child::instance().wake_descriptor(),
      .signals_while_polling = nullptr,
  };
  const auto tunnel = make_tunnel(
      r, agreement, std::move(target), client_on_this_thread(r, options), std::move(place),
      c->master != nullptr ? status::Carriage::stream : status::Carriage::thread);
  ap_update_child_status(static_cast<ap_sb_handle_t*>(c->sbh), SERVER_BUSY_WRITE, r);
  ChildSupervisor supervisor;
  const Child::OnThread counted;
  if (Child::instance().is_threaded()) {
    engine::drive_on_this_thread(*tunnel, options, supervisor);
  } else {
    const StopSignal stop(c, *tunnel);
    options.signals_while_polling = stop.while_polling();
    engine::drive_on_this_thread(*tunnel, options, supervisor);
  }
  return HookResult::done;
}

// ---- in the engine -------------------------------------------------------------------------

HookResult detach(request_rec* r, const handshake::Accepted& accepted, const Agreement& agreement,
                  Target target, Seat seat) {
  conn_rec* const c = r->connection;
  auto early = take_early_bytes(c, r->pool);
  if (!early) return refuse(r, too_early());
  send_switching_protocols(r, accepted, agreement);
  leave_http(r);
  if (c->aborted != 0) return HookResult::done;  // the client did not wait for the answer
  auto tunnel = make_tunnel(r, agreement, std::move(target), take_client(c, std::move(seat.client)),
                            std::move(seat.place), status::Carriage::engine);
  depart(r, std::move(tunnel), std::move(*early));
  return HookResult::done;
}

}  // namespace

HookResult upgrade(request_rec* r, const handshake::Accepted& accepted, const Agreement& agreement,
                   Target target, Seat seat) {
  note_agreement(r, target.name, agreement);
  const char* const reason = reason_to_stay(r->connection);
  if (reason == nullptr) {
    return detach(r, accepted, agreement, std::move(target), std::move(seat));
  }
  ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "WS0213: the tunnel keeps this thread: %s", reason);
  seat.client = tunnel::Descriptor();  // httpd's own is as good here
  return stay(r, accepted, agreement, std::move(target), std::move(seat.place));
}

}  // namespace websocket::apache
