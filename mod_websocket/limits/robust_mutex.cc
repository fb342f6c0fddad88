// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/limits/robust_mutex.hh"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <thread>

namespace websocket::limits {

namespace {

// pthread_mutex_timedlock() waits by the calendar: set back by an hour, it would wait for an hour.
// pthread_mutex_clocklock() is glibc's alone, and not known to gcc's TSan. What is guarded takes
// microseconds, so that whoever finds it taken finds it free the next time, and nearly never sleeps
// for longer than the first pause.
constexpr std::chrono::microseconds k_shortest_pause{20};
constexpr std::chrono::microseconds k_longest_pause{1000};

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
  using std::chrono::steady_clock;
  const auto until = steady_clock::now() + patience;
  auto pause = k_shortest_pause;
  int state = pthread_mutex_trylock(&mutex_);
  while (state == EBUSY && steady_clock::now() < until) {
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, k_longest_pause);
    state = pthread_mutex_trylock(&mutex_);
  }
  if (state == EOWNERDEAD) return Taken::after_death;
  return state == 0 ? Taken::yes : Taken::no;
}

bool RobustMutex::mend() noexcept { return pthread_mutex_consistent(&mutex_) == 0; }

void RobustMutex::unlock() noexcept { pthread_mutex_unlock(&mutex_); }

}  // namespace websocket::limits
