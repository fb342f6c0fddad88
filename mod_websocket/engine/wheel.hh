// SPDX-License-Identifier: Apache-2.0
// A coarse timer wheel: deadlines in slots of a quarter of a second. Scheduling and cancelling
// cost a few pointer writes and no system call, so that every tunnel may have a deadline.
//
// Owned and used by one thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "mod_websocket/tunnel/tunnel.hh"

namespace websocket::engine {

using tunnel::Clock;
using tunnel::Time;

// A place in a circular list.
struct Link {
  Link* next = nullptr;
  Link* previous = nullptr;
};

// A member of a wheel, in at most one slot of one wheel. Not owned by it.
class Timed : private Link {
 public:
  Timed() = default;
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 protected:
  ~Timed() = default;

 private:
  friend class Wheel;
  Time due_ = Time::max();
};

class Wheel {
 public:
  static constexpr std::chrono::milliseconds k_slot{250};
  static constexpr std::int64_t k_slots = 256;

  explicit Wheel(Time now) noexcept;
  Wheel(const Wheel&) = delete;
  Wheel& operator=(const Wheel&) = delete;

  // Puts the member at its deadline, from wherever it was. A deadline beyond the horizon is looked
  // at again when the horizon has come; so is Time::max(), so that the wheel holds every member.
  void schedule(Timed& member, Time deadline) noexcept;
  void remove(Timed& member) noexcept;

  // The deadline the member was scheduled for.
  static Time due(const Timed& member) noexcept { return member.due_; }

  // Takes out a member whose slot has passed, one a call; nullptr when there is none. Its deadline
  // may still be ahead: the caller looks, and schedules it again.
  Timed* pop_passed(Time now) noexcept;

  // When pop_passed() may have something next; Time::max() for an empty wheel.
  Time next() const noexcept;

  // Takes out any member, for a sweep over all; nullptr when empty.
  Timed* pop_any() noexcept;

  bool empty() const noexcept { return size_ == 0; }

 private:
  static std::int64_t tick_of(Time time) noexcept;
  Link& slot(std::int64_t tick) noexcept;
  Timed* take_first(Link& slot) noexcept;
  void unlink(Link& member) noexcept;

  std::array<Link, k_slots> slots_;
  std::int64_t current_;   // every slot before it is empty
  std::int64_t earliest_;  // no member is in a slot before it
  std::size_t size_ = 0;
};

}  // namespace websocket::engine
