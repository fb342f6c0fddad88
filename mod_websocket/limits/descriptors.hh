// SPDX-License-Identifier: Apache-2.0
// What of a process's descriptors tunnels may not take.
//
// An httpd child that finds no descriptor when it accepts a connection ends itself ("resource
// shortage"), and without one it opens no file. So tunnels leave the highest numbers to httpd. No
// counting is needed: a new descriptor has the lowest number that is free (POSIX, dup() and
// socket()), so one below the bound takes nothing of what is kept, and as long as every tunnel's
// descriptors are below it, at least so many as are kept are not a tunnel's.
#pragma once

#include <cstdint>

namespace websocket::limits {

// The number below which the descriptors of tunnels stay. `limit` is RLIMIT_NOFILE, `threads` how
// many requests the process works on at once.
int descriptors_for_tunnels(std::uint64_t limit, int threads) noexcept;

}  // namespace websocket::limits
