// SPDX-License-Identifier: Apache-2.0
// What there is for as long as the server runs, restarts included: in shared memory or not. The
// parent keeps it under a name while the module itself is loaded anew.
#pragma once

#include <apr_shm.h>

#include <exception>
#include <memory>
#include <string>
#include <type_traits>

#include "mod_websocket/apache/httpd.hh"

namespace websocket::apache {

// APR aligns what it gives out as a size is; what is kept apart for each process must begin with a
// cache line.
inline constexpr std::size_t k_cache_line = 64;

// The one of that name; the first time it is made, by `make`, of `size` zeroed bytes of anonymous
// shared memory, aligned to cache lines. Null, with a line in the log, where it cannot be had.
// Another layout takes another name.
template <class T, class Make>
T* retained(server_rec* server, const std::string& name, std::size_t size, Make make) noexcept try {
  if (auto** const kept = static_cast<T**>(ap_retained_data_get(name.c_str()))) return *kept;
  apr_shm_t* memory = nullptr;
  const apr_status_t created =
      apr_shm_create(&memory, size + k_cache_line, nullptr, server->process->pool);
  if (created != APR_SUCCESS) {
    ap_log_error(APLOG_MARK, APLOG_CRIT, created, server,
                 "WS0101: cannot have %" APR_SIZE_T_FMT " bytes of shared memory for %s", size,
                 name.c_str());
    return nullptr;
  }
  void* base = apr_shm_baseaddr_get(memory);
  std::size_t room = apr_shm_size_get(memory);
  T* const made = make(std::align(k_cache_line, size, base, room));
  *static_cast<T**>(ap_retained_data_create(name.c_str(), sizeof(T*))) = made;
  return made;
} catch (const std::exception& failed) {
  ap_log_error(APLOG_MARK, APLOG_CRIT, 0, server, "WS0102: cannot make %s: %s", name.c_str(),
               failed.what());
  return nullptr;
}

// The same for what is the parent's own, and for secrets: a child has it as it was when it was
// forked, and no other process can read it. Throws what `make` throws.
template <class T, class Make>
T& retained_value(const std::string& name, Make make) {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= alignof(void*));
  auto* kept = static_cast<T*>(ap_retained_data_get(name.c_str()));
  if (kept == nullptr) {
    const T made = make();
    kept = static_cast<T*>(ap_retained_data_create(name.c_str(), sizeof(T)));
    *kept = made;
  }
  return *kept;
}

}  // namespace websocket::apache
