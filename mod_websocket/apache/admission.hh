// SPDX-License-Identifier: Apache-2.0
// Whether there is room for one more tunnel: WebSocketMaxTunnels and WebSocketMaxTunnelsPerClient
// over all children, and the descriptors and, for streams, HTTP/2 workers of this one.
//
// The table of all tunnels is anonymous shared memory of the parent's process pool. It is made when
// the server starts and kept over restarts, so that the tunnels of draining children count on; a
// new configuration only brings new limits, for the children that are started with it. It is kept
// where nothing is limited too: limits that come with a graceful restart count what is there.
#pragma once

#include "mod_websocket/apache/answer.hh"
#include "mod_websocket/apache/httpd.hh"
#include "mod_websocket/apache/stream_place.hh"
#include "mod_websocket/limits/table.hh"
#include "mod_websocket/tunnel/descriptor.hh"

namespace websocket::apache {

// What a tunnel needs of the server. The handler owns it until the tunnel is made; from then on the
// place is with the tunnel's journal and the descriptor with its client end. A stream's worker is
// kept for as long as its handler runs.
struct Seat {
  StreamPlace worker;
  limits::Lease place;
  tunnel::Descriptor client;  // a duplicate of the client's own
};

class Admission {
 public:
  // The one of this process.
  static Admission& instance() noexcept;

  // post_config, in the parent. False where the server must not start.
  bool open(server_rec* server) noexcept;
  // child_status, in the parent: the child is no more.
  void bury(pid_t child, server_rec* server) noexcept;

  // child_init, before any worker runs.
  void begin(server_rec* server) noexcept;
  // Any thread. A client is who httpd says it is (mod_remoteip is heeded). Where its connection is
  // gone already it is marked as aborted: there is nobody to be refused.
  tl::expected<Seat, Refusal> admit(const request_rec* r);

 private:
  Admission() = default;

  limits::Table* table_ = nullptr;
  limits::Bounds bounds_;
  pid_t self_ = 0;
  int descriptors_ = 0;  // a tunnel's have lower numbers
};

}  // namespace websocket::apache
