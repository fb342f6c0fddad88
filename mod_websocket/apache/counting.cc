// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/counting.hh"

#include <unistd.h>

#include <algorithm>
#include <string>

#include "mod_websocket/apache/config.hh"
#include "mod_websocket/apache/retained.hh"

namespace websocket::apache {

namespace {

using status::Board;
using status::Endpoint;
using std::chrono::steady_clock;

// Of a request, in its notes; a LogFormat may have it too.
constexpr const char* k_note = "websocket-endpoint";

// By the port that was connected to: what the client wrote into Host names no virtual host.
std::string host_of(const request_rec* r) {
  const char* const name = r->server->server_hostname;
  const apr_sockaddr_t* const local = r->connection->local_addr;
  std::string host(name != nullptr ? name : "");
  if (local != nullptr) host.append(":").append(std::to_string(local->port));
  return host;
}

std::string_view policy_of(const request_rec* r) {
  const char* const policy = apr_table_get(r->notes, k_note);
  return policy == nullptr ? std::string_view() : policy;
}

Endpoint endpoint_of(const request_rec* r, const Board& board) {
  const std::string_view policy = policy_of(r);
  return policy.empty() ? status::k_other : board.find(host_of(r), policy);
}

status::Identity identity_of(const request_rec* r) {
  const apr_sockaddr_t* const from = r->useragent_addr;
  status::Identity identity;
  if (from != nullptr) {
    identity.client = ::policy::Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&from->sa),
                                                       static_cast<std::size_t>(from->salen));
  }
  if (const char* const user = user_of(r)) identity.user = user;
  return identity;
}

}  // namespace

Counting& Counting::instance() noexcept {
  static Counting counting;
  return counting;
}

bool Counting::open(server_rec* server) noexcept {
  // Another layout takes another name, and nearly always another size.
  const std::size_t size = Board::size_for(k_most_tunnels);
  board_ = retained<Board>(
      server, "mod_websocket status 1 " + std::to_string(size), size, [](void* zeroed) {
        return Board::create(zeroed, k_most_tunnels, apr_time_sec(apr_time_now()));
      });
  return board_ != nullptr;
}

void Counting::bury(pid_t child) noexcept {
  if (board_ != nullptr) board_->bury(child);
}

void Counting::begin(server_rec* server) noexcept {
  self_ = board_->begin(getpid(), status::seconds(steady_clock::now()));
  if (self_ != nullptr) return;
  ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
               "WS0250: the status page leaves out the tunnels of this child: it has room for %d",
               static_cast<int>(Board::k_tenants));
}

void Counting::draining() noexcept {
  if (self_ != nullptr) self_->draining.store(1, std::memory_order_relaxed);
}

const std::atomic<std::uint32_t>* Counting::orders() const noexcept {
  return self_ == nullptr ? nullptr : &self_->orders;
}

void Counting::refused(const request_rec* r, refusal::Reason reason) noexcept {
  board_->refused(self_, endpoint_of(r, *board_), reason);
}

void Counting::connected(steady_clock::time_point since) noexcept {
  board_->connected(
      self_, std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - since));
}

status::Record Counting::opened(const request_rec* r, std::uint32_t place,
                                status::Carriage carriage) {
  // The calendar may have been set back meanwhile.
  const apr_time_t took = std::max<apr_time_t>(apr_time_now() - r->request_time, 0);
  board_->shook_hands(self_, std::chrono::microseconds(took));
  status::Identity identity = identity_of(r);
  identity.carriage = carriage;
  return board_->opened(self_, place, endpoint_of(r, *board_), identity,
                        status::seconds(steady_clock::now()));
}

void name_endpoint(request_rec* r, const char* policy, bool is_known) {
  apr_table_setn(r->notes, k_note, policy);
  if (is_known) confirm_endpoint(r);
}

void pass_endpoint(const request_rec* from, request_rec* to) {
  if (from == to) return;
  if (const char* const policy = apr_table_get(from->notes, k_note)) {
    apr_table_setn(to->notes, k_note, policy);
  }
}

void confirm_endpoint(const request_rec* r) {
  if (const std::string_view policy = policy_of(r); !policy.empty()) {
    Counting::instance().board()->find_or_add(host_of(r), policy);
  }
}

}  // namespace websocket::apache
