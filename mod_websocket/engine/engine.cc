// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/engine/engine.hh"

namespace websocket::engine {

Engine::Engine(apr_pool_t* pool, unsigned threads, Dismissals dismissals) {
  for (unsigned i = 0; i < threads; ++i) {
    loops_.push_back(std::make_unique<Loop>(pool, census_, dismissals));
  }
}

bool Engine::adopt(std::unique_ptr<tunnel::Tunnel>& tunnel) {
  const std::size_t turn = turn_.fetch_add(1, std::memory_order_relaxed);
  return loops_[turn % loops_.size()]->adopt(tunnel);
}

void Engine::close_all(frame::CloseCode code, std::string_view reason) {
  for (const auto& loop : loops_) loop->close_all(code, reason);
}

void Engine::abandon_all(frame::CloseCode code, std::string_view reason) {
  for (const auto& loop : loops_) loop->abandon_all(code, reason);
}

}  // namespace websocket::engine
