// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/engine/loop.hh"

#include <apr_network_io.h>
#include <apr_portable.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <new>
#include <system_error>
#include <utility>

namespace websocket::engine {

namespace {

// Events taken from the pollset at once.
constexpr apr_uint32_t k_batch = 256;

// Signals are the process's own business: none is to be delivered to an engine thread.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

void check(apr_status_t status, const char* what) {
  if (status != APR_SUCCESS) {
    throw std::system_error(status, std::system_category(), what);
  }
}

apr_int16_t events(bool readable, bool writable) {
  return static_cast<apr_int16_t>((readable ? APR_POLLIN : 0) | (writable ? APR_POLLOUT : 0));
}

}  // namespace

// ---- Census --------------------------------------------------------------------------------

void Census::add() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }

void Census::subtract() noexcept {
  if (count_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const std::lock_guard lock(mutex_);
  none_.notify_all();
}

bool Census::wait_until_none(Time until) {
  std::unique_lock lock(mutex_);
  return none_.wait_until(lock, until, [this] { return count() == 0; });
}

// ---- Seat ----------------------------------------------------------------------------------

// A tunnel's place in a loop. Its address is the client_data of both pollfds; the lowest bit says
// which end. reqevents is 0 while an end is not in the pollset.
struct Loop::Seat final : Timed {
  explicit Seat(std::unique_ptr<tunnel::Tunnel> whose) noexcept : tunnel(std::move(whose)) {
    client.desc_type = target.desc_type = APR_POLL_SOCKET;
    const auto tag = reinterpret_cast<std::uintptr_t>(this);
    client.client_data = reinterpret_cast<void*>(tag);
    target.client_data = reinterpret_cast<void*>(tag | k_target);
  }

  static constexpr std::uintptr_t k_target = 1;

  std::unique_ptr<tunnel::Tunnel> tunnel;  // null once buried
  apr_pollfd_t client{};
  apr_pollfd_t target{};
  Seat* next = nullptr;      // in waiting_ or in graveyard_, never in both
  bool waits = false;        // is in waiting_
  std::uint32_t report = 0;  // its place in reporting_, from 1
};

void Loop::SeatDelete::operator()(Seat* seat) const noexcept { delete seat; }

// ---- other threads -------------------------------------------------------------------------

Loop::Loop(apr_pool_t* pool, Census& census, Dismissals dismissals)
    : census_(census),
      wheel_(Clock::now()),
      next_beat_(Clock::now() + k_beat),
      dismissals_(dismissals) {
  check(apr_pollset_create(&pollset_, k_batch, pool,
                           APR_POLLSET_THREADSAFE | APR_POLLSET_NOCOPY | APR_POLLSET_WAKEABLE),
        "apr_pollset_create");
  for (apr_socket_t** holder : {&own_holder_, &adopting_holder_}) {
    apr_os_sock_t none = -1;
    check(apr_os_sock_put(holder, &none, pool), "apr_os_sock_put");
  }
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { run(); });
}

Loop::~Loop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  apr_pollset_wakeup(pollset_);
  thread_.join();
  apr_pollset_destroy(pollset_);
}

bool Loop::add(apr_pollfd_t& pollfd, int descriptor, apr_socket_t* holder) noexcept {
  apr_os_sock_t native = descriptor;
  apr_os_sock_put(&holder, &native, nullptr);
  pollfd.desc.s = holder;
  return apr_pollset_add(pollset_, &pollfd) == APR_SUCCESS;
}

void Loop::remove(apr_pollfd_t& pollfd, int descriptor, apr_socket_t* holder) noexcept {
  apr_os_sock_t native = descriptor;
  apr_os_sock_put(&holder, &native, nullptr);
  pollfd.desc.s = holder;
  apr_pollset_remove(pollset_, &pollfd);
  pollfd.reqevents = 0;
}

bool Loop::adopt(std::unique_ptr<tunnel::Tunnel>& tunnel) {
  SeatHandle seat(new Seat(std::move(tunnel)));
  const tunnel::Readiness wants = seat->tunnel->wants();
  const int client = seat->tunnel->client().descriptor();
  const int target = seat->tunnel->target().descriptor();
  const Time deadline = seat->tunnel->deadline();
  const bool has_more_to_serve = seat->tunnel->has_more_to_serve();
  seat->client.reqevents = events(wants.client_readable, wants.client_writable);
  seat->target.reqevents = events(wants.target_readable, wants.target_writable);
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    adopted_.reserve(adopted_.size() + 1);  // nothing may throw once an end is registered
    bool added = seat->client.reqevents == 0 || add(seat->client, client, adopting_holder_);
    if (added && seat->target.reqevents != 0 && !add(seat->target, target, adopting_holder_)) {
      if (seat->client.reqevents != 0) remove(seat->client, client, adopting_holder_);
      added = false;
    }
    if (!added) {
      // The loop may hold an event that names the seat, and so is the one to free it.
      tunnel = std::move(seat->tunnel);
      adopted_.push_back(std::move(seat));
      return false;
    }
    adopted_.push_back(std::move(seat));
    census_.add();
    // Where the loop wakes before the deadline anyway, there is no need to wake it now. One that
    // sleeps without an end has no beat().
    wake = deadline < wakes_at_ || wakes_at_ == Time::max() || order_.farewell != Farewell::none ||
           has_more_to_serve;
  }
  if (wake) apr_pollset_wakeup(pollset_);
  return true;
}

