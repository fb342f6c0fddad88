// SPDX-License-Identifier: Apache-2.0
// The driver for a tunnel that cannot leave its thread: the calling thread polls the two ends and
// serves the tunnel until it is over.
#pragma once

#include <signal.h>

#include <chrono>
#include <optional>
#include <string_view>

#include "mod_websocket/tunnel/tunnel.hh"

namespace websocket::engine {

// Asked again and again by the driver whether the tunnel shall end, on the driver's thread.
class Supervisor {
 public:
  struct Goodbye {
    frame::CloseCode code;
    std::string_view reason;  // outlives the call
    bool at_once;             // without waiting for the client's answer
  };

  virtual ~Supervisor() = default;
  virtual std::optional<Goodbye> goodbye() noexcept = 0;
};

// Room for output that no poll announces: it has to be looked for.
class OutputRoom {
 public:
  virtual ~OutputRoom() = default;
  // How long to wait before the next write is tried.
  virtual std::chrono::microseconds look_again_in() noexcept = 0;
};

struct OneThreadOptions {
  // What to poll for the client's input and, without a `client_room`, for room for output; -1 where
  // its input has ended. Not owned. (The client end itself may have no descriptor.)
  int client_descriptor = -1;
  OutputRoom* client_room = nullptr;
  // Becomes readable when the supervisor has something new; -1: it is asked every second. Not
  // owned, and never read, since all such tunnels of a process share it: once it was seen readable
  // it is left out of the poll for a while.
  int wake_descriptor = -1;
  // Signals to unblock while polling and only then; null: as they are.
  const sigset_t* signals_while_polling = nullptr;
};

// Returns when the tunnel is finished.
void drive_on_this_thread(tunnel::Tunnel& tunnel, const OneThreadOptions& options,
                          Supervisor& supervisor);

}  // namespace websocket::engine
