// SPDX-License-Identifier: Apache-2.0
// What is counted. `Number` is an atomic where processes share it, a plain one in a snapshot.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mod_websocket/refusal/reason.hh"
#include "mod_websocket/tunnel/tunnel.hh"

namespace websocket::status {

// Why a tunnel is no more: as its journal was told, or its process died without a word.
inline constexpr std::size_t k_causes = static_cast<std::size_t>(tunnel::k_last_ending) + 1;
inline constexpr std::size_t k_child_died = 0;  // the place of Ending::none, with which none ends
inline constexpr std::size_t k_reasons = refusal::k_reasons.size();

// "client-closed": the label of a cause, with the hyphens that a refusal's reason has.
std::string_view cause_label(std::size_t cause) noexcept;

template <class Number>
struct Totals {
  Number opened{};
  Number client_bytes{};  // payload from the client
  Number client_messages{};
  Number target_bytes{};  // payload to the client
  Number target_messages{};
  std::array<Number, k_causes> closed{};
  std::array<Number, k_reasons> refused{};
};

// Upper bounds of the durations that are counted together; the last place has all that took longer.
inline constexpr std::array<std::chrono::microseconds, 8> k_duration_bounds = {
    std::chrono::milliseconds(1),    std::chrono::milliseconds(5),   std::chrono::milliseconds(25),
    std::chrono::milliseconds(100),  std::chrono::milliseconds(500), std::chrono::seconds(1),
    std::chrono::milliseconds(2500), std::chrono::seconds(5)};

template <class Number>
struct Durations {
  std::array<Number, k_duration_bounds.size() + 1> counts{};
  Number microseconds{};  // of all together
};

// The place of a duration in `counts`.
std::size_t duration_place(std::chrono::microseconds took) noexcept;

using SharedNumber = std::atomic<std::uint64_t>;

template <class Number>
void add(SharedNumber& shared, Number more) noexcept {
  shared.fetch_add(static_cast<std::uint64_t>(more), std::memory_order_relaxed);
}

// Adds what is shared to what was read before.
void add_up(Totals<std::uint64_t>& sum, const Totals<SharedNumber>& shared) noexcept;
void add_up(Totals<std::uint64_t>& sum, const Totals<std::uint64_t>& more) noexcept;
void add_up(Durations<std::uint64_t>& sum, const Durations<SharedNumber>& shared) noexcept;

template <std::size_t size>
std::uint64_t sum_of(const std::array<std::uint64_t, size>& numbers) noexcept {
  std::uint64_t sum = 0;
  for (const std::uint64_t each : numbers) sum += each;
  return sum;
}

}  // namespace websocket::status
