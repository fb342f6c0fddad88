// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/limits/log_throttle.hh"

#include <thread>
#include <vector>

#include "test/unit/catch.hh"

namespace websocket::limits {
namespace {

using namespace std::chrono_literals;

constexpr LogThrottle::Clock::time_point k_now{1000s};

TEST_CASE("the first line is written, the next one a second later", "[limits]") {
  LogThrottle throttle;
  CHECK(throttle.admit(k_now) == 0U);
  CHECK_FALSE(throttle.admit(k_now));
  CHECK_FALSE(throttle.admit(k_now + 999ms));
  CHECK(throttle.admit(k_now + 1s) == 2U);
  CHECK_FALSE(throttle.admit(k_now + 1500ms));
  CHECK(throttle.admit(k_now + 1h) == 1U);
  CHECK(throttle.admit(k_now + 2h) == 0U);
}

TEST_CASE("a longer pause may be asked for", "[limits]") {
  LogThrottle throttle(1min);
  CHECK(throttle.admit(k_now) == 0U);
  CHECK_FALSE(throttle.admit(k_now + 59s));
  CHECK(throttle.admit(k_now + 1min) == 1U);
}

TEST_CASE("a line says how many like it were left out", "[limits]") {
  CHECK(and_left_out(0).empty());
  CHECK(and_left_out(12) == " (and 12 more like it before)");
}

TEST_CASE("of the lines of many threads one is written and none is lost", "[limits]") {
  LogThrottle throttle;
  constexpr unsigned k_threads = 4;
  constexpr unsigned k_lines = 10'000;
  std::atomic<unsigned> written{0};
  std::atomic<std::uint64_t> told{0};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < k_threads; ++i) {
    threads.emplace_back([&] {
      for (unsigned line = 0; line < k_lines; ++line) {
        const auto now = k_now + 1s * (line / 1000);  // ten seconds of a thousand lines each
        if (const auto left_out = throttle.admit(now)) {
          ++written;
          told += *left_out;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(written >= 1);
  CHECK(written <= 10);
  const auto rest = throttle.admit(k_now + 1h);
  REQUIRE(rest);
  CHECK(written + told + *rest == k_threads * k_lines);
}

}  // namespace
}  // namespace websocket::limits
