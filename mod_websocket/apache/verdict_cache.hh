// SPDX-License-Identifier: Apache-2.0
// Verdicts of consent, kept over all children (and machines, with memcache or redis) in one of
// httpd's socaches. A cache that is full, broken or not there only costs time, and so does one that
// others write to: verdicts are sealed (seal/seal.hh).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "mod_websocket/apache/httpd.hh"
#include "mod_websocket/seal/key.hh"
#include "mod_websocket/seal/seal.hh"

#include <ap_socache.h>

namespace websocket::apache {

class VerdictCache {
 public:
  static VerdictCache& instance() noexcept;

  // While the configuration is read. A new reading begins with forget().
  void forget() noexcept;
  // `WebSocketCache name[:arguments]`. An error says what to write.
  const char* choose(cmd_parms* command, const char* provider);
  // `WebSocketCacheKey path`. As before.
  const char* choose_key(cmd_parms* command, const char* path);
  // Somewhere a policy may depend on consent: without that no memory is taken.
  void want() noexcept { wanted_ = true; }
  // As WebSocketCache names it; where it names none, httpd's default.
  const char* provider() const noexcept {
    return chosen_ != nullptr ? chosen_ : AP_SOCACHE_DEFAULT_PROVIDER;
  }

  // As WebSocketCacheKey names it; null where there is none and the key is the server's own.
  const char* key_file() const noexcept { return key_file_; }

  // post_config, in the parent. False where the server must not start.
  bool open(apr_pool_t* pool, apr_pool_t* scratch, server_rec* server);
  // child_init.
  void reopen(apr_pool_t* pool, server_rec* server);

  // Any thread. The question is all that the verdict is about, and may be of any length.
  std::optional<std::string> find(std::string_view question, server_rec* server,
                                  apr_pool_t* scratch);
  void keep(std::string_view question, std::string_view value, std::chrono::seconds ttl,
            server_rec* server, apr_pool_t* scratch);

  static constexpr std::size_t k_max_value = 1024;

 private:
  VerdictCache() = default;

  bool wanted_ = false;
  const char* chosen_ = nullptr;
  const char* key_file_ = nullptr;
  seal::Key key_{};
  const ap_socache_provider_t* provider_ = nullptr;
  ap_socache_instance_t* instance_ = nullptr;
  apr_global_mutex_t* mutex_ = nullptr;  // where the provider needs one
  bool is_open_ = false;
};

// pre_config: lets `Mutex websocket-cache ...` be configured.
void register_cache_mutex(apr_pool_t* pool);

}  // namespace websocket::apache
