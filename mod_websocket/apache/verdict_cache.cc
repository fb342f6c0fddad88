// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/verdict_cache.hh"

#include <ap_provider.h>
#include <apr_global_mutex.h>
#include <openssl/evp.h>
#include <util_mutex.h>

#include <array>

namespace websocket::apache {

namespace {

constexpr const char* k_mutex = "websocket-cache";
constexpr const char* k_name = "websocket";  // of shared memory, and in keys; at most 16 characters

// Providers bound the length of an id, memcache to about a hundred bytes.
using Id = std::array<unsigned char, 32>;

Id id_of(std::string_view key) {
  Id id{};
  unsigned int size = 0;
  EVP_Digest(key.data(), key.size(), id.data(), &size, EVP_sha256(), nullptr);
  return id;
}

// Held only where the provider cannot be used by several threads and processes at once.
class Turn {
 public:
  explicit Turn(apr_global_mutex_t* mutex) : mutex_(mutex) {
    if (mutex_ != nullptr && apr_global_mutex_lock(mutex_) != APR_SUCCESS) failed_ = true;
  }
  ~Turn() {
    if (mutex_ != nullptr && !failed_) apr_global_mutex_unlock(mutex_);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  explicit operator bool() const { return !failed_; }

 private:
  apr_global_mutex_t* mutex_;
  bool failed_ = false;
};

}  // namespace

VerdictCache& VerdictCache::instance() noexcept {
  static VerdictCache cache;
  return cache;
}

void VerdictCache::forget() noexcept { *this = VerdictCache(); }

void register_cache_mutex(apr_pool_t* pool) {
  ap_mutex_register(pool, k_mutex, nullptr, APR_LOCK_DEFAULT, 0);
}

const char* VerdictCache::choose(cmd_parms* command, const char* provider) {
  const char* const colon = ap_strchr_c(provider, ':');
  const char* const name =
      colon != nullptr
          ? apr_pstrmemdup(command->temp_pool, provider, static_cast<apr_size_t>(colon - provider))
          : provider;
  provider_ = static_cast<const ap_socache_provider_t*>(
      ap_lookup_provider(AP_SOCACHE_PROVIDER_GROUP, name, AP_SOCACHE_PROVIDER_VERSION));
  if (provider_ == nullptr) {
    return apr_psprintf(command->pool,
                        "%s: there is no cache provider '%s'; load mod_socache_%s before this line",
                        command->cmd->name, name, name);
  }
  const char* const error = provider_->create(&instance_, colon != nullptr ? colon + 1 : nullptr,
                                              command->temp_pool, command->pool);
  if (error == nullptr) return nullptr;
  return apr_psprintf(command->pool, "%s: %s: %s", command->cmd->name, provider, error);
}

bool VerdictCache::open(apr_pool_t* pool, apr_pool_t* scratch, server_rec* server) {
  if (!wanted_) return true;
  if (provider_ == nullptr) {
    provider_ = static_cast<const ap_socache_provider_t*>(ap_lookup_provider(
        AP_SOCACHE_PROVIDER_GROUP, AP_SOCACHE_DEFAULT_PROVIDER, AP_SOCACHE_PROVIDER_VERSION));
    if (provider_ == nullptr) {
      ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, server,
                   "consent is asked for at every handshake: load mod_socache_shmcb, or name "
                   "another cache with WebSocketCache");
      return true;
    }
    if (const char* const error = provider_->create(&instance_, nullptr, scratch, pool)) {
      ap_log_error(APLOG_MARK, APLOG_ERR, 0, server, "WebSocketCache: %s", error);
      return false;
    }
  }
  if ((provider_->flags & AP_SOCACHE_FLAG_NOTMPSAFE) != 0) {
    const apr_status_t status =
        ap_global_mutex_create(&mutex_, nullptr, k_mutex, nullptr, server, pool, 0);
    if (status != APR_SUCCESS) {
      ap_log_error(APLOG_MARK, APLOG_ERR, status, server, "WebSocketCache: cannot make its mutex");
      return false;
    }
  }
  static ap_socache_hints hints = {sizeof(Id), 200, apr_time_from_sec(60)};
  const apr_status_t status = provider_->init(instance_, k_name, &hints, server, pool);
  if (status != APR_SUCCESS) {
    ap_log_error(APLOG_MARK, APLOG_ERR, status, server, "WebSocketCache: cannot start it");
    return false;
  }
  is_open_ = true;
  apr_pool_cleanup_register(
      pool, server,
      [](void* data) -> apr_status_t {
        VerdictCache& self = instance();
        if (self.is_open_) self.provider_->destroy(self.instance_, static_cast<server_rec*>(data));
        self.is_open_ = false;
        return APR_SUCCESS;
      },
      apr_pool_cleanup_null);
  return true;
}

void VerdictCache::reopen(apr_pool_t* pool, server_rec* server) {
  if (mutex_ == nullptr) return;
  const apr_status_t status =
      apr_global_mutex_child_init(&mutex_, apr_global_mutex_lockfile(mutex_), pool);
  if (status == APR_SUCCESS) return;
  ap_log_error(APLOG_MARK, APLOG_ERR, status, server,
               "WebSocketCache: its mutex cannot be used; this child asks for consent every time");
  is_open_ = false;
}

std::optional<std::string> VerdictCache::find(std::string_view key, server_rec* server,
                                              apr_pool_t* scratch) {
  if (!is_open_) return std::nullopt;
  const Id id = id_of(key);
  std::array<unsigned char, k_max_value> value;
  unsigned int size = value.size();
  const Turn turn(mutex_);
  if (!turn || provider_->retrieve(instance_, server, id.data(), id.size(), value.data(), &size,
                                   scratch) != APR_SUCCESS) {
    return std::nullopt;
  }
  return std::string(reinterpret_cast<const char*>(value.data()), size);
}

void VerdictCache::keep(std::string_view key, std::string_view value, std::chrono::seconds ttl,
                        server_rec* server, apr_pool_t* scratch) {
  if (!is_open_ || value.size() > k_max_value) return;
  const Id id = id_of(key);
  std::string copy(value);
  const Turn turn(mutex_);
  if (!turn) return;
  const apr_status_t status = provider_->store(instance_, server, id.data(), id.size(),
                                               apr_time_now() + apr_time_from_sec(ttl.count()),
                                               reinterpret_cast<unsigned char*>(copy.data()),
                                               static_cast<unsigned int>(copy.size()), scratch);
  if (status != APR_SUCCESS) {
    ap_log_error(APLOG_MARK, APLOG_DEBUG, status, server, "WebSocketCache: nothing was kept");
  }
}

}  // namespace websocket::apache
