// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/status/record.hh"

#include <algorithm>
#include <limits>

namespace websocket::status {

namespace {

constexpr auto k_relaxed = std::memory_order_relaxed;

// The slot says what has been added to the total already: no other thread writes it.
std::uint64_t raise(SharedNumber& own, std::uint64_t value, SharedNumber& total) noexcept {
  const std::uint64_t more = value - own.load(k_relaxed);
  if (more == 0) return 0;
  own.store(value, k_relaxed);
  add(total, more);
  return more;
}

}  // namespace

Record::~Record() {
  tunnel::Account account;
  account.ending = tunnel::Ending::server_closed;
  end(account);
}

std::uint64_t Record::publish(const tunnel::Account& account) noexcept {
  raise(slot_->client_messages, account.client_messages, totals_->client_messages);
  raise(slot_->target_messages, account.target_messages, totals_->target_messages);
  return raise(slot_->client_bytes, account.client_bytes, totals_->client_bytes) +
         raise(slot_->target_bytes, account.target_bytes, totals_->target_bytes);
}

void Record::report(const tunnel::Account& account, std::uint32_t now) noexcept {
  if (slot_ == nullptr) return;
  constexpr std::uint64_t k_most = std::numeric_limits<std::uint32_t>::max();
  const std::uint64_t moved = publish(account);
  slot_->rate.store(static_cast<std::uint32_t>(std::min(moved, k_most)), k_relaxed);
  slot_->reported.store(now, k_relaxed);
}

void Record::end(const tunnel::Account& account) noexcept {
  if (slot_ == nullptr) return;
  publish(account);
  add(totals_->closed[static_cast<std::size_t>(account.ending)], 1);
  slot_->serial.store(0, std::memory_order_release);
  slot_ = nullptr;
}

bool Record::is_dismissed() const noexcept {
  return slot_ != nullptr && slot_->order.load(k_relaxed) == slot_->serial.load(k_relaxed);
}

}  // namespace websocket::status
