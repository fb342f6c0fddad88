// SPDX-License-Identifier: Apache-2.0
// Waits that a signal interrupts.
#include <poll.h>
#include <sys/epoll.h>

#include <cerrno>

#include "test/faults/plan.hh"
#include "test/faults/real.hh"

namespace {

using faults::plan;
using faults::Real;

constinit Real<int(int, epoll_event*, int, int)> real_epoll_wait{"epoll_wait"};
constinit Real<int(pollfd*, nfds_t, int)> real_poll{"poll"};
constinit Real<int(pollfd*, nfds_t, const timespec*, const sigset_t*)> real_ppoll{"ppoll"};

bool is_interrupted() noexcept {
  if (plan() == nullptr || !faults::strikes(plan()->interrupt_chance, plan()->interrupted)) {
    return false;
  }
  errno = EINTR;
  return true;
}

}  // namespace

extern "C" {

int epoll_wait(int set, epoll_event* events, int most, int timeout) {
  return is_interrupted() ? -1 : real_epoll_wait(set, events, most, timeout);
}

int poll(pollfd* polled, nfds_t count, int timeout) {
  return is_interrupted() ? -1 : real_poll(polled, count, timeout);
}

int ppoll(pollfd* polled, nfds_t count, const timespec* timeout, const sigset_t* signals) {
  return is_interrupted() ? -1 : real_ppoll(polled, count, timeout, signals);
}

}  // extern "C"
