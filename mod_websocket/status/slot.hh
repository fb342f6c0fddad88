// SPDX-License-Identifier: Apache-2.0
// What is told of one open tunnel: its slot in shared memory, of the same number as its place in
// limits::Table. The thread that owns the tunnel writes it, about once a second and only while
// bytes move; whoever shows the state of the server reads it, in any process, without a lock.
//
// The serial number says whose slot it is: it is written last when a tunnel opens and cleared
// first when it is over. A reader takes it before and after the rest, and forgets what it read
// where the two differ.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/address.hh"

namespace websocket::status {

// Where a tunnel runs.
enum class Carriage : std::uint8_t {
  engine,  // with the others of its child
  thread,  // keeps a worker thread
  stream,  // the same, on a stream of HTTP/2
};

std::string_view name(Carriage carriage) noexcept;

// Whose tunnel it is.
struct Identity {
  std::optional<::policy::Address> client;
  std::string user;  // as authenticated; empty without
  Carriage carriage = Carriage::engine;
};

// Seconds of the monotonic clock, which all processes of a machine share.
std::uint32_t seconds(std::chrono::steady_clock::time_point time) noexcept;

struct Slot {
  static constexpr std::size_t k_user_bytes = 24;

  std::atomic<std::uint32_t> serial;   // 0: nobody's
  std::atomic<std::uint32_t> tenancy;  // of the process
  std::atomic<std::uint32_t> order;    // the serial number of the tunnel that shall end
  std::atomic<std::uint32_t> opened;   // in seconds()
  std::atomic<std::uint32_t> reported;
  std::atomic<std::uint32_t> rate;  // bytes both ways in the second before `reported`
  std::atomic<std::uint16_t> tenant;
  std::atomic<std::uint16_t> endpoint;
  std::atomic<std::uint8_t> carriage;
  std::atomic<std::uint8_t> address_bytes;  // 4, 16, or 0 where there is none
  std::atomic<std::uint64_t> client_bytes;
  std::atomic<std::uint64_t> client_messages;
  std::atomic<std::uint64_t> target_bytes;
  std::atomic<std::uint64_t> target_messages;
  std::array<std::atomic<std::uint64_t>, 2> address;
  std::array<std::atomic<std::uint64_t>, k_user_bytes / 8> user;

  void write(const Identity& identity) noexcept;
  Identity identity() const;
};

static_assert(sizeof(Slot) == 104);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace websocket::status
