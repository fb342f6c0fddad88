// SPDX-License-Identifier: Apache-2.0
// C++ objects that live as long as an APR pool.
#pragma once

#include <apr_pools.h>

#include <new>
#include <type_traits>
#include <utility>

namespace websocket::apache {

// The pool owns the object and runs its destructor when it is cleared or destroyed.
template <class T, class... Arguments>
T* make_in_pool(apr_pool_t* pool, Arguments&&... arguments) {
  T* const object = new (apr_palloc(pool, sizeof(T))) T(std::forward<Arguments>(arguments)...);
  if constexpr (!std::is_trivially_destructible_v<T>) {
    apr_pool_cleanup_register(
        pool, object,
        [](void* data) -> apr_status_t {
          static_cast<T*>(data)->~T();
          return APR_SUCCESS;
        },
        apr_pool_cleanup_null);
  }
  return object;
}

}  // namespace websocket::apache
