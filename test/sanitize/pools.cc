// SPDX-License-Identifier: Apache-2.0
// What TSan is told of APR's pools. httpd clears a connection's pool on one thread and gives it to
// another by way of a list of its own, with atomic operations that TSan does not see: httpd and APR
// are built without it. Without a word, everything that a module keeps in a pool would be a race
// with whoever had that memory before. Said here: what was done before a pool was cleared happened
// before what is allocated from it afterwards. Nothing else is, so that races of ours stay seen.
#include <cstddef>

#include "test/faults/real.hh"

extern "C" {

struct apr_pool_t;

// Of TSan's runtime; without it there is nobody to tell.
[[gnu::weak]] void __tsan_acquire(void* address);
[[gnu::weak]] void __tsan_release(void* address);
}

namespace {

constinit faults::Real<void*(apr_pool_t*, std::size_t)> real_apr_palloc{"apr_palloc"};
constinit faults::Real<void(apr_pool_t*)> real_apr_pool_clear{"apr_pool_clear"};

}  // namespace

extern "C" {

void* apr_palloc(apr_pool_t* pool, std::size_t size) {
  void* const memory = real_apr_palloc(pool, size);
  if (__tsan_acquire != nullptr) __tsan_acquire(pool);
  return memory;
}

void apr_pool_clear(apr_pool_t* pool) {
  real_apr_pool_clear(pool);
  if (__tsan_release != nullptr) __tsan_release(pool);
}

}  // extern "C"
