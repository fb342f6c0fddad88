// SPDX-License-Identifier: Apache-2.0
// The state of the server over all of its processes, in shared memory that outlives them: what is
// counted, and the tunnels that are open.
//
//   totals     of each endpoint, in k_shards copies that are added up when somebody looks; a
//              process uses one of them, so that hardly ever two write into one cache line. They
//              only grow, by atomic additions: nothing is ever taken over from a process that ends,
//              and so one that is killed leaves all it has counted, but for the last second.
//   tenants    the processes that have tunnels. A tenancy has a number that no later one has, so
//              that a slot tells by it whether its process is still there.
//   slots      of the open tunnels (slot.hh). `open` is not counted but seen in them.
//   endpoints  the names of what has totals. They are never taken away, since totals must not go
//              back; those that find no room are counted as one.
//
// Moving bytes takes no lock. A mutex is held while an endpoint is named that was not known yet;
// it is robust, and what the dead have written in part is not seen, since the key comes last.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "mod_websocket/limits/robust_mutex.hh"
#include "mod_websocket/status/counters.hh"
#include "mod_websocket/status/record.hh"
#include "mod_websocket/status/slot.hh"

namespace websocket::status {

using Seconds = std::uint32_t;

// Of endpoints; the first is of all those that have none of their own.
using Endpoint = std::uint16_t;
inline constexpr Endpoint k_other = 0;

// A tunnel, for whoever wants it to end.
struct TunnelName {
  std::uint32_t slot = 0;
  std::uint32_t serial = 0;
};

class Board {
 public:
  // Stops an attacker, or a site with a catch-all, from filling memory and the monitoring system
  // with names.
  static constexpr std::size_t k_endpoints = 256;
  static constexpr std::size_t k_name_bytes = 768;  // of virtual host and policy together
  static constexpr std::size_t k_shards = 16;
  static constexpr std::size_t k_tenants = 4096;

  struct Tenant {
    std::atomic<pid_t> process;  // 0: free
    std::atomic<std::uint32_t> tenancy;
    std::atomic<std::uint32_t> began;  // in seconds()
    std::atomic<std::uint8_t> draining;
    std::atomic<std::uint32_t> orders;  // grows when one of its tunnels shall end
  };

  static std::size_t size_for(std::uint32_t slots) noexcept;
  // Makes one of `size_for(slots)` zeroed bytes, aligned to 64, that all processes which are to use
  // it share. Pages that no tunnel needed yet are not touched. `started` is the calendar's. Throws
  // std::system_error.
  static Board* create(void* zeroed, std::uint32_t slots, std::int64_t started);

  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  // ---- processes; nullptr where there are more than k_tenants, and its tunnels are not shown
  Tenant* begin(pid_t process, Seconds now) noexcept;
  // The process is no more. Never waits.
  void bury(pid_t process) noexcept;
  // Those that were not buried.
  std::vector<pid_t> processes() const;

  // ---- endpoints: by the virtual host's name and the policy's; k_other where it is not known
  Endpoint find(std::string_view host, std::string_view policy) const noexcept;
  // The same, but makes room for it where there is some.
  Endpoint find_or_add(std::string_view host, std::string_view policy) noexcept;

  // ---- counting; `tenant` is the caller's own, or null
  void refused(const Tenant* tenant, Endpoint endpoint, refusal::Reason reason) noexcept;
  void connected(const Tenant* tenant, std::chrono::microseconds took) noexcept;
  void shook_hands(const Tenant* tenant, std::chrono::microseconds took) noexcept;
  // A tunnel has opened that has this place in limits::Table, and so this slot.
  Record opened(const Tenant* tenant, std::uint32_t slot, Endpoint endpoint,
                const Identity& identity, Seconds now) noexcept;

  // ---- orders: how many tunnels were told to end
  std::size_t dismiss(const TunnelName& name) noexcept;
  std::size_t dismiss_all(Endpoint endpoint) noexcept;

  // Random; the same in all processes for as long as the server runs.
  std::string_view secret() const noexcept { return {secret_.data(), secret_.size()}; }

 private:
  friend class Reader;

  struct Name {
    std::atomic<std::uint64_t> key;  // 0: free. Where it is not, the rest is valid and stays
    std::uint16_t host_bytes;
    std::uint16_t policy_bytes;
    std::array<char, k_name_bytes> text;

    std::string_view host() const noexcept { return {text.data(), host_bytes}; }
    std::string_view policy() const noexcept { return {text.data() + host_bytes, policy_bytes}; }
  };
  struct alignas(64) Shard {
    std::array<Totals<SharedNumber>, k_endpoints> totals;
    Durations<SharedNumber> connects;
    Durations<SharedNumber> handshakes;
  };

  // Behind the board; zeroed bytes are sound values of it.
  struct Arrays {
    std::array<Tenant, k_tenants> tenants;
    std::array<Name, k_endpoints> names;
    std::array<Shard, k_shards> shards;
  };

  Board(std::uint32_t slots, std::int64_t started);

  std::uint64_t key_of(std::string_view host, std::string_view policy) const noexcept;
  // The place of the name, or the free one where it would go; k_other where there is neither.
  Endpoint place_of(std::uint64_t key, std::string_view host,
                    std::string_view policy) const noexcept;
  Shard& shard_of(const Tenant* tenant) noexcept;
  std::uint16_t number_of(const Tenant* tenant) const noexcept;
  void touch(std::uint32_t slot) noexcept;
  // Whether the process that wrote the slot is still there.
  bool is_alive(const Slot& slot) const noexcept;
  bool order(Slot& slot, std::uint32_t serial) noexcept;

  Arrays& arrays() const noexcept;
  // From 1, as the places of limits::Table are.
  Slot& slot(std::uint32_t number) const noexcept;
  std::uint32_t touched() const noexcept { return touched_.load(std::memory_order_acquire); }

  const std::uint32_t capacity_;
  const std::int64_t started_;
  std::array<char, 32> secret_{};
  limits::RobustMutex naming_;
  std::atomic<std::uint32_t> last_serial_{0};
  std::atomic<std::uint32_t> last_tenancy_{0};
  std::atomic<std::uint32_t> touched_{0};  // slots that have been used, up to this one
};

}  // namespace websocket::status