void Loop::give(Order order) {
  {
    const std::lock_guard lock(mutex_);
    order_ = std::move(order);
    order_is_new_ = true;
  }
  apr_pollset_wakeup(pollset_);
}

void Loop::close_all(frame::CloseCode code, std::string_view reason) {
  give({Farewell::close, code, std::string(reason)});
}

void Loop::abandon_all(frame::CloseCode code, std::string_view reason) {
  give({Farewell::abandon, code, std::string(reason)});
}

// ---- the loop's own thread -----------------------------------------------------------------

void Loop::run() {
  while (true) {
    apr_int32_t count = 0;
    const apr_pollfd_t* ready = nullptr;
    const apr_status_t status =
        apr_pollset_poll(pollset_, sleep_time(Clock::now()), &count, &ready);
    const Time now = Clock::now();
    take_orders(now);
    if (status == APR_SUCCESS) {
      for (apr_int32_t i = 0; i < count; ++i) serve(ready[i], now);
    }
    serve_waiting(now);
    while (Timed* const passed = wheel_.pop_passed(now)) {
      Seat& seat = static_cast<Seat&>(*passed);
      take_step(seat, [now](tunnel::Tunnel& tunnel) { tunnel.expire(now); });
      if (seat.tunnel) wheel_.schedule(seat, seat.tunnel->deadline());
    }
    if (now >= next_beat_) beat(now);
    clear_graveyard();
    const std::lock_guard lock(mutex_);
    if (stopping_ && wheel_.empty() && adopted_.empty()) return;
  }
}

