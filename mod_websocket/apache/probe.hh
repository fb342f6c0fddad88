// SPDX-License-Identifier: Apache-2.0
// A look at the machine while the configuration is read, in a process of its own: as the user of
// httpd's children, which the parent is not, and for a bounded time, which a file on a server of
// files does not promise. The parent has no threads then, so that a process can simply be forked.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace websocket::apache {

struct Probed {
  std::string said;
  bool in_time;  // false: `said` is what had come by then
};

// `look` writes into the descriptor; the process ends with its return.
Probed probe_as_child(std::chrono::milliseconds limit,
                      const std::function<void(int descriptor)>& look);

}  // namespace websocket::apache
