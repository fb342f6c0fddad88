// SPDX-License-Identifier: Apache-2.0
// No fault, but a look that the sanitizer cannot take, since OpenSSL is built without it: whether a
// BIO that calls somebody back as it is freed, as those of mod_ssl do from LogLevel ssl:trace4 on,
// still has the SSL that it would ask. Ends the process where it has not.
#include <cstdlib>

#include "test/faults/real.hh"

struct bio_st;

extern "C" int __asan_address_is_poisoned(const volatile void* address) __attribute__((weak));

namespace {

constinit faults::Real<int(bio_st*)> real_free{"BIO_free"};
constinit faults::Real<void*(const bio_st*)> callback_of{"BIO_get_callback_ex"};
constinit faults::Real<void*(const bio_st*)> argument_of{"BIO_get_callback_arg"};

}  // namespace

extern "C" int BIO_free(bio_st* bio) {
  if (bio != nullptr && __asan_address_is_poisoned != nullptr && callback_of(bio) != nullptr &&
      __asan_address_is_poisoned(argument_of(bio)) != 0) {
    std::abort();
  }
  return real_free(bio);
}
