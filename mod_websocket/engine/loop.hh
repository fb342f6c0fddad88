// SPDX-License-Identifier: Apache-2.0
// One engine thread: an APR pollset, a timer wheel and the tunnels that it serves.
//
// Once a second, and only while it has tunnels, it has those report that have moved anything since,
// and looks whether somebody wants tunnels to end. So a message costs no more than a look at a
// flag.
//
// Who owns a tunnel. adopt() may be called by any thread; under mutex_ it registers both ends and
// puts the tunnel into `adopted_`. From the moment the mutex is released the loop's thread owns it
// and no other touches it again. The loop takes the mutex once after each poll: an event of a
// tunnel whose adoption is still going on cannot be served before the adopter has let go.
#pragma once

#include <apr_poll.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "mod_websocket/engine/wheel.hh"
#include "mod_websocket/tunnel/tunnel.hh"

namespace websocket::engine {

// Number of tunnels over all loops, for those who wait until there are none.
class Census {
 public:
  void add() noexcept;
  void subtract() noexcept;
  std::size_t count() const noexcept { return count_.load(std::memory_order_relaxed); }
  // False if there still were some when `until` came.
  bool wait_until_none(Time until);

 private:
  std::atomic<std::size_t> count_{0};
  std::mutex mutex_;
  std::condition_variable none_;
};

// Grows each time that the journals of some tunnels have become dismissed; null: they never do.
using Dismissals = const std::atomic<std::uint32_t>*;

class Loop {
 public:
  static constexpr std::chrono::seconds k_beat{1};

  // `pool` outlives the loop and is not used by another thread while it is constructed. Throws
  // std::system_error where no pollset or thread can be had.
  Loop(apr_pool_t* pool, Census& census, Dismissals dismissals);
  // Ends the thread; tunnels still there are abandoned.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Any thread. False, with the tunnel untouched, where the descriptors cannot be polled.
  bool adopt(std::unique_ptr<tunnel::Tunnel>& tunnel);

  // Any thread. Begins the close handshake of every tunnel, also of those adopted later.
  void close_all(frame::CloseCode code, std::string_view reason);
  // Any thread. Says goodbye to every tunnel at once, also to those adopted later.
  void abandon_all(frame::CloseCode code, std::string_view reason);

 private:
  struct Seat;
  struct SeatDelete {
    void operator()(Seat* seat) const noexcept;
  };
  using SeatHandle = std::unique_ptr<Seat, SeatDelete>;

  enum class Farewell : std::uint8_t { none, close, abandon };
  struct Order {
    Farewell farewell = Farewell::none;
    frame::CloseCode code = frame::CloseCode::normal;
    std::string reason;
  };

  void run();
  apr_interval_time_t sleep_time(Time now);
  void take_orders(Time now);
  void carry_out(const Order& order, Seat& seat, Time now);
  void serve(const apr_pollfd_t& event, Time now);
  void serve_waiting(Time now);
  // Lets the seat's tunnel do one thing, and sees to what follows from it. A tunnel that finds no
  // memory is abandoned; the others go on.
  template <class Step>
  void take_step(Seat& seat, Step step) noexcept;
  void after_step(Seat& seat) noexcept;
  void line_up(Seat& seat) noexcept;
  void note_for_report(Seat& seat) noexcept;
  void forget_report(Seat& seat) noexcept;
  void beat(Time now);
  // The visitor may bury the seat.
  template <class Visitor>
  void for_each_seat(Time now, Visitor visitor);
  void bury(Seat& seat) noexcept;
  void clear_graveyard() noexcept;
  bool watch(apr_pollfd_t& pollfd, int descriptor, apr_int16_t wanted) noexcept;
  bool add(apr_pollfd_t& pollfd, int descriptor, apr_socket_t* holder) noexcept;
  void remove(apr_pollfd_t& pollfd, int descriptor, apr_socket_t* holder) noexcept;
  void give(Order order);

  Census& census_;
  apr_pollset_t* pollset_ = nullptr;
  // APR polls sockets of its own kind; these two lend their shape to any descriptor while it is
  // added or removed. One is the thread's, one belongs to whoever holds mutex_.
  apr_socket_t* own_holder_ = nullptr;
  apr_socket_t* adopting_holder_ = nullptr;
  tunnel::Scratch scratch_;
  Wheel wheel_;
  Seat* waiting_ = nullptr;       // have more to serve, whatever the poll says
  Seat* graveyard_ = nullptr;     // freed when no event of this round can name them
  std::vector<Seat*> reporting_;  // something may have moved since their last report
  Time next_beat_;
  Dismissals dismissals_;
  std::uint32_t dismissals_seen_ = 0;

  std::mutex mutex_;
  // Under mutex_:
  std::vector<SeatHandle> adopted_;  // without a tunnel: one that could not be polled
  Order order_;                      // stands for all tunnels, also for those that come later
  bool order_is_new_ = false;
  bool stopping_ = false;
  Time wakes_at_ = Time::max();

  std::thread thread_;
};

}  // namespace websocket::engine
