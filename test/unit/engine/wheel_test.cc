// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/engine/wheel.hh"

#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "test/unit/catch.hh"

namespace websocket::engine {
namespace {

using namespace std::chrono_literals;

// Scheduled again until its deadline has come, as the loop does with its tunnels.
struct Alarm final : Timed {
  Time deadline;
  std::optional<Time> rang;
};

class Clockwork {
 public:
  void set(Alarm& alarm, Time deadline) {
    alarm.deadline = deadline;
    alarm.rang.reset();
    wheel.schedule(alarm, deadline);
  }

  // Gives how many members were taken out, early or not.
  int turn() {
    int popped = 0;
    while (Timed* const member = wheel.pop_passed(now)) {
      ++popped;
      auto& alarm = static_cast<Alarm&>(*member);
      if (alarm.deadline <= now) {
        REQUIRE_FALSE(alarm.rang);
        alarm.rang = now;
      } else {
        wheel.schedule(alarm, alarm.deadline);
      }
    }
    return popped;
  }

  // Sleeps as a loop does: until the wheel has something, and not longer than `until`.
  int run(Time until) {
    int turns = 0;
    while (now < until) {
      now = std::min(std::max(now, wheel.next()), until);
      turn();
      ++turns;
      REQUIRE((wheel.next() > now));
    }
    return turns;
  }

