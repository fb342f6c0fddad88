// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/engine/wheel.hh"

#include <algorithm>

namespace websocket::engine {

Wheel::Wheel(Time now) noexcept : current_(tick_of(now)), earliest_(current_) {
  for (Link& link : slots_) link.next = link.previous = &link;
}

std::int64_t Wheel::tick_of(Time time) noexcept { return time.time_since_epoch() / k_slot; }

Link& Wheel::slot(std::int64_t tick) noexcept {
  return slots_[static_cast<std::size_t>(tick % k_slots)];
}

void Wheel::schedule(Timed& member, Time deadline) noexcept {
  remove(member);
  const std::int64_t horizon = current_ + k_slots - 1;
  // One slot on: a slot is looked at when all of it has passed, never early.
  const std::int64_t tick =
      deadline == Time::max() ? horizon : std::clamp(tick_of(deadline) + 1, current_, horizon);
  Link& head = slot(tick);
  Link& link = member;
  link.next = &head;
  link.previous = head.previous;
  head.previous->next = &link;
  head.previous = &link;
  member.due_ = deadline;
  earliest_ = size_ == 0 ? tick : std::min(earliest_, tick);
  ++size_;
}

void Wheel::remove(Timed& member) noexcept {
  if (member.next != nullptr) unlink(member);
}

void Wheel::unlink(Link& member) noexcept {
  member.next->previous = member.previous;
  member.previous->next = member.next;
  member.next = member.previous = nullptr;
  --size_;
}

Timed* Wheel::take_first(Link& head) noexcept {
  if (head.next == &head) return nullptr;
  Link& first = *head.next;
  unlink(first);
  return static_cast<Timed*>(&first);
}

Timed* Wheel::pop_passed(Time now) noexcept {
  const std::int64_t until = tick_of(now);
  if (size_ == 0) current_ = earliest_ = std::max(current_, until);
  while (current_ <= until) {
    if (current_ >= earliest_) {
      if (Timed* const member = take_first(slot(current_))) return member;
    }
    if (current_ == until) break;
    ++current_;
  }
  if (earliest_ <= current_) {
    earliest_ = current_;
    while (size_ != 0 && slot(earliest_).next == &slot(earliest_)) ++earliest_;
  }
  return nullptr;
}

Time Wheel::next() const noexcept {
  if (size_ == 0) return Time::max();
  return Time(earliest_ * k_slot);
}

Timed* Wheel::pop_any() noexcept {
  if (size_ == 0) return nullptr;
  for (Link& head : slots_) {
    if (Timed* const member = take_first(head)) return member;
  }
  return nullptr;
}

}  // namespace websocket::engine
