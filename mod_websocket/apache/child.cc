// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/child.hh"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <unixd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <string_view>
#include <system_error>

#include "mod_websocket/apache/config.hh"
#include "mod_websocket/apache/counting.hh"

namespace websocket::apache {

namespace {

using engine::Clock;
using engine::Time;

constexpr std::string_view k_restart_reason = "the server restarts";
constexpr std::string_view k_stop_reason = "the server stops";

// How long goodbyes may take to leave an ending process.
constexpr std::chrono::milliseconds k_last_moment{500};

// How long clients have to answer a Close when the server waits for this child's slot.
constexpr std::chrono::milliseconds k_short_patience{1000};

// How often a draining child looks whether it may go on draining.
constexpr std::chrono::milliseconds k_look{100};

// Written by the signal's handler, which may do no more.
std::atomic<bool> terminated{false};
int termination_descriptor = -1;
int waiting_tunnels_descriptor = -1;

// A child's own threads wake its main thread by the same signal.
extern "C" void note_termination(int, siginfo_t* info, void*) {
  if (info->si_pid == getpid()) return;
  const int kept = errno;
  terminated = true;
  eventfd_write(termination_descriptor, 1);
  eventfd_write(waiting_tunnels_descriptor, 1);
  errno = kept;
}

void catch_termination() {
  struct sigaction action {};
  action.sa_sigaction = note_termination;
  action.sa_flags = SA_SIGINFO;  // without SA_RESTART: httpd relies on interrupted reads
  sigemptyset(&action.sa_mask);
  sigaction(SIGTERM, &action, nullptr);
}

bool is_threaded_mpm() {
  int threaded = AP_MPMQ_NOT_SUPPORTED;
  return ap_mpm_query(AP_MPMQ_IS_THREADED, &threaded) == APR_SUCCESS &&
         threaded != AP_MPMQ_NOT_SUPPORTED;
}

int mpm_threads() { return std::max(mpm(AP_MPMQ_MAX_THREADS), 1); }

int own_slot() {
  const pid_t self = getpid();
  const int slots = mpm(AP_MPMQ_HARD_LIMIT_DAEMONS);
  for (int slot = 0; slot < slots; ++slot) {
    if (ap_scoreboard_image->parent[slot].pid == self) return slot;
  }
  return 0;
}

bool mpm_is_stopping() {
  int state = AP_MPMQ_RUNNING;
  return ap_mpm_query(AP_MPMQ_MPM_STATE, &state) == APR_SUCCESS && state == AP_MPMQ_STOPPING;
}

}  // namespace

Child& Child::instance() noexcept {
  static Child child;
  return child;
}

void Child::begin(apr_pool_t* pool, server_rec* server) {
  const ProcessConfig& config = process_config(server);
  server_ = server;
  threaded_ = is_threaded_mpm();
  is_worker_ = std::string_view(ap_show_mpm()) == "worker";
  engine_threads_ = config.engine_threads();
  drain_time_ = config.drain_time();
  if (!threaded_) return;
  apr_pool_create(&engine_pool_, pool);
  wake_descriptor_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  waiting_tunnels_descriptor = wake_descriptor_;
  termination_descriptor = eventfd(0, EFD_CLOEXEC);
  // Runs before anything of the pool is torn down, and after the workers have gone.
  apr_pool_pre_cleanup_register(pool, this, [](void* self) -> apr_status_t {
    static_cast<Child*>(self)->drain();
    return APR_SUCCESS;
  });
}

engine::Engine* Child::engine() noexcept {
  if (!threaded_) return nullptr;
  std::call_once(engine_started_, [this] {
    try {
      engine_ = std::make_unique<engine::Engine>(engine_pool_, engine_threads_,
                                                 Counting::instance().orders());
      running_engine_ = engine_.get();
    } catch (const std::exception& failed) {
      ap_log_error(APLOG_MARK, APLOG_CRIT, 0, server_,
                   "WS0204: cannot start the engine: %s; tunnels of this child keep a thread each",
                   failed.what());
    }
  });
  return engine_.get();
}

void Child::stopping(bool graceful) noexcept try {
  Counting::instance().draining();
  engine::Clock::rep never = 0;
  stopping_since_.compare_exchange_strong(never, Clock::now().time_since_epoch().count());
  Stopping before = Stopping::no;
  if (!graceful) {
    stopping_ = Stopping::at_once;
    // Now, not when the workers are gone: one that waits for a client would hold up the goodbyes.
    abandon_all();
    wake_on_thread();
  } else if (stopping_.compare_exchange_strong(before, Stopping::gracefully)) {
    if (threaded_) watch_over_end();
  }
} catch (const std::exception& failed) {
  ap_log_error(APLOG_MARK, APLOG_ERR, 0, server_, "WS0205: child_stopping: %s", failed.what());
}

void Child::watch_over_end() {
  catch_termination();
  try {
    watcher_ = std::thread([this] {
      pollfd ended{.fd = termination_descriptor, .events = POLLIN, .revents = 0};
      while (poll(&ended, 1, static_cast<int>(k_look.count())) <= 0) look_after_drain();
      if (terminated) abandon_all();
    });
  } catch (const std::system_error&) {
    // Nobody would say the goodbyes when the time is up, or when the server needs the slot.
    close_all("no thread can be had that waits with them");
  }
}

std::size_t Child::tunnels() const noexcept {
  const engine::Engine* const engine = running_engine_.load();
  return on_thread_.load() + (engine != nullptr ? engine->tunnels() : 0);
}

void Child::wake_on_thread() noexcept {
  if (wake_descriptor_ >= 0) eventfd_write(wake_descriptor_, 1);
}

void Child::abandon_all() noexcept {
  if (engine::Engine* const engine = running_engine_.load()) {
    engine->abandon_all(frame::CloseCode::going_away, k_stop_reason);
  }
}

Time Child::drain_end() const noexcept {
  return Time(Clock::duration(stopping_since_.load())) + drain_time_;
}

void Child::close_all(const char* why) noexcept {
  ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, server_,
               "WS0207: draining: %" APR_SIZE_T_FMT " tunnels are closed with 1012, because %s",
               tunnels(), why);
  // Unless a stop came meanwhile.
  Stopping expected = Stopping::gracefully;
  stopping_.compare_exchange_strong(expected, Stopping::goodbyes_said);
  if (engine::Engine* const engine = running_engine_.load()) {
    engine->close_all(frame::CloseCode::service_restart, k_restart_reason);
  }
  wake_on_thread();
}

