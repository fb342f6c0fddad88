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

Readiness wait(tunnel::Tunnel& tunnel, const OneThreadOptions& options) {
  const Readiness wants = tunnel.wants();
  std::array<pollfd, 3> polled = {
      entry(options.client_descriptor,
            events(wants.client_readable, wants.client_writable && options.client_room == nullptr)),
      entry(tunnel.target().descriptor(), events(wants.target_readable, wants.target_writable)),
      entry(options.wake_descriptor, POLLIN),
  };
  const auto until_deadline =
      tunnel.deadline() == Time::max() ? Clock::duration::max() : tunnel.deadline() - Clock::now();
  Clock::duration sleep = std::min<Clock::duration>(until_deadline, k_supervision);
  const bool looks_for_room = wants.client_writable && options.client_room != nullptr;
  if (looks_for_room) {
    sleep = std::min<Clock::duration>(sleep, options.client_room->look_again_in());
  }
  if (tunnel.has_more_to_serve()) sleep = Clock::duration::zero();
  const timespec time = as_timespec(sleep);
  if (ppoll(polled.data(), polled.size(), &time, options.signals_while_polling) < 0) return {};
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
  while (true) {
    tunnel.service(ready, scratch, Clock::now());
    if (tunnel.finished()) return;
    if (const auto goodbye = supervisor.goodbye()) {
      if (goodbye->at_once) {
        tunnel.abandon(goodbye->code, goodbye->reason);
      } else {
        tunnel.close(goodbye->code, goodbye->reason, Clock::now());
      }
      if (tunnel.finished()) return;
    }
    ready = wait(tunnel, options);
    tunnel.expire(Clock::now());
  }
} catch (const std::bad_alloc&) {
  tunnel.abandon(frame::CloseCode::internal_error, "out of memory");
}

}  // namespace websocket::engine
