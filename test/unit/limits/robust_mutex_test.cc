// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/limits/robust_mutex.hh"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "test/unit/catch.hh"

namespace {

std::atomic<time_t> calendar_ahead{0};

}  // namespace

// In place of the C library's, for all of this program: a calendar that is set back while somebody
// waits by it is, for who waits, one that was ahead when the wait began.
extern "C" int clock_gettime(clockid_t clock, timespec* into) noexcept {
  const auto result = static_cast<int>(syscall(SYS_clock_gettime, clock, into));
  if (result == 0 && clock == CLOCK_REALTIME) into->tv_sec += calendar_ahead.load();
  return result;
}

namespace websocket::limits {
namespace {

using namespace std::chrono_literals;
using Taken = RobustMutex::Taken;

TEST_CASE("a calendar that is set back lengthens no wait", "[limits]") {
  RobustMutex mutex;
  REQUIRE(mutex.lock(0s) == Taken::yes);
  calendar_ahead = 20;
  const auto before = std::chrono::steady_clock::now();
  std::thread([&] { CHECK(mutex.lock(1s) == Taken::no); }).join();
  const auto took = std::chrono::steady_clock::now() - before;
  calendar_ahead = 0;
  CHECK(took >= 1s);
  CHECK(took < 10s);
  mutex.unlock();
}

TEST_CASE("who waits has it when it is free", "[limits]") {
  RobustMutex mutex;
  REQUIRE(mutex.lock(0s) == Taken::yes);
  std::thread waiting([&] {
    CHECK(mutex.lock(60s) == Taken::yes);
    mutex.unlock();
  });
  std::this_thread::sleep_for(20ms);
  mutex.unlock();
  waiting.join();
}

TEST_CASE("who waits is told that the holder died", "[limits]") {
  RobustMutex mutex;
  std::thread([&] { REQUIRE(mutex.lock(0s) == Taken::yes); }).join();
  CHECK(mutex.lock(1s) == Taken::after_death);
  CHECK(mutex.mend());
  mutex.unlock();
}

}  // namespace
}  // namespace websocket::limits
