// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/handover.hh"

#include <apr_portable.h>
#include <fcntl.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "mod_websocket/apache/child.hh"
#include "mod_websocket/apache/pool.hh"
#include "mod_websocket/tunnel/socket_end.hh"
#include "mod_websocket/tunnel/tls_end.hh"

namespace websocket::apache {

namespace {

using tunnel::Clock;
using tunnel::Descriptor;

// Before the 101 a client has nothing to send but by impatience.
constexpr std::size_t k_early_bytes = 64U << 10U;

constexpr std::string_view k_tls_filter = "ssl/tls filter";
constexpr std::string_view k_tls_coalescing_filter = "ssl/tls coalescing filter";

// Connection filters that are done with their work, or do nothing, once the request is read. One
// that is not in this list may change the bytes, so its connection stays on its thread.
constexpr std::array<std::string_view, 7> k_known_filters = {
    "core",           "core_in",    "reqtimeout",           "log_input_output",
    "remoteip_input", k_tls_filter, k_tls_coalescing_filter};

struct BioFree {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
using BioHandle = std::unique_ptr<BIO, BioFree>;

// In place of that of the SSL_CTX, which would be called where an SSL has none.
void hear_nothing(const SSL*, int, int) {}

// Where SSLKEYLOGFILE is set mod_ssl writes down the keys of TLS 1.3 whenever a client renews them,
// by a callback that is the SSL_CTX's alone. It looks at the server of the conn_rec, and at nothing
// else.
conn_rec* nobody() {
  static conn_rec stand_in = [] {
    conn_rec made{};
    made.base_server = ap_server_conf;
    return made;
  }();
  return &stand_in;
}

// A connection's place for what leaves with it. Its destructor is a cleanup of c->pool that was
// registered before any other module's, and so runs after all of them.
struct Slot {
  SSL* ssl = nullptr;  // mod_ssl's; a reference is taken when the client is
  tunnel::SslHandle taken_ssl;
  // mod_ssl's filter context goes on pointing at them until its cleanup has run.
  BioHandle former_read_bio;
  BioHandle former_write_bio;
  server_rec* server = nullptr;
  std::unique_ptr<tunnel::Tunnel> tunnel;
  std::vector<std::byte> early;

  ~Slot() {
    if (taken_ssl) {
      // The conn_rec is gone, and with it all that mod_ssl's callbacks would look at.
      SSL_set_app_data(taken_ssl.get(), nullptr);
      SSL_set_info_callback(taken_ssl.get(), hear_nothing);
      SSL_set_shutdown(taken_ssl.get(), 0);
      // From LogLevel ssl:trace4 on each calls mod_ssl back as it is freed, which asks the SSL for
      // the conn_rec: the SSL must still be there, and may not be once the tunnel is handed over.
      former_read_bio.reset();
      former_write_bio.reset();
      SSL_set_app_data(taken_ssl.get(), nobody());
      taken_ssl.reset();
    }
    if (tunnel) hand_over();
  }

