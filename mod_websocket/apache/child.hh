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
// A stop of the whole server reaches a draining child as SIGTERM, while its main thread may still
// wait for workers: a thread of its own waits for that, from the moment the child is to end.
//
// A draining child keeps its slot in the scoreboard. Where no slot is free any more, the oldest
// one that drains stops waiting, so that the server can always start a child.
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
  // child_stopping; any thread.
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

 private:
  Child() = default;
  void watch_for_termination();
  void abandon_all() noexcept;
  void drain() noexcept;
  void wait_for_tunnels(engine::Engine& engine) noexcept;
  bool slots_are_short() const noexcept;
  engine::Time drain_end() const noexcept;

  server_rec* server_ = nullptr;
  apr_pool_t* engine_pool_ = nullptr;
  bool threaded_ = false;
  int wake_descriptor_ = -1;
  unsigned engine_threads_ = 1;
  std::chrono::milliseconds drain_time_{0};
  std::once_flag engine_started_;
  std::unique_ptr<engine::Engine> engine_;
  std::atomic<engine::Engine*> running_engine_{nullptr};
  std::thread watcher_;

  enum class Stopping : int { no, gracefully, at_once };
  std::atomic<Stopping> stopping_{Stopping::no};
  std::atomic<engine::Clock::rep> stopping_since_{0};
};

}  // namespace websocket::apache
