// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/admission.hh"

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "mod_websocket/apache/config.hh"
#include "mod_websocket/apache/handover.hh"
#include "mod_websocket/apache/retained.hh"
#include "mod_websocket/limits/descriptors.hh"
#include "policy/no_descriptor.hh"

namespace websocket::apache {

namespace {

using limits::ClientKey;
using limits::Denial;
using limits::Table;

constexpr const char* k_retained = "mod_websocket tunnels 2";

ClientKey key_of(const request_rec* r) {
  const apr_sockaddr_t* const socket = r->useragent_addr;
  if (socket == nullptr) return ClientKey::none;
  const auto address = ::policy::Address::from_sockaddr(
      reinterpret_cast<const sockaddr*>(&socket->sa), static_cast<std::size_t>(socket->salen));
  return address ? limits::client_key(*address) : ClientKey::none;
}

// Another child, or another minute, may have room; and a client that is told so can use HTTP/1.1.
Refusal no_worker() {
  return {HTTP_SERVICE_UNAVAILABLE, Severity::refused, refusal::k_no_worker,
          "tunnels on streams have three quarters of this child's HTTP/2 workers already (see "
          "H2MaxWorkers)",
          "The server has no room for another WebSocket on HTTP/2."};
}

Refusal denied(const request_rec* r, Denial denial, const limits::Bounds& bounds) {
  switch (denial) {
    case Denial::too_many:
      return no_room(Severity::refused, refusal::k_max_tunnels,
                     "as many tunnels are open as WebSocketMaxTunnels " +
                         std::to_string(bounds.tunnels) + " allows");
    case Denial::too_many_of_client:
      return no_room(Severity::refused, refusal::k_max_tunnels_per_client,
                     "the client " + std::string(r->useragent_ip) +
                         " has as many tunnels as WebSocketMaxTunnelsPerClient " +
                         std::to_string(bounds.per_client) + " allows");
    case Denial::table_full:
      return no_room(Severity::broken, refusal::k_tunnel_table_full,
                     "more than " + std::to_string(k_most_tunnels) + " tunnels cannot be counted");
    case Denial::table_locked: break;
  }
  return no_room(Severity::broken, refusal::k_tunnel_table_locked,
                 "another process does not let go of the table of tunnels: is it stopped?");
}

}  // namespace

Admission& Admission::instance() noexcept {
  static Admission admission;
  return admission;
}

bool Admission::open(server_rec* server) noexcept {
  table_ = retained<Table>(server, k_retained, Table::size_for(k_most_tunnels),
                           [](void* zeroed) { return Table::create(zeroed, k_most_tunnels); });
  return table_ != nullptr;
}

void Admission::bury(pid_t child, server_rec* server) noexcept {
  if (table_ == nullptr || table_->bury(child)) return;
  ap_log_error(APLOG_MARK, APLOG_ERR, 0, server,
               "WS0203: the tunnels of child %" APR_PID_T_FMT
               " are counted on: too many children ended",
               child);
}

void Admission::begin(server_rec* server) noexcept {
  bounds_ = process_config(server).tunnel_bounds();
  self_ = getpid();
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  int threads = 1;
  ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
  descriptors_ = limits::descriptors_for_tunnels(limit.rlim_cur, threads);
}

tl::expected<Seat, Refusal> Admission::admit(const request_rec* r) {
  conn_rec* const c = r->connection;
  Seat seat{.worker = StreamPlace(r), .place = {}, .client = {}};
  if (!seat.worker) return tl::unexpected(no_worker());
  seat.client = duplicate_socket(c->master != nullptr ? c->master : c);
  if (!seat.client) {
    const int error = errno;
    // An ungraceful end of this child closes its connections while workers still serve them.
    if (!::policy::is_no_descriptor(error)) c->aborted = 1;
    return tl::unexpected(no_room(Severity::broken, refusal::k_no_descriptor,
                                  std::string("the client's connection cannot be duplicated: ") +
                                      std::generic_category().message(error)));
  }
  if (seat.client.get() >= descriptors_) {
    return tl::unexpected(
        no_room(Severity::broken, refusal::k_no_descriptor,
                "tunnels have all descriptors of this child but those that httpd itself needs, " +
                    std::to_string(descriptors_) + "; see ulimit -n"));
  }
  auto place = table_->take(self_, key_of(r), bounds_);
  if (!place) return tl::unexpected(denied(r, place.error(), bounds_));
  seat.place = std::move(*place);
  return seat;
}

}  // namespace websocket::apache