  void hand_over() noexcept try {
    if (!early.empty()) {
      tunnel::Scratch scratch;
      tunnel->feed_early(early, scratch, Clock::now());
    }
    if (tunnel->finished()) return;
    engine::Engine* const engine = Child::instance().engine();
    if (engine == nullptr || !engine->adopt(tunnel)) {
      ap_log_error(APLOG_MARK, APLOG_ERR, 0, server,
                   "WS0209: a tunnel cannot be polled and is closed");
      tunnel->abandon(frame::CloseCode::internal_error, "cannot poll");
    }
  } catch (const std::exception& failed) {
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, server, "WS0210: handover: %s", failed.what());
  }
};

Slot* slot_of(conn_rec* c) {
  return static_cast<Slot*>(ap_get_module_config(c->conn_config, &websocket_module));
}

const char* unknown_filter(const ap_filter_t* first) {
  for (const ap_filter_t* each = first; each != nullptr; each = each->next) {
    if (std::ranges::count(k_known_filters, each->frec->name) == 0) return each->frec->name;
  }
  return nullptr;
}

bool has_filter(const ap_filter_t* first, std::string_view name) {
  for (const ap_filter_t* each = first; each != nullptr; each = each->next) {
    if (name == each->frec->name) return true;
  }
  return false;
}

void remove_tls_filters(conn_rec* c) {
  for (ap_filter_t *each = c->input_filters, *next = nullptr; each != nullptr; each = next) {
    next = each->next;
    if (k_tls_filter == each->frec->name) ap_remove_input_filter(each);
  }
  for (ap_filter_t *each = c->output_filters, *next = nullptr; each != nullptr; each = next) {
    next = each->next;
    const std::string_view name = each->frec->name;
    if (name == k_tls_filter || name == k_tls_coalescing_filter) ap_remove_output_filter(each);
  }
}

}  // namespace

void prepare_connection(conn_rec* c) {
  if (c->master != nullptr || c->outgoing != 0 || !Child::instance().is_threaded()) return;
  ap_set_module_config(c->conn_config, &websocket_module, make_in_pool<Slot>(c->pool));
}

void remember_ssl(conn_rec* c, SSL* ssl) {
  if (Slot* const slot = slot_of(c)) slot->ssl = ssl;
}

const char* reason_to_stay(conn_rec* c) {
  if (!Child::instance().is_threaded()) return "the MPM has no threads";
  if (c->master != nullptr) return "it is a stream of an HTTP/2 connection";
  const Slot* const slot = slot_of(c);
  if (slot == nullptr) return "it was not prepared";
  if (const char* const name = unknown_filter(c->input_filters)) return name;
  if (const char* const name = unknown_filter(c->output_filters)) return name;
  if (has_filter(c->input_filters, k_tls_filter) && slot->ssl == nullptr) {
    return "its TLS belongs to a module without the hook pre_handshake";
  }
  if (Child::instance().engine() == nullptr) return "the engine could not be started";
  return nullptr;
}

std::optional<std::vector<std::byte>> take_early_bytes(conn_rec* c, apr_pool_t* pool) {
  std::vector<std::byte> early;
  apr_bucket_brigade* const brigade = apr_brigade_create(pool, c->bucket_alloc);
  // Filters that are drained have nothing left when they say so; a connection that failed
  // meanwhile is met again when the 101 is written.
  while (ap_get_brigade(c->input_filters, brigade, AP_MODE_READBYTES, APR_NONBLOCK_READ,
                        k_early_bytes) == APR_SUCCESS &&
         !APR_BRIGADE_EMPTY(brigade)) {
    for (apr_bucket* bucket = APR_BRIGADE_FIRST(brigade); bucket != APR_BRIGADE_SENTINEL(brigade);
         bucket = APR_BUCKET_NEXT(bucket)) {
      const char* data = nullptr;
      apr_size_t size = 0;
      if (APR_BUCKET_IS_METADATA(bucket) ||
          apr_bucket_read(bucket, &data, &size, APR_NONBLOCK_READ) != APR_SUCCESS) {
        continue;
      }
      const auto* const bytes = reinterpret_cast<const std::byte*>(data);
      early.insert(early.end(), bytes, bytes + size);
    }
    const bool at_end = !APR_BRIGADE_EMPTY(brigade) && APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(brigade));
    apr_brigade_cleanup(brigade);
    if (early.size() > k_early_bytes) return std::nullopt;
    if (at_end) break;
  }
  apr_brigade_destroy(brigade);
  return early;
}

Descriptor duplicate_socket(conn_rec* c) {
  apr_os_sock_t native = -1;
  apr_os_sock_get(&native, ap_get_conn_socket(c));
  return Descriptor(fcntl(native, F_DUPFD_CLOEXEC, 0));
}

std::unique_ptr<tunnel::End> take_client(conn_rec* c, Descriptor socket) {
  // Not blocking is a property of the open file, which both descriptors share.
  apr_socket_timeout_set(ap_get_conn_socket(c), 0);
  Slot& slot = *slot_of(c);
  if (!has_filter(c->input_filters, k_tls_filter)) {
    return std::make_unique<tunnel::SocketEnd>(std::move(socket));
  }
  SSL* const ssl = slot.ssl;
  SSL_up_ref(ssl);
  tunnel::SslHandle handle(ssl);
  BIO* const reads = SSL_get_rbio(ssl);
  BIO* const writes = SSL_get_wbio(ssl);
  BIO_up_ref(reads);
  slot.former_read_bio.reset(reads);
  BIO_up_ref(writes);
  slot.former_write_bio.reset(writes);
  // The callbacks of a renegotiation would look for the conn_rec.
  SSL_set_options(ssl, SSL_OP_NO_RENEGOTIATION);
  SSL_up_ref(ssl);
  slot.taken_ssl.reset(ssl);
  // So that nothing of httpd's way of closing writes into the tunnel.
  remove_tls_filters(c);
  return std::make_unique<tunnel::TlsEnd>(std::move(handle), std::move(socket));
}

void depart(request_rec* r, std::unique_ptr<tunnel::Tunnel> tunnel, std::vector<std::byte> early) {
  conn_rec* const c = r->connection;
  Slot& slot = *slot_of(c);
  slot.server = r->server;
  slot.tunnel = std::move(tunnel);
  slot.early = std::move(early);
  // What httpd still passes down for this request ends at the core filter, which sends nothing
  // for an aborted connection.
  c->keepalive = AP_CONN_CLOSE;
  c->aborted = 1;
}

}  // namespace websocket::apache
