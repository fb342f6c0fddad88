// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/verdict_cache.hh"

#include <ap_provider.h>
#include <apr_global_mutex.h>
#include <util_mutex.h>

#include <array>

#include "mod_websocket/apache/retained.hh"
#include "mod_websocket/limits/log_throttle.hh"

namespace websocket::apache {

namespace {

constexpr const char* k_mutex = "websocket-cache";
constexpr const char* k_name = "websocket";  // of shared memory, and in keys; at most 16 characters

constexpr const char* k_retained_key = "mod_websocket cache key 1";

seal::Time now() { return seal::Time(std::chrono::microseconds(apr_time_now())); }

// At most one line a minute and child of each flaw: whoever writes into the cache could fill the
// log.
void tell(seal::Flaw flaw, const std::string& question, server_rec* server) {
  using limits::LogThrottle;
  static LogThrottle forged{std::chrono::minutes(1)};
  static LogThrottle expired{std::chrono::minutes(1)};
  LogThrottle& throttle = flaw == seal::Flaw::forged ? forged : expired;
  const auto left_out = throttle.admit(LogThrottle::Clock::now());
  if (!left_out) return;
  const std::string more = limits::and_left_out(*left_out);
  switch (flaw) {
    case seal::Flaw::forged:
      ap_log_error(
          APLOG_MARK, APLOG_WARNING, 0, server,
          "WS0217: WebSocketCache: the answer about '%s' was not put there by who has this "
          "server's key, or was changed; the owner is asked instead%s",
          question.c_str(), more.c_str());
      break;
    case seal::Flaw::expired:
      ap_log_error(
          APLOG_MARK, APLOG_INFO, 0, server,
          "WS0218: WebSocketCache: the time of the answer about '%s' is over; the owner is "
          "asked instead%s",
          question.c_str(), more.c_str());
      break;
  }
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
  if (error == nullptr) {
    chosen_ = provider;
    return nullptr;
  }
  return apr_psprintf(command->pool, "%s: %s: %s", command->cmd->name, provider, error);
}

const char* VerdictCache::choose_key(cmd_parms* command, const char* path) {
  const char* const absolute = ap_server_root_relative(command->pool, path);
  if (absolute == nullptr) {
    return apr_psprintf(command->pool, "%s: invalid path '%s'", command->cmd->name, path);
  }
  const auto key = seal::read_key(absolute);
  if (!key) return apr_psprintf(command->pool, "%s: %s", command->cmd->name, key.error().c_str());
  key_ = *key;
  key_file_ = absolute;
  return nullptr;
}

bool VerdictCache::open(apr_pool_t* pool, apr_pool_t* scratch, server_rec* server) {
  if (!wanted_) return true;
  if (provider_ == nullptr) {
    provider_ = static_cast<const ap_socache_provider_t*>(ap_lookup_provider(
        AP_SOCACHE_PROVIDER_GROUP, AP_SOCACHE_DEFAULT_PROVIDER, AP_SOCACHE_PROVIDER_VERSION));
    if (provider_ == nullptr) {
      ap_log_error(
          APLOG_MARK, APLOG_NOTICE, 0, server,
          "WS0103: consent is asked for at every handshake: load mod_socache_shmcb, or name "
          "another cache with WebSocketCache");
      return true;
    }
    if (const char* const error = provider_->create(&instance_, nullptr, scratch, pool)) {
      ap_log_error(APLOG_MARK, APLOG_ERR, 0, server, "WS0104: WebSocketCache: %s", error);
      return false;
    }
  }
  if (key_file_ == nullptr) key_ = retained_value<seal::Key>(k_retained_key, seal::random_key);
  if ((provider_->flags & AP_SOCACHE_FLAG_NOTMPSAFE) != 0) {
    const apr_status_t status =
        ap_global_mutex_create(&mutex_, nullptr, k_mutex, nullptr, server, pool, 0);
    if (status != APR_SUCCESS) {
      ap_log_error(APLOG_MARK, APLOG_ERR, status, server,
                   "WS0105: WebSocketCache: cannot make its mutex");
      return false;
    }
  }
  // Providers bound the length of an id, memcache to about a hundred bytes.
  static ap_socache_hints hints = {sizeof(seal::Name), 256, apr_time_from_sec(60)};
  const apr_status_t status = provider_->init(instance_, k_name, &hints, server, pool);
  if (status != APR_SUCCESS) {
    ap_log_error(APLOG_MARK, APLOG_ERR, status, server, "WS0106: WebSocketCache: cannot start it");
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
  ap_log_error(
      APLOG_MARK, APLOG_ERR, status, server,
      "WS0107: WebSocketCache: its mutex cannot be used; this child asks for consent every time");
  is_open_ = false;
}

std::optional<std::string> VerdictCache::find(std::string_view question, server_rec* server,
                                              apr_pool_t* scratch) {
  if (!is_open_) return std::nullopt;
  const seal::Name name = seal::name_of(key_, question);
  std::array<unsigned char, k_max_value + seal::k_overhead> sealed;
  unsigned int size = sealed.size();
  {
    const Turn turn(mutex_);
    if (!turn || provider_->retrieve(instance_, server, name.data(), name.size(), sealed.data(),
                                     &size, scratch) != APR_SUCCESS) {
      return std::nullopt;
    }
  }
  auto value =
      seal::unseal(key_, question, now(), {reinterpret_cast<const char*>(sealed.data()), size});
  if (value) return std::move(*value);
  tell(value.error(), std::string(question), server);
  return std::nullopt;
}

void VerdictCache::keep(std::string_view question, std::string_view value, std::chrono::seconds ttl,
                        server_rec* server, apr_pool_t* scratch) {
  if (!is_open_ || value.size() > k_max_value) return;
  const seal::Name name = seal::name_of(key_, question);
  const seal::Time expiry = now() + ttl;
  std::string sealed = seal::seal(key_, question, expiry, value);
  const Turn turn(mutex_);
  if (!turn) return;
  const apr_status_t status = provider_->store(instance_, server, name.data(), name.size(),
                                               expiry.time_since_epoch().count(),
                                               reinterpret_cast<unsigned char*>(sealed.data()),
                                               static_cast<unsigned int>(sealed.size()), scratch);
  if (status != APR_SUCCESS) {
    ap_log_error(APLOG_MARK, APLOG_DEBUG, status, server,
                 "WS0216: WebSocketCache: nothing was kept");
  }
}

}  // namespace websocket::apache
