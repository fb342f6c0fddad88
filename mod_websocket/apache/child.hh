// SPDX-License-Identifier: Apache-2.0
// A child process of httpd: its engine, and how it ends without cutting tunnels.
//
// httpd tells a child that it is to end (child_stopping) and then waits for its workers, which the
// tunnels of the engine do not keep. When the workers are gone it destroys the child's pool; a
// pre-cleanup of that pool is where the child waits until its tunnels are gone too:
//
//   graceful    (restart, MaxSpareThreads, MaxConnectionsPerChild) tunnels go on undisturbed for
//               WebSocketDrainTimeout; what is left then gets Close 1012
//   ungraceful  (stop, restart) every tunnel gets Close 1001 at once; no answer is waited for
//
// Tunnels that stay on a worker's thread (HTTP/2, connections with filters) keep the workers from
// going. So it is not the main thread that watches over a graceful end but a thread of its own,
// from the moment the child is to end: it says the goodbyes when the time is up.
//
// A stop of the whole server reaches a draining child as SIGTERM, while its main thread may still
// wait for workers: the same thread waits for that.
//
// A draining child keeps its slot in the scoreboard; on the worker MPM only where tunnels keep all
// of its threads. Where no slot is free any more, the oldest one that drains stops waiting, so that
// the server can always start a child; one that is not of an older generation does so only where
// too few threads are idle. Under prefork a child looks for that itself while it carries
// its tunnel.
#pragma once

#include <signal.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include "mod_websocket/apache/httpd.hh"
#include "mod_websocket/engine/engine.hh"
#include "mod_websocket/engine/one_thread.hh"

namespace websocket::apache {

class Child {
 public:
  // The one of this process.
  static Child& instance() noexcept;

  // child_init, once, before any worker runs.
  void begin(apr_pool_t* pool, server_rec* server);
  // child_stopping; any thread, and several at once: httpd's listener and its main thread may both
  // find that the child is to end.
  void stopping(bool graceful) noexcept;

  // False under prefork, where a process has one connection and no thread to spare.
  bool is_threaded() const noexcept { return threaded_; }

  // The engine, started by the first who asks; null where it could not be started, or where the
  // process is not threaded. Any thread.
  engine::Engine* engine() noexcept;

  // For tunnels that stay on a worker's thread. Readable once the child is stopping; -1 under
  // prefork.
  int wake_descriptor() const noexcept { return wake_descriptor_; }
  std::optional<engine::Supervisor::Goodbye> goodbye() noexcept;

  // A tunnel that stays on this worker's thread, for as long as it does.
  class OnThread {
   public:
    OnThread() noexcept { ++instance().on_thread_; }
    ~OnThread() { --instance().on_thread_; }
    OnThread(const OnThread&) = delete;
    OnThread& operator=(const OnThread&) = delete;
  };

 private:
  Child() = default;
  void watch_over_end();
  void look_after_drain() noexcept;
  void close_all(const char* why) noexcept;
  void abandon_all() noexcept;
  void drain() noexcept;
  void wait_for_tunnels(engine::Engine& engine) noexcept;
  bool slots_are_short() const noexcept;
  bool enough_threads_are_idle() const noexcept;
  std::size_t tunnels() const noexcept;
  void wake_on_thread() noexcept;
  engine::Time drain_end() const noexcept;

  server_rec* server_ = nullptr;
  apr_pool_t* engine_pool_ = nullptr;
  bool threaded_ = false;
  bool is_worker_ = false;
  int wake_descriptor_ = -1;
  unsigned engine_threads_ = 1;
  std::chrono::milliseconds drain_time_{0};
  std::once_flag engine_started_;
  std::unique_ptr<engine::Engine> engine_;
  std::atomic<engine::Engine*> running_engine_{nullptr};
  std::atomic<std::size_t> on_thread_{0};
  std::thread watcher_;

  // Only ever goes up.
  enum class Stopping : int {
    no,
    gracefully,
    goodbyes_said,  // tunnels are closed with 1012
    at_once,
  };
  std::atomic<Stopping> stopping_{Stopping::no};
  std::atomic<engine::Clock::rep> stopping_since_{0};  // 0: it is not

  // Of the thread that looks after the drain: the watcher, under prefork the only one.
  engine::Time next_look_{};
  engine::Time patience_end_ = engine::Time::max();
};

}  // namespace websocket::apache