void Child::look_after_drain() noexcept {
  const Stopping how = stopping_.load();
  if (how == Stopping::at_once || tunnels() == 0) return;
  const Time now = Clock::now();
  if (now >= patience_end_) {
    stopping_ = Stopping::at_once;
    abandon_all();
    wake_on_thread();
  } else if (how == Stopping::gracefully && now >= drain_end()) {
    // Their own close time-outs end them.
    close_all("WebSocketDrainTimeout is over");
  } else if (patience_end_ == Time::max() && slots_are_short()) {
    patience_end_ = now + k_short_patience;
    if (how == Stopping::gracefully) {
      close_all("no scoreboard slot is left for a new child (see ServerLimit)");
    }
  }
}

std::optional<engine::Supervisor::Goodbye> Child::goodbye() noexcept {
  using Goodbye = engine::Supervisor::Goodbye;
  if (!threaded_) {
    // prefork announces a graceful end by its state alone.
    if (stopping_.load() == Stopping::no && mpm_is_stopping()) stopping(true);
    const Time now = Clock::now();
    if (stopping_.load() != Stopping::no && now >= next_look_) {
      next_look_ = now + k_look;
      look_after_drain();
    }
  }
  const Stopping how = stopping_.load();
  if (how == Stopping::at_once || terminated) {
    return Goodbye{frame::CloseCode::going_away, k_stop_reason, true};
  }
  if (how == Stopping::goodbyes_said) {
    return Goodbye{frame::CloseCode::service_restart, k_restart_reason, false};
  }
  return std::nullopt;
}

