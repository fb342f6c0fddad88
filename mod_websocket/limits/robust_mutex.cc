// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/limits/robust_mutex.hh"

#include <cerrno>
#include <ctime>
#include <memory>
#include <system_error>

namespace websocket::limits {

namespace {

void check(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

}  // namespace

RobustMutex::RobustMutex() {
  pthread_mutexattr_t attributes;
  check(pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
  const std::unique_ptr<pthread_mutexattr_t, int (*)(pthread_mutexattr_t*)> destroyed(
      &attributes, &pthread_mutexattr_destroy);
  check(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED), "setpshared");
  check(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST), "setrobust");
  check(pthread_mutex_init(&mutex_, &attributes), "pthread_mutex_init");
}

RobustMutex::Taken RobustMutex::lock(std::chrono::seconds patience) noexcept {
  int state = pthread_mutex_trylock(&mutex_);
  if (state == EBUSY) {
    timespec until{};
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += patience.count();
    state = pthread_mutex_timedlock(&mutex_, &until);
  }
  if (state == EOWNERDEAD) return Taken::after_death;
  return state == 0 ? Taken::yes : Taken::no;
}

bool RobustMutex::mend() noexcept { return pthread_mutex_consistent(&mutex_) == 0; }

void RobustMutex::unlock() noexcept { pthread_mutex_unlock(&mutex_); }

}  // namespace websocket::limits
