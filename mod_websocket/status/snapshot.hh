// SPDX-License-Identifier: Apache-2.0
// The state of the server at a moment, taken from the board once and then shown in any form.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mod_websocket/status/board.hh"
#include "mod_websocket/status/counters.hh"

namespace websocket::status {

struct TunnelView {
  TunnelName name;
  std::string host;  // of the endpoint, as is the policy
  std::string policy;
  Identity whose;
  pid_t process = 0;
  bool draining = false;
  bool dismissed = false;  // told to end
  std::uint64_t age = 0;   // seconds
  std::uint64_t client_bytes = 0;
  std::uint64_t client_messages = 0;
  std::uint64_t target_bytes = 0;
  std::uint64_t target_messages = 0;
  std::uint64_t rate = 0;  // bytes in the last second, both ways
};

struct EndpointView {
  Endpoint number = k_other;
  std::string host;  // both empty: of all that have no place of their own
  std::string policy;
  std::uint64_t open = 0;
  std::uint64_t rate = 0;
  Totals<std::uint64_t> totals;
};

struct ChildView {
  pid_t process = 0;
  bool draining = false;
  std::uint64_t age = 0;
  std::uint64_t open = 0;
  std::uint64_t rate = 0;
};

struct Snapshot {
  std::int64_t time = 0;     // of the calendar, in seconds since 1970
  std::int64_t started = 0;  // since when the totals are counted
  std::uint64_t open = 0;
  std::uint64_t rate = 0;
  Totals<std::uint64_t> totals;
  Durations<std::uint64_t> connects;
  Durations<std::uint64_t> handshakes;
  std::vector<EndpointView> endpoints;  // by name; the nameless last, where anything was counted
  std::vector<ChildView> children;
  std::vector<TunnelView> oldest;
  std::vector<TunnelView> busiest;

  std::uint64_t children_draining() const noexcept;
};

// `most` tunnels of each kind are told one by one.
Snapshot take_snapshot(const Board& board, std::chrono::steady_clock::time_point now,
                       std::int64_t calendar, std::size_t most);

}  // namespace websocket::status