// As event reckons when it looks whether to start a child, with the children of this slot's bucket
// of listeners.
bool Child::enough_threads_are_idle() const noexcept {
  int wanted = 0;
  int slots = 0;
  if (ap_mpm_query(AP_MPMQ_MIN_SPARE_THREADS, &wanted) != APR_SUCCESS ||
      ap_mpm_query(AP_MPMQ_HARD_LIMIT_DAEMONS, &slots) != APR_SUCCESS) {
    return false;
  }
  const int buckets = std::max(ap_unixd_mpm_get_retained_data()->num_buckets, 1);
  const int threads = mpm_threads();
  const int running = ap_scoreboard_image->global->running_generation;
  int idle = 0;
  for (int slot = own_slot() % buckets; slot < slots; slot += buckets) {
    const process_score& each = ap_scoreboard_image->parent[slot];
    if (each.pid == 0 || each.quiescing != 0 || each.not_accepting != 0 ||
        each.generation != running) {
      continue;
    }
    for (int thread = 0; thread < threads; ++thread) {
      if (ap_scoreboard_image->servers[slot][thread].status <= SERVER_READY) ++idle;
    }
  }
  return idle >= wanted / buckets;
}

// The oldest generation drains first; within one, the lowest slot.
bool Child::slots_are_short() const noexcept {
  // A new child of worker takes the slot of one that drains, with the threads that have ended
  // there.
  if (is_worker_ && on_thread_.load() < static_cast<std::size_t>(mpm_threads())) return false;
  // event may use more slots than it has children that serve, prefork may not.
  const int query = threaded_ ? AP_MPMQ_HARD_LIMIT_DAEMONS : AP_MPMQ_MAX_DAEMONS;
  int slots = 0;
  if (ap_mpm_query(query, &slots) != APR_SUCCESS) return false;
  const int running = ap_scoreboard_image->global->running_generation;
  const pid_t self = getpid();
  const process_score* oldest = nullptr;
  for (int slot = 0; slot < slots; ++slot) {
    const process_score& each = ap_scoreboard_image->parent[slot];
    if (each.pid == 0) return false;
    const bool is_draining = each.quiescing != 0 || each.generation != running || each.pid == self;
    if (is_draining && (oldest == nullptr || each.generation < oldest->generation)) oldest = &each;
  }
  if (oldest == nullptr || oldest->pid != self) return false;
  // One of a configuration of before makes room for the next restart, before anybody waits for it.
  // One that was too many (MaxSpareThreads) was so since others are idle: while they are, no child
  // is to be started.
  return oldest->generation != running || !threaded_ || !enough_threads_are_idle();
}

void Child::wait_for_tunnels(engine::Engine& engine) noexcept {
  const std::size_t at_first = engine.tunnels();
  if (at_first == 0) return;
  ap_log_error(APLOG_MARK, APLOG_INFO, 0, server_,
               "WS0206: draining: this child is to end and waits for %" APR_SIZE_T_FMT " tunnels",
               at_first);
  // The watcher sees to it that they end; but for one that a worker handed over after the goodbyes.
  bool all_closed = false;
  while (!engine.wait_until_none(Clock::now() + k_look)) {
    if (terminated || stopping_.load() == Stopping::at_once) return;
    if (all_closed || stopping_.load() != Stopping::goodbyes_said) continue;
    engine.close_all(frame::CloseCode::service_restart, k_restart_reason);
    all_closed = true;
  }
}

void Child::drain() noexcept try {
  if (engine_ && stopping_.load() != Stopping::at_once) wait_for_tunnels(*engine_);
  if (engine_) {
    abandon_all();
    engine_->wait_until_none(Clock::now() + k_last_moment);
  }
  if (watcher_.joinable()) {
    eventfd_write(termination_descriptor, 1);
    watcher_.join();
  }
  running_engine_ = nullptr;
  engine_.reset();
} catch (const std::exception& failed) {
  ap_log_error(APLOG_MARK, APLOG_ERR, 0, server_, "WS0208: draining: %s", failed.what());
}

}  // namespace websocket::apache
