// SPDX-License-Identifier: Apache-2.0
// Clocks that jump. The calendar may go either way; the monotonic clock goes on, and leaps when a
// machine was paused.
#include <pthread.h>
#include <sys/time.h>
#include <time.h>

#include <cstdint>

#include "test/faults/plan.hh"
#include "test/faults/real.hh"

namespace {

using faults::plan;
using faults::Real;

constexpr std::int64_t k_second = 1'000'000'000;

timespec later(const timespec& time, std::int64_t nanoseconds) noexcept {
  const std::int64_t sum = time.tv_sec * k_second + time.tv_nsec + nanoseconds;
  return {.tv_sec = sum / k_second, .tv_nsec = sum % k_second};
}

std::int64_t ahead(clockid_t clock) noexcept {
  if (plan() == nullptr) return 0;
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE: return plan()->calendar_ahead;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME: return plan()->monotonic_ahead;
    default: return 0;
  }
}

constinit Real<int(clockid_t, timespec*)> real_clock_gettime{"clock_gettime"};
constinit Real<int(timeval*, void*)> real_gettimeofday{"gettimeofday"};
constinit Real<int(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*)>
    real_pthread_cond_clockwait{"pthread_cond_clockwait"};

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* into) noexcept {
  const int result = real_clock_gettime(clock, into);
  if (result == 0) *into = later(*into, ahead(clock));
  return result;
}

int gettimeofday(timeval* __restrict into, void* __restrict zone) noexcept {
  const int result = real_gettimeofday(into, zone);
  into->tv_sec += ahead(CLOCK_REALTIME) / k_second;
  return result;
}

time_t time(time_t* into) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (into != nullptr) *into = now.tv_sec;
  return now.tv_sec;
}

// The kernel waits by its own clock.
int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const timespec* until) {
  const timespec kernels = later(*until, -ahead(clock));
  return real_pthread_cond_clockwait(condition, mutex, clock, &kernels);
}

}  // extern "C"
