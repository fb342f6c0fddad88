// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/engine/one_thread.hh"

#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <new>

namespace websocket::engine {

namespace {

using tunnel::Clock;
using tunnel::Readiness;
using tunnel::Time;

constexpr std::chrono::milliseconds k_supervision{1000};

// How long a wake that was seen is not looked at: it stays readable.
constexpr std::chrono::milliseconds k_wake_pause{250};

short events(bool readable, bool writable) {
  return static_cast<short>((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
}

// A descriptor that is waited for in no way is left out: poll() would report that its peer hung up
// over and over.
pollfd entry(int descriptor, short wanted) {
  return {.fd = wanted != 0 ? descriptor : -1, .events = wanted, .revents = 0};
}

short seen(const pollfd& polled) {
  constexpr short k_gone = POLLHUP | POLLERR | POLLNVAL;
  return static_cast<short>(polled.revents | ((polled.revents & k_gone) != 0 ? polled.events : 0));
}

timespec as_timespec(Clock::duration time) {
  const auto nanoseconds =
      std::chrono::nanoseconds(std::max(time, Clock::duration::zero())).count();
  return {.tv_sec = nanoseconds / 1'000'000'000, .tv_nsec = nanoseconds % 1'000'000'000};
}

Readiness wait(tunnel::Tunnel& tunnel, const OneThreadOptions& options, Time& wake_pause_end) {
  const Readiness wants = tunnel.wants();
  const Time now = Clock::now();
  const Clock::duration wake_pause = std::max(wake_pause_end - now, Clock::duration::zero());
  const bool looks_for_wake = options.wake_descriptor >= 0 && wake_pause == Clock::duration::zero();
  std::array<pollfd, 3> polled = {
      entry(options.client_descriptor,
            events(wants.client_readable, wants.client_writable && options.client_room == nullptr)),
      entry(tunnel.target().descriptor(), events(wants.target_readable, wants.target_writable)),
      entry(looks_for_wake ? options.wake_descriptor : -1, POLLIN),
  };
  const auto until_deadline =
      tunnel.deadline() == Time::max() ? Clock::duration::max() : tunnel.deadline() - now;
  Clock::duration sleep = std::min<Clock::duration>(until_deadline, k_supervision);
  if (!looks_for_wake && options.wake_descriptor >= 0) sleep = std::min(sleep, wake_pause);
  const bool looks_for_room = wants.client_writable && options.client_room != nullptr;
  if (looks_for_room) {
    sleep = std::min<Clock::duration>(sleep, options.client_room->look_again_in());
  }
  if (tunnel.has_more_to_serve()) sleep = Clock::duration::zero();
  const timespec time = as_timespec(sleep);
  if (ppoll(polled.data(), polled.size(), &time, options.signals_while_polling) < 0) return {};
  if (polled[2].revents != 0) wake_pause_end = Clock::now() + k_wake_pause;
  const short client = seen(polled[0]);
  const short target = seen(polled[1]);
  return {
      .client_readable = (client & POLLIN) != 0,
      .client_writable = (client & POLLOUT) != 0 || looks_for_room,
      .target_readable = (target & POLLIN) != 0,
      .target_writable = (target & POLLOUT) != 0,
  };
}

}  // namespace

void drive_on_this_thread(tunnel::Tunnel& tunnel, const OneThreadOptions& options,
                          Supervisor& supervisor) try {
  tunnel::Scratch scratch;
  Readiness ready{};
  Time wake_pause_end{};
  Time next_beat = Clock::now();
  while (true) {
    tunnel.service(ready, scratch, Clock::now());
    if (tunnel.finished()) return;
    if (const Time now = Clock::now(); now >= next_beat) {
      next_beat = now + k_supervision;
      tunnel.report(now);
      tunnel.heed_dismissal(now);
      if (tunnel.finished()) return;
    }
    if (const auto goodbye = supervisor.goodbye()) {
      if (goodbye->at_once) {
        tunnel.abandon(goodbye->code, goodbye->reason);
      } else {
        tunnel.close(goodbye->code, goodbye->reason, Clock::now());
      }
      if (tunnel.finished()) return;
    }
    ready = wait(tunnel, options, wake_pause_end);
    tunnel.expire(Clock::now());
  }
} catch (const std::bad_alloc&) {
  tunnel.abandon(frame::CloseCode::internal_error, "out of memory");
}

}  // namespace websocket::engine
