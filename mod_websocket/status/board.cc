// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/status/board.hh"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>

namespace websocket::status {

namespace {

constexpr auto k_relaxed = std::memory_order_relaxed;
constexpr std::chrono::seconds k_patience{1};

constexpr std::size_t aligned(std::size_t size) noexcept { return (size + 63) / 64 * 64; }

void measure(Durations<SharedNumber>& durations, std::chrono::microseconds took) noexcept {
  add(durations.counts[duration_place(took)], 1);
  add(durations.microseconds, took.count());
}

// 0 says that there is none.
std::uint32_t next(std::atomic<std::uint32_t>& last) noexcept {
  std::uint32_t number = 0;
  while (number == 0) number = last.fetch_add(1, k_relaxed) + 1;
  return number;
}

}  // namespace

// ---- layout --------------------------------------------------------------------------------

std::size_t Board::size_for(std::uint32_t slots) noexcept {
  return aligned(sizeof(Board)) + aligned(sizeof(Arrays)) + (std::size_t{slots} + 1) * sizeof(Slot);
}

Board* Board::create(void* zeroed, std::uint32_t slots, std::int64_t started) {
  return new (zeroed) Board(slots, started);
}

Board::Board(std::uint32_t slots, std::int64_t started) : capacity_(slots), started_(started) {
  const ssize_t got = getrandom(secret_.data(), secret_.size(), 0);
  if (got != static_cast<ssize_t>(secret_.size())) {
    throw std::system_error(errno, std::generic_category(), "getrandom");
  }
}

Board::Arrays& Board::arrays() const noexcept {
  auto* const base = reinterpret_cast<std::byte*>(const_cast<Board*>(this));
  return *reinterpret_cast<Arrays*>(base + aligned(sizeof(Board)));
}

Slot& Board::slot(std::uint32_t number) const noexcept {
  auto* const base = reinterpret_cast<std::byte*>(&arrays());
  return reinterpret_cast<Slot*>(base + aligned(sizeof(Arrays)))[number];
}

// ---- processes -----------------------------------------------------------------------------

Board::Tenant* Board::begin(pid_t process, Seconds now) noexcept {
  for (Tenant& tenant : arrays().tenants) {
    pid_t free = 0;
    if (!tenant.process.compare_exchange_strong(free, process, std::memory_order_acq_rel)) continue;
    tenant.draining.store(0, k_relaxed);
    tenant.began.store(now, k_relaxed);
    tenant.tenancy.store(next(last_tenancy_), std::memory_order_release);
    return &tenant;
  }
  return nullptr;
}

void Board::bury(pid_t process) noexcept {
  for (Tenant& tenant : arrays().tenants) {
    if (tenant.process.load(std::memory_order_acquire) != process) continue;
    const std::uint32_t tenancy = tenant.tenancy.load(std::memory_order_acquire);
    for (std::uint32_t number = 1; tenancy != 0 && number <= touched(); ++number) {
      Slot& lost = slot(number);
      std::uint32_t serial = lost.serial.load(std::memory_order_acquire);
      if (serial == 0 || lost.tenancy.load(k_relaxed) != tenancy) continue;
      add(shard_of(&tenant).totals[lost.endpoint.load(k_relaxed)].closed[k_child_died], 1);
      // Another process may have taken the place, and the slot with it.
      lost.serial.compare_exchange_strong(serial, 0, std::memory_order_acq_rel);
    }
    tenant.tenancy.store(0, std::memory_order_release);
    // Last: from here on the place is another's.
    tenant.process.store(0, std::memory_order_release);
  }
}

std::vector<pid_t> Board::processes() const {
  std::vector<pid_t> found;
  for (const Tenant& tenant : arrays().tenants) {
    const pid_t process = tenant.process.load(std::memory_order_acquire);
    if (process != 0) found.push_back(process);
  }
  return found;
}

std::uint16_t Board::number_of(const Tenant* tenant) const noexcept {
  return static_cast<std::uint16_t>(tenant - arrays().tenants.data());
}

// Who is no tenant shares the first with others.
Board::Shard& Board::shard_of(const Tenant* tenant) noexcept {
  return arrays().shards[tenant == nullptr ? 0 : number_of(tenant) % k_shards];
}

bool Board::is_alive(const Slot& slot) const noexcept {
  const std::uint16_t number = slot.tenant.load(k_relaxed);
  return number < k_tenants && arrays().tenants[number].tenancy.load(std::memory_order_acquire) ==
                                   slot.tenancy.load(k_relaxed);
}

// ---- endpoints -----------------------------------------------------------------------------

// Of whoever can choose names, so that they cannot choose those that share a place.
std::uint64_t Board::key_of(std::string_view host, std::string_view policy) const noexcept {
  std::uint64_t key = 0;
  std::memcpy(&key, secret_.data(), sizeof key);
  const auto take = [&key](std::string_view text) {
    for (const char each : text) {
      key = (key ^ static_cast<unsigned char>(each)) * 0x100000001b3U;
    }
    key = (key ^ 0xffU) * 0xff51afd7ed558ccdU;  // no octet of text ends it
  };
  take(host);
  take(policy);
  key ^= key >> 33U;
  return key == 0 ? 1 : key;
}

Endpoint Board::place_of(std::uint64_t key, std::string_view host,
                         std::string_view policy) const noexcept {
  if (host.size() + policy.size() > k_name_bytes) return k_other;
  constexpr std::size_t k_own = k_endpoints - 1;
  for (std::size_t step = 0; step < k_own; ++step) {
    const std::size_t place = 1 + (key + step) % k_own;
    const Name& name = arrays().names[place];
    const std::uint64_t there = name.key.load(std::memory_order_acquire);
    const bool is_it = there == key && name.host() == host && name.policy() == policy;
    if (there == 0 || is_it) return static_cast<Endpoint>(place);
  }
  return k_other;
}

Endpoint Board::find(std::string_view host, std::string_view policy) const noexcept {
  const Endpoint place = place_of(key_of(host, policy), host, policy);
  const bool is_free = arrays().names[place].key.load(std::memory_order_acquire) == 0;
  return is_free ? k_other : place;
}

Endpoint Board::find_or_add(std::string_view host, std::string_view policy) noexcept {
  if (const Endpoint known = find(host, policy); known != k_other) return known;
  const std::uint64_t key = key_of(host, policy);
  if (place_of(key, host, policy) == k_other) return k_other;
  const auto taken = naming_.lock(k_patience);
  if (taken == limits::RobustMutex::Taken::no) return k_other;
  if (taken == limits::RobustMutex::Taken::after_death && !naming_.mend()) return k_other;
  const Endpoint place = place_of(key, host, policy);
  Name& name = arrays().names[place];
  if (place != k_other && name.key.load(k_relaxed) == 0) {
    std::ranges::copy(host, name.text.begin());
    std::ranges::copy(policy, name.text.begin() + static_cast<std::ptrdiff_t>(host.size()));
    name.host_bytes = static_cast<std::uint16_t>(host.size());
    name.policy_bytes = static_cast<std::uint16_t>(policy.size());
    name.key.store(key, std::memory_order_release);
  }
  naming_.unlock();
  return place;
}

// ---- counting ------------------------------------------------------------------------------

void Board::refused(const Tenant* tenant, Endpoint endpoint, refusal::Reason reason) noexcept {
  add(shard_of(tenant).totals[endpoint].refused[static_cast<std::size_t>(reason)], 1);
}

void Board::connected(const Tenant* tenant, std::chrono::microseconds took) noexcept {
  measure(shard_of(tenant).connects, took);
}

void Board::shook_hands(const Tenant* tenant, std::chrono::microseconds took) noexcept {
  measure(shard_of(tenant).handshakes, took);
}

void Board::touch(std::uint32_t slot) noexcept {
  std::uint32_t most = touched_.load(k_relaxed);
  while (most < slot && !touched_.compare_exchange_weak(most, slot, std::memory_order_acq_rel)) {
  }
}

Record Board::opened(const Tenant* tenant, std::uint32_t number, Endpoint endpoint,
                     const Identity& identity, Seconds now) noexcept {
  Totals<SharedNumber>& totals = shard_of(tenant).totals[endpoint];
  add(totals.opened, 1);
  if (tenant == nullptr || number == 0 || number > capacity_) return {};
  Slot& own = slot(number);
  touch(number);
  // Of a tunnel whose process has died; nothing of what follows is seen before.
  own.serial.exchange(0, std::memory_order_acq_rel);
  own.tenancy.store(tenant->tenancy.load(k_relaxed), k_relaxed);
  own.tenant.store(number_of(tenant), k_relaxed);
  own.endpoint.store(endpoint, k_relaxed);
  own.order.store(0, k_relaxed);
  own.opened.store(now, k_relaxed);
  own.reported.store(now, k_relaxed);
  own.rate.store(0, k_relaxed);
  for (auto* const each :
       {&own.client_bytes, &own.client_messages, &own.target_bytes, &own.target_messages}) {
    each->store(0, k_relaxed);
  }
  own.write(identity);
  own.serial.store(next(last_serial_), std::memory_order_release);
  return Record(own, totals);
}

// ---- orders --------------------------------------------------------------------------------

// The order names the tunnel: should the slot be another's by now, nothing comes of it.
bool Board::order(Slot& slot, std::uint32_t serial) noexcept {
  if (serial == 0 || !is_alive(slot)) return false;
  slot.order.store(serial, k_relaxed);
  arrays().tenants[slot.tenant.load(k_relaxed)].orders.fetch_add(1, std::memory_order_release);
  return true;
}

std::size_t Board::dismiss(const TunnelName& name) noexcept {
  if (name.slot == 0 || name.slot > touched()) return 0;
  Slot& its = slot(name.slot);
  if (its.serial.load(std::memory_order_acquire) != name.serial) return 0;
  return order(its, name.serial) ? 1 : 0;
}

std::size_t Board::dismiss_all(Endpoint endpoint) noexcept {
  std::size_t count = 0;
  for (std::uint32_t number = 1; number <= touched(); ++number) {
    Slot& each = slot(number);
    const std::uint32_t serial = each.serial.load(std::memory_order_acquire);
    if (each.endpoint.load(k_relaxed) == endpoint && order(each, serial)) ++count;
  }
  return count;
}

}  // namespace websocket::status
