// SPDX-License-Identifier: Apache-2.0
// All tunnels of a server, over all of its processes: one place each, in shared memory.
//
// What is true is in the places: the process whose tunnel it is, and its client. All else (how many
// are used, how many a client has, which are free) follows from them and can be made again. So a
// process that dies takes nothing along: its places are those with its number in them.
//
//   take        under a lock, that of a handshake: what is counted cannot change before the place
//               is taken, so no race lets one too many in or keeps one too many out. The holder
//               does no system call and waits for nobody. Should it die the lock is passed on (a
//               robust mutex) and whoever gets it counts anew; should it be stopped (by a debugger)
//               the others wait for k_patience and then deny.
//   give back   without the lock, since the threads that move bytes do it, and handlers of signals:
//               one bit is set. From that moment the place belongs to whoever holds the lock; the
//               next take() sweeps up what was given back.
//   bury        without the lock, since the server's parent does it, which must never wait for a
//               child: the process is put on a list that the next take() goes through. The parent
//               is told of a death before it can start a child with the same number, and every
//               take() goes through the list before it takes, so that no tunnel of a later process
//               of that number is taken for one of the dead.
//
// A place that is freed, or filled, becomes so by the one write of `child`; the order of writes
// within a process is that of its program, whenever it is killed.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <tl/expected.hpp>

#include "mod_websocket/limits/client_key.hh"
#include "mod_websocket/limits/lease.hh"
#include "mod_websocket/limits/robust_mutex.hh"

namespace websocket::limits {

// 0: no bound but the table's own.
struct Bounds {
  std::uint32_t tunnels = 0;
  std::uint32_t per_client = 0;
};

enum class Denial : std::uint8_t {
  too_many,
  too_many_of_client,
  table_full,
  table_locked,
};

class Table {
 public:
  static constexpr std::chrono::seconds k_patience{1};

  static std::size_t size_for(std::uint32_t places) noexcept;
  // Makes one of `size_for(places)` zeroed bytes that all processes which are to use it share.
  // Pages that no tunnel needed yet are not touched. Throws std::system_error.
  static Table* create(void* zeroed, std::uint32_t places);

  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  // Any thread of the process `child`.
  tl::expected<Lease, Denial> take(pid_t child, ClientKey client, const Bounds& bounds) noexcept;

  // The process is no more: what it held is free. One thread at a time. False where so many died
  // without a take() that the list is full and the lock is not to be had either.
  bool bury(pid_t child) noexcept;

 private:
  friend class Lease;
  class Turn;

  // Of places and clients, from 1; 0 is none.
  using Index = std::uint32_t;

  struct Place {
    std::atomic<pid_t> child;  // 0: free. Where it is not, client is valid
    Index client;
    Index next;  // among the free
  };
  struct Client {
    ClientKey key;
    std::uint32_t count;  // of its places; 0: free
    Index next;           // in its chain, or among the free
  };

  explicit Table(std::uint32_t places);

  void give_back(Index place, pid_t child) noexcept;

  // Under the lock:
  void sweep() noexcept;
  void sweep_returned() noexcept;
  void sweep_dead() noexcept;
  void free_place(Index place) noexcept;
  void recount() noexcept;
  Index find(ClientKey key) const noexcept;
  Index find_or_add(ClientKey key) noexcept;
  void drop(Index client) noexcept;
  Index& chain_of(ClientKey key) noexcept;
  std::size_t chain_number(ClientKey key) const noexcept;

  // The arrays stand behind the table.
  Place* places() const noexcept;
  Client* clients() const noexcept;
  std::atomic<std::uint64_t>* returned() const noexcept;

  static constexpr std::size_t k_chains = std::size_t{1} << 16U;
  static constexpr std::size_t k_obituaries = 4096;

  const std::uint32_t capacity_;
  // Mixed into the choice of chains, so that nobody can choose addresses that share one.
  std::uint64_t seed_ = 0;
  RobustMutex mutex_;

  std::atomic<bool> any_returned_{false};
  std::atomic<bool> any_dead_{false};
  std::array<std::atomic<pid_t>, k_obituaries> dead_{};  // 0: free

  // Under the lock:
  std::uint32_t used_ = 0;
  Index touched_places_ = 0;  // up to here they have been used
  Index touched_clients_ = 0;
  Index free_places_ = 0;  // of those that were used before
  Index free_clients_ = 0;
  std::array<Index, k_chains> chains_{};
};

}  // namespace websocket::limits
