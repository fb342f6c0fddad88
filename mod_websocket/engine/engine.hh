// SPDX-License-Identifier: Apache-2.0
// The shared engine of a process: some loops, each with a thread, over which adopted tunnels are
// spread. No tunnel keeps a thread.
#pragma once

#include <apr_pools.h>

#include <atomic>
#include <memory>
#include <string_view>
#include <vector>

#include "mod_websocket/engine/loop.hh"

namespace websocket::engine {

class Engine {
 public:
  // Starts `threads` (>= 1) loops. `pool` outlives the engine and is used by no other thread
  // meanwhile. Throws std::system_error.
  Engine(apr_pool_t* pool, unsigned threads, Dismissals dismissals = nullptr);

  // Any thread. The engine takes the tunnel over: whoever called must not touch it again. Its ends
  // have descriptors. False, with the tunnel still the caller's, where it cannot be polled.
  bool adopt(std::unique_ptr<tunnel::Tunnel>& tunnel);

  // Any thread. Tunnels that the engine holds now.
  std::size_t tunnels() const noexcept { return census_.count(); }

  // Any thread. Begins the close handshake of all tunnels, also of those adopted later.
  void close_all(frame::CloseCode code, std::string_view reason);
  // Any thread. Says goodbye to all at once, without waiting for answers.
  void abandon_all(frame::CloseCode code, std::string_view reason);
  // False if there still were tunnels when `until` came.
  bool wait_until_none(Time until) { return census_.wait_until_none(until); }

 private:
  Census census_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::atomic<std::size_t> turn_{0};
};

}  // namespace websocket::engine