  Time now{1h + 77ms};
  Wheel wheel{now};
};

void check_in_time(const Alarm& alarm) {
  REQUIRE(alarm.rang);
  CHECK((*alarm.rang >= alarm.deadline));
  CHECK((*alarm.rang <= alarm.deadline + Wheel::k_slot));
}

// Right after a turn at `now`: who has rung was due, who was due a slot ago has rung.
void check_on_time(const Alarm& alarm, Time now) {
  REQUIRE((!alarm.rang || *alarm.rang >= alarm.deadline));
  REQUIRE((alarm.rang || alarm.deadline > now - Wheel::k_slot));
}

TEST_CASE("an alarm rings never early and at most a slot late", "[engine]") {
  const auto phase = GENERATE(0ms, 1ms, 123ms, 249ms);
  for (auto delay = 0ms; delay < 2000ms; delay += 9ms) {
    CAPTURE(phase.count(), delay.count());
    Clockwork clock;
    clock.now += phase;
    Alarm alarm;
    clock.set(alarm, clock.now + delay);
    const Time start = clock.now;
    while (!alarm.rang && clock.now < start + 5s) {
      clock.now += 1ms;
      clock.turn();
    }
    check_in_time(alarm);
    CHECK(clock.wheel.empty());
  }
}

TEST_CASE("who sleeps until next() misses nothing and wakes for nothing", "[engine]") {
  Clockwork clock;
  CHECK((clock.wheel.next() == Time::max()));
  std::vector<std::unique_ptr<Alarm>> alarms;
  std::minstd_rand random(1);
  for (int i = 0; i < 300; ++i) {
    alarms.push_back(std::make_unique<Alarm>());
    clock.set(*alarms.back(), clock.now + std::chrono::milliseconds(random() % 60'000));
  }
  const int turns = clock.run(clock.now + 61s);
  for (const auto& alarm : alarms) check_in_time(*alarm);
  CHECK(turns <= 245);  // a turn a slot at most
  CHECK(clock.wheel.empty());
  CHECK((clock.wheel.next() == Time::max()));
}

TEST_CASE("deadlines beyond the horizon are kept all the same", "[engine]") {
  const auto delay = GENERATE(63'749ms, 63'750ms, 64'000ms, 64'001ms, 70'000ms, 3'600'000ms);
  CAPTURE(delay.count());
  Clockwork clock;
  Alarm alarm;
  clock.set(alarm, clock.now + delay);
  CHECK((Wheel::due(alarm) == clock.now + delay));
  clock.run(clock.now + delay + 1s);
  check_in_time(alarm);
}

TEST_CASE("a member without deadline stays, and is seldom looked at", "[engine]") {
  Clockwork clock;
  Alarm alarm;
  clock.set(alarm, Time::max());
  const int turns = clock.run(clock.now + 10min);
  CHECK_FALSE(alarm.rang);
  CHECK_FALSE(clock.wheel.empty());
  CHECK(turns <= 11);
  clock.wheel.remove(alarm);
  CHECK(clock.wheel.empty());
}

TEST_CASE("a deadline that has passed rings within a slot", "[engine]") {
  Clockwork clock;
  Alarm alarm;
  const Time set_at = clock.now;
  clock.set(alarm, clock.now - 10s);
  clock.run(clock.now + 1s);
  REQUIRE(alarm.rang);
  CHECK((*alarm.rang <= set_at + Wheel::k_slot));
}

TEST_CASE("what is removed does not ring, the others of its slot do", "[engine]") {
  Clockwork clock;
  std::vector<std::unique_ptr<Alarm>> alarms;
  for (int i = 0; i < 5; ++i) {
    alarms.push_back(std::make_unique<Alarm>());
    clock.set(*alarms.back(), clock.now + 1s);
  }
  for (const int i : {0, 2, 4}) clock.wheel.remove(*alarms[static_cast<std::size_t>(i)]);
  clock.wheel.remove(*alarms[0]);  // a second time
  clock.run(clock.now + 2s);
  for (std::size_t i = 0; i < 5; ++i) CHECK(alarms[i]->rang.has_value() == (i % 2 == 1));
  CHECK(clock.wheel.empty());
}

TEST_CASE("a member that is scheduled again rings once, at its new deadline", "[engine]") {
  const auto first = GENERATE(100ms, 5s, 100s);
  const auto second = GENERATE(200ms, 7s, 200s);
  Clockwork clock;
  Alarm alarm;
  clock.set(alarm, clock.now + first);
  clock.run(clock.now + 50ms);
  clock.set(alarm, clock.now + second);
  clock.run(clock.now + 300s);
  check_in_time(alarm);
}

TEST_CASE("a jump in time makes all ring that it passed, and no other", "[engine]") {
  const auto jump = GENERATE(1s, 63s, 64s, 65s, 1h, 24h);
  CAPTURE(jump.count());
  Clockwork clock;
  std::vector<std::unique_ptr<Alarm>> alarms;
  for (auto delay = 0ms; delay < 130s; delay += 777ms) {
    alarms.push_back(std::make_unique<Alarm>());
    clock.set(*alarms.back(), clock.now + delay);
  }
  clock.now += jump;
  clock.turn();
  for (const auto& alarm : alarms) check_on_time(*alarm, clock.now);
  // Those that are still to come are in time.
  const Time after = clock.now;
  clock.run(clock.now + 131s);
  for (const auto& alarm : alarms) {
    if (alarm->deadline > after) check_in_time(*alarm);
  }
  CHECK(clock.wheel.empty());
}

TEST_CASE("a clock that stands still or goes back harms nothing", "[engine]") {
  Clockwork clock;
  Alarm alarm;
  clock.run(clock.now + 10s);
  clock.set(alarm, clock.now + 1s);
  const Time present = clock.now;
  clock.now = present - 5s;
  CHECK(clock.turn() == 0);
  clock.now = present;
  CHECK(clock.turn() == 0);
  CHECK(clock.turn() == 0);
  clock.run(present + 2s);
  check_in_time(alarm);
}

TEST_CASE("a wheel that was idle for long takes new deadlines", "[engine]") {
  Clockwork clock;
  Alarm alarm;
  clock.now += GENERATE(1s, 100s, 10h);
  // As the loop does it: scheduled before the wheel is turned.
  clock.set(alarm, clock.now + 30s);
  clock.run(clock.now + 40s);
  check_in_time(alarm);
}

TEST_CASE("a sweep takes out every member once", "[engine]") {
  Clockwork clock;
  CHECK(clock.wheel.pop_any() == nullptr);
  std::vector<std::unique_ptr<Alarm>> alarms;
  for (int i = 0; i < 100; ++i) {
    alarms.push_back(std::make_unique<Alarm>());
    clock.set(*alarms.back(), i == 0 ? Time::max() : clock.now + i * 1s);
  }
  std::vector<Timed*> all;
  while (Timed* const member = clock.wheel.pop_any()) all.push_back(member);
  CHECK(all.size() == 100);
  CHECK(clock.wheel.empty());
  for (Timed* const member : all) {
    auto& alarm = static_cast<Alarm&>(*member);
    clock.set(alarm, alarm.deadline);
  }
  clock.run(clock.now + 101s);
  for (const auto& alarm : alarms) {
    CHECK(alarm->rang.has_value() == (alarm->deadline != Time::max()));
  }
  while (clock.wheel.pop_any() != nullptr) {
  }
}

TEST_CASE("many members that come, go and move are each in time", "[engine]") {
  Clockwork clock;
  std::minstd_rand random(GENERATE(1U, 2U, 3U));
  std::vector<std::unique_ptr<Alarm>> alarms;
  for (int i = 0; i < 50; ++i) {
    alarms.push_back(std::make_unique<Alarm>());
    clock.set(*alarms.back(), clock.now + std::chrono::milliseconds(random() % 100'000));
  }
  for (int step = 0; step < 3000; ++step) {
    clock.now += std::chrono::milliseconds(random() % 200);
    clock.turn();
    for (const auto& alarm : alarms) check_on_time(*alarm, clock.now);
    Alarm& alarm = *alarms[random() % alarms.size()];
    clock.wheel.remove(alarm);
    alarm.deadline = Time::max();
    alarm.rang.reset();
    if (random() % 4 != 0) {
      clock.set(alarm, clock.now + std::chrono::milliseconds(random() % 100'000));
    }
  }
}

}  // namespace
}  // namespace websocket::engine