apr_interval_time_t Loop::sleep_time(Time now) {
  const Time next = wheel_.empty() ? Time::max() : std::min(wheel_.next(), next_beat_);
  const std::lock_guard lock(mutex_);
  if (waiting_ != nullptr || !adopted_.empty() || order_is_new_ || stopping_) return 0;
  wakes_at_ = next;
  if (next == Time::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::microseconds>(next - now).count();
  return left > 0 ? left : 0;
}

void Loop::take_orders(Time now) {
  std::vector<SeatHandle> adopted;
  Order order;
  bool is_new = false;
  {
    const std::lock_guard lock(mutex_);
    adopted.swap(adopted_);
    if (stopping_ && order_.farewell != Farewell::abandon) {
      order_ = {Farewell::abandon, frame::CloseCode::going_away, "the server stops"};
      order_is_new_ = true;
    }
    if (order_.farewell != Farewell::none) order = order_;
    is_new = std::exchange(order_is_new_, false);
  }
  for (SeatHandle& handle : adopted) {
    if (!handle->tunnel) {
      handle->next = graveyard_;
      graveyard_ = handle.release();
      continue;
    }
    Seat& seat = *handle.release();  // the wheel has it from here on, until bury()
    wheel_.schedule(seat, seat.tunnel->deadline());
    line_up(seat);
    if (seat.report == 0) note_for_report(seat);
    if (!is_new) carry_out(order, seat, now);
    // It may have been dismissed between its opening and now: that beat() has passed.
    if (seat.tunnel) take_step(seat, [now](tunnel::Tunnel& tunnel) { tunnel.heed_dismissal(now); });
  }
  if (is_new) for_each_seat(now, [&](Seat& seat) { carry_out(order, seat, now); });
}

template <class Visitor>
void Loop::for_each_seat(Time now, Visitor visitor) {
  // By way of a wheel of their own, so that each is met once.
  Wheel all(now);
  while (Timed* const member = wheel_.pop_any()) all.schedule(*member, Time::max());
  while (Timed* const member = all.pop_any()) {
    Seat& seat = static_cast<Seat&>(*member);
    wheel_.schedule(seat, seat.tunnel->deadline());
    visitor(seat);
  }
}

void Loop::beat(Time now) {
  next_beat_ = now + k_beat;
  for (Seat* const seat : reporting_) {
    seat->report = 0;
    seat->tunnel->report(now);
  }
  reporting_.clear();
  if (dismissals_ == nullptr) return;
  const std::uint32_t dismissals = dismissals_->load(std::memory_order_acquire);
  if (std::exchange(dismissals_seen_, dismissals) == dismissals) return;
  for_each_seat(now, [&](Seat& seat) {
    take_step(seat, [now](tunnel::Tunnel& tunnel) { tunnel.heed_dismissal(now); });
  });
}

void Loop::carry_out(const Order& order, Seat& seat, Time now) {
  if (order.farewell == Farewell::none) return;
  take_step(seat, [&order, now](tunnel::Tunnel& tunnel) {
    if (order.farewell == Farewell::close) {
      tunnel.close(order.code, order.reason, now);
    } else {
      tunnel.abandon(order.code, order.reason);
    }
  });
}

void Loop::serve(const apr_pollfd_t& event, Time now) {
  const auto tag = reinterpret_cast<std::uintptr_t>(event.client_data);
  Seat& seat = *reinterpret_cast<Seat*>(tag & ~Seat::k_target);
  if (!seat.tunnel) return;  // buried in this very round
  const bool is_target = (tag & Seat::k_target) != 0;
  // What has failed or hung up says so at the next read or write: whichever is wanted.
  constexpr int k_gone = APR_POLLHUP | APR_POLLERR | APR_POLLNVAL;
  const int wanted = (is_target ? seat.target : seat.client).reqevents;
  const int seen = event.rtnevents | ((event.rtnevents & k_gone) != 0 ? wanted : 0);
  const bool readable = (seen & APR_POLLIN) != 0;
  const bool writable = (seen & APR_POLLOUT) != 0;
  take_step(seat, [&](tunnel::Tunnel& tunnel) {
    tunnel.service({.client_readable = !is_target && readable,
                    .client_writable = !is_target && writable,
                    .target_readable = is_target && readable,
                    .target_writable = is_target && writable},
                   scratch_, now);
  });
}

void Loop::serve_waiting(Time now) {
  Seat* all = std::exchange(waiting_, nullptr);
  while (all != nullptr) {
    Seat& seat = *std::exchange(all, all->next);
    seat.waits = false;
    if (seat.tunnel) {
      take_step(seat, [&](tunnel::Tunnel& tunnel) { tunnel.service({}, scratch_, now); });
    } else {
      seat.next = std::exchange(graveyard_, &seat);
    }
  }
}

template <class Step>
void Loop::take_step(Seat& seat, Step step) noexcept {
  try {
    step(*seat.tunnel);
  } catch (const std::bad_alloc&) {
    seat.tunnel->abandon(frame::CloseCode::internal_error, "out of memory");
  }
  after_step(seat);
}

void Loop::after_step(Seat& seat) noexcept {
  tunnel::Tunnel& tunnel = *seat.tunnel;
  if (!tunnel.finished()) {
    const tunnel::Readiness wants = tunnel.wants();
    const bool watched = watch(seat.client, tunnel.client().descriptor(),
                               events(wants.client_readable, wants.client_writable)) &&
                         watch(seat.target, tunnel.target().descriptor(),
                               events(wants.target_readable, wants.target_writable));
    if (!watched) tunnel.abandon(frame::CloseCode::internal_error, "cannot poll");
  }
  if (tunnel.finished()) return bury(seat);
  line_up(seat);
  if (seat.report == 0) note_for_report(seat);
  // A later deadline is found when the old one passes.
  if (tunnel.deadline() < Wheel::due(seat)) wheel_.schedule(seat, tunnel.deadline());
}

// Once at most, and only where no poll would announce what there is to do.
void Loop::line_up(Seat& seat) noexcept {
  if (seat.waits || !seat.tunnel->has_more_to_serve()) return;
  seat.waits = true;
  seat.next = std::exchange(waiting_, &seat);
}

void Loop::note_for_report(Seat& seat) noexcept try {
  reporting_.push_back(&seat);
  seat.report = static_cast<std::uint32_t>(reporting_.size());
} catch (const std::bad_alloc&) {
  // Its next step brings it here again, and its end reports in any case.
}

void Loop::forget_report(Seat& seat) noexcept {
  if (seat.report == 0) return;
  Seat* const last = reporting_.back();
  reporting_[seat.report - 1] = last;
  last->report = seat.report;
  seat.report = 0;
  reporting_.pop_back();
}

// An end that is waited for in no way leaves the pollset: a peer that hung up would else be
// reported without end. It is met again by the read or write that comes next.
bool Loop::watch(apr_pollfd_t& pollfd, int descriptor, apr_int16_t wanted) noexcept {
  if (pollfd.reqevents == wanted) return true;
  if (pollfd.reqevents != 0) remove(pollfd, descriptor, own_holder_);
  if (wanted == 0) return true;
  pollfd.reqevents = wanted;
  if (add(pollfd, descriptor, own_holder_)) return true;
  pollfd.reqevents = 0;
  return false;
}

void Loop::bury(Seat& seat) noexcept {
  tunnel::Tunnel& tunnel = *seat.tunnel;
  if (seat.client.reqevents != 0) remove(seat.client, tunnel.client().descriptor(), own_holder_);
  if (seat.target.reqevents != 0) remove(seat.target, tunnel.target().descriptor(), own_holder_);
  wheel_.remove(seat);
  forget_report(seat);
  seat.tunnel.reset();
  if (!seat.waits) seat.next = std::exchange(graveyard_, &seat);
  census_.subtract();
}

void Loop::clear_graveyard() noexcept {
  while (graveyard_ != nullptr) {
    const SeatHandle seat(std::exchange(graveyard_, graveyard_->next));
  }
}

}  // namespace websocket::engine
