// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/status/counters.hh"

#include <algorithm>

namespace websocket::status {

namespace {

std::uint64_t read(const SharedNumber& number) noexcept {
  return number.load(std::memory_order_relaxed);
}
std::uint64_t read(std::uint64_t number) noexcept { return number; }

template <class From>
void add_all(Totals<std::uint64_t>& sum, const Totals<From>& more) noexcept {
  sum.opened += read(more.opened);
  sum.client_bytes += read(more.client_bytes);
  sum.client_messages += read(more.client_messages);
  sum.target_bytes += read(more.target_bytes);
  sum.target_messages += read(more.target_messages);
  for (std::size_t i = 0; i < k_causes; ++i) sum.closed[i] += read(more.closed[i]);
  for (std::size_t i = 0; i < k_reasons; ++i) sum.refused[i] += read(more.refused[i]);
}

}  // namespace

std::string_view cause_label(std::size_t cause) noexcept {
  const auto ending = static_cast<tunnel::Ending>(cause);
  return ending == tunnel::Ending::none ? "child-died" : tunnel::token(ending);
}

std::size_t duration_place(std::chrono::microseconds took) noexcept {
  const auto* const place = std::ranges::lower_bound(k_duration_bounds, took);
  return static_cast<std::size_t>(place - k_duration_bounds.begin());
}

void add_up(Totals<std::uint64_t>& sum, const Totals<SharedNumber>& shared) noexcept {
  add_all(sum, shared);
}

void add_up(Totals<std::uint64_t>& sum, const Totals<std::uint64_t>& more) noexcept {
  add_all(sum, more);
}

void add_up(Durations<std::uint64_t>& sum, const Durations<SharedNumber>& shared) noexcept {
  for (std::size_t i = 0; i < sum.counts.size(); ++i) sum.counts[i] += read(shared.counts[i]);
  sum.microseconds += read(shared.microseconds);
}

}  // namespace websocket::status
