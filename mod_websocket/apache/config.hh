// SPDX-License-Identifier: Apache-2.0
// What the directives said, a section and a server at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "mod_websocket/apache/access_log.hh"
#include "mod_websocket/apache/consent.hh"
#include "mod_websocket/apache/httpd.hh"
#include "mod_websocket/limits/table.hh"
#include "mod_websocket/tunnel/tunnel.hh"
#include "policy/target.hh"

namespace websocket::apache {

using Milliseconds = std::chrono::milliseconds;

// As many as the table in shared memory has places: 28 bytes each, once they are used,
// and 104 for the status page.
inline constexpr std::uint32_t k_most_tunnels = 1U << 20U;

// WebSocketCompression. Off for tunnels unless it is asked for, on for websocket-echo.
struct Compression {
  bool on = false;
  deflate::Settings settings{};
};

// A section: httpd merges these for every request, so it is cheap to copy; what is large is in a
// pool and shared. Unset is nullopt or null.
struct SectionConfig {
  std::optional<bool> enabled;
  const char* policy_file = nullptr;  // absolute; the administrator's own policy
  const ::policy::TargetRules* targets = nullptr;
  ConsentConfig consent;
  std::optional<int> origin_status;  // 401 or 403
  std::optional<bool> explain;
  std::optional<bool> status;
  std::optional<Milliseconds> connect_timeout;
  std::optional<Milliseconds> close_timeout;
  std::optional<Milliseconds> ping_interval;
  std::optional<Milliseconds> idle_timeout;
  std::optional<std::uint64_t> max_message;
  std::optional<Compression> compression;

  static SectionConfig merged(apr_pool_t* pool, const SectionConfig& outer,
                              const SectionConfig& inner);

  // `WebSocket Off` in an inner section wins over a policy file of an outer one.
  bool is_endpoint() const { return enabled.value_or(policy_file != nullptr); }
  bool explains() const { return explain.value_or(true); }
  bool shows_status() const { return status.value_or(false); }
  int refused_origin_status() const { return origin_status.value_or(HTTP_UNAUTHORIZED); }
  Milliseconds connect_time() const { return connect_timeout.value_or(Milliseconds(5000)); }
  Compression tunnel_compression() const { return compression.value_or(Compression{}); }
  Compression echo_compression() const { return compression.value_or(Compression{.on = true}); }
  tunnel::Timing timing() const;
  session::Limits limits() const;
};

// The whole server; only the main server's counts, but for the logs.
struct ProcessConfig {
  std::optional<unsigned> threads;
  std::optional<Milliseconds> drain_timeout;
  std::optional<std::uint32_t> max_tunnels;             // 0: no limit
  std::optional<std::uint32_t> max_tunnels_per_client;  // the same
  AccessLogs access_logs;                               // of each virtual host

  static ProcessConfig merged(const ProcessConfig& outer, const ProcessConfig& inner);

  unsigned engine_threads() const { return threads.value_or(1); }
  Milliseconds drain_time() const { return drain_timeout.value_or(std::chrono::minutes(10)); }
  limits::Bounds tunnel_bounds() const {
    return {.tunnels = max_tunnels.value_or(0), .per_client = max_tunnels_per_client.value_or(0)};
  }
};

const SectionConfig& section_config(const request_rec* r);
const ProcessConfig& process_config(const server_rec* main_server);

// For the module record.
void* create_section_config(apr_pool_t* pool, char* directory) noexcept;
void* merge_section_config(apr_pool_t* pool, void* outer, void* inner) noexcept;
void* create_process_config(apr_pool_t* pool, server_rec* server) noexcept;
void* merge_process_config(apr_pool_t* pool, void* outer, void* inner) noexcept;

}  // namespace websocket::apache
