// SPDX-License-Identifier: Apache-2.0
// What is to go wrong, and how often it did: a file that the test and all of httpd's processes have
// mapped, so that a plan changes while they run. Named by the variable MOD_WEBSOCKET_FAULTS;
// without it the library passes every call on as it came. test/server/support/faults.py knows the
// layout.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace faults {

enum class Side : std::uint32_t { none, client, target };

struct Plan {
  // From the test. Chances are per mille of the calls on a connection.
  std::atomic<std::uint32_t> seed;
  std::atomic<std::uint32_t> short_chance;
  std::atomic<std::uint32_t> most_octets;  // of a call that is cut short: 1 to so many
  std::atomic<std::uint32_t> again_chance;
  std::atomic<std::uint32_t> interrupt_chance;
  // The how-many-eth call on a connection of that side breaks it; 0: none.
  std::atomic<Side> reset_side;
  std::atomic<std::uint32_t> reset_at;
  // Calls that find no descriptor, a bit each (Call), and why: EMFILE or ENFILE.
  std::atomic<std::uint16_t> starved_calls;
  std::atomic<std::uint16_t> starved_error;
  // Nanoseconds that the clocks are ahead.
  std::atomic<std::int64_t> calendar_ahead;
  std::atomic<std::int64_t> monotonic_ahead;
  // To the test.
  std::atomic<std::uint64_t> calls;
  std::atomic<std::uint64_t> cut_short;
  std::atomic<std::uint64_t> again;
  std::atomic<std::uint64_t> interrupted;
  std::atomic<std::uint64_t> resets;
  std::atomic<std::uint64_t> starved;
  // From the test: a signal that comes once, right when a call is told to come again; then 0.
  std::atomic<std::int32_t> signal_with_again;
  std::atomic<std::uint32_t> unused;
};
static_assert(sizeof(Plan) == 104 && offsetof(Plan, calls) == 48);

// Those that make descriptors.
enum class Call : std::uint16_t { socket = 1, duplicate = 2, open_document = 4, datagram = 8 };

// Null without a plan.
Plan* plan() noexcept;

// True so often; counts when it is.
bool strikes(const std::atomic<std::uint32_t>& chance,
             std::atomic<std::uint64_t>& counter) noexcept;

// True where the call is to find no descriptor: errno is set.
bool starves(Call call) noexcept;

// 1 to `most`.
std::size_t one_to(std::size_t most) noexcept;

}  // namespace faults
