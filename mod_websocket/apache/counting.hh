// SPDX-License-Identifier: Apache-2.0
// Counts for the status page what happens in all children: the server's board (status/board.hh).
//
// Like the table of tunnels (apache/admission.hh) the board is anonymous shared memory of the
// parent's process pool, made when the server starts and kept over restarts.
//
// An endpoint is a virtual host and a policy: the URI of a document or script, the path of a
// WebSocketPolicyFile, or `websocket-echo`. What a client can write at will makes no endpoint: that
// of a script is named when it has answered with a policy, and before that counts as another.
#pragma once

#include <chrono>

#include "mod_websocket/apache/httpd.hh"
#include "mod_websocket/refusal/reason.hh"
#include "mod_websocket/status/board.hh"

namespace websocket::apache {

class Counting {
 public:
  // The one of this process.
  static Counting& instance() noexcept;

  // post_config, in the parent. False where the server must not start.
  bool open(server_rec* server) noexcept;
  // child_status, in the parent: the child is no more.
  void bury(pid_t child) noexcept;

  // child_init, before any worker runs.
  void begin(server_rec* server) noexcept;
  // The child is to end once its tunnels are over.
  void draining() noexcept;
  // What the engine looks at: see engine/loop.hh.
  const std::atomic<std::uint32_t>* orders() const noexcept;

  void refused(const request_rec* r, refusal::Reason reason) noexcept;
  void connected(std::chrono::steady_clock::time_point since) noexcept;
  // A tunnel of the request's endpoint has opened, in this place of the table of tunnels.
  status::Record opened(const request_rec* r, std::uint32_t place, status::Carriage carriage);

  // Null before open().
  status::Board* board() noexcept { return board_; }

 private:
  Counting() = default;

  status::Board* board_ = nullptr;
  status::Board::Tenant* self_ = nullptr;
};

// The request is for this endpoint. `is_known`: its name is the site's own, not the client's.
void name_endpoint(request_rec* r, const char* policy, bool is_known);
// Another request answers for it: one that a script redirected to.
void pass_endpoint(const request_rec* from, request_rec* to);
// A policy was found there.
void confirm_endpoint(const request_rec* r);

}  // namespace websocket::apache
