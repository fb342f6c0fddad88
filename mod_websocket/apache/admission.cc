// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/admission.hh"

#include <apr_shm.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <string>
#include <system_error>
#include <utility>

#include "mod_websocket/apache/config.hh"
#include "mod_websocket/apache/handover.hh"
#include "mod_websocket/limits/descriptors.hh"

namespace websocket::apache {

namespace {

using limits::ClientKey;
using limits::Denial;
using limits::Table;

// The parent keeps the table under this name while the module itself is loaded anew. Another layout
// of the table takes another name.
constexpr const char* k_retained = "mod_websocket tunnels 1";

Table* make_table(server_rec* server) {
  apr_shm_t* memory = nullptr;
  const apr_status_t status =
      apr_shm_create(&memory, Table::size_for(k_most_tunnels), nullptr, server->process->pool);
  if (status != APR_SUCCESS) {
    ap_log_error(APLOG_MARK, APLOG_CRIT, status, server,
                 "cannot have %" APR_SIZE_T_FMT " bytes of shared memory to count tunnels in",
                 Table::size_for(k_most_tunnels));
    return nullptr;
  }
  return Table::create(apr_shm_baseaddr_get(memory), k_most_tunnels);
}

ClientKey key_of(const request_rec* r) {
  const apr_sockaddr_t* const socket = r->useragent_addr;
  if (socket == nullptr) return ClientKey::none;
  const auto address = ::policy::Address::from_sockaddr(
      reinterpret_cast<const sockaddr*>(&socket->sa), static_cast<std::size_t>(socket->salen));
  return address ? limits::client_key(*address) : ClientKey::none;
}

Refusal denied(const request_rec* r, Denial denial, const limits::Bounds& bounds) {
  switch (denial) {
    case Denial::too_many:
      return no_room(Severity::refused, "max-tunnels",
                     "as many tunnels are open as WebSocketMaxTunnels " +
                         std::to_string(bounds.tunnels) + " allows");
    case Denial::too_many_of_client:
      return no_room(Severity::refused, "max-tunnels-per-client",
                     "the client " + std::string(r->useragent_ip) +
                         " has as many tunnels as WebSocketMaxTunnelsPerClient " +
                         std::to_string(bounds.per_client) + " allows");
    case Denial::table_full:
      return no_room(Severity::broken, "tunnel-table",
                     "more than " + std::to_string(k_most_tunnels) + " tunnels cannot be counted");
    case Denial::table_locked: break;
  }
  return no_room(Severity::broken, "tunnel-table",
                 "another process does not let go of the table of tunnels: is it stopped?");
}

}  // namespace

Admission& Admission::instance() noexcept {
  static Admission admission;
  return admission;
}

bool Admission::open(server_rec* server) noexcept try {
  auto** const kept = static_cast<Table**>(ap_retained_data_get(k_retained));
  table_ = kept != nullptr ? *kept : make_table(server);
  if (table_ == nullptr) return false;
  if (kept == nullptr) {
    *static_cast<Table**>(ap_retained_data_create(k_retained, sizeof(Table*))) = table_;
  }
  return true;
} catch (const std::exception& failed) {
  ap_log_error(APLOG_MARK, APLOG_CRIT, 0, server, "cannot count tunnels: %s", failed.what());
  return false;
}

void Admission::bury(pid_t child, server_rec* server) noexcept {
  if (table_ == nullptr || table_->bury(child)) return;
  ap_log_error(APLOG_MARK, APLOG_ERR, 0, server,
               "the tunnels of child %" APR_PID_T_FMT " are counted on: too many children ended",
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
  Seat seat;
  seat.client = duplicate_socket(c->master != nullptr ? c->master : c);
  if (!seat.client) {
    return tl::unexpected(no_room(Severity::broken, "no-descriptor",
                                  std::string("the client's connection cannot be duplicated: ") +
                                      std::generic_category().message(errno)));
  }
  if (seat.client.get() >= descriptors_) {
    return tl::unexpected(
        no_room(Severity::broken, "no-descriptor",
                "tunnels have all descriptors of this child but those that httpd itself needs, " +
                    std::to_string(descriptors_) + "; see ulimit -n"));
  }
  auto place = table_->take(self_, key_of(r), bounds_);
  if (!place) return tl::unexpected(denied(r, place.error(), bounds_));
  seat.place = std::move(*place);
  return seat;
}

}  // namespace websocket::apache
