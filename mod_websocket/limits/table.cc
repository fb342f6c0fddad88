// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/limits/table.hh"

#include <sys/random.h>

#include <bit>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

namespace websocket::limits {

namespace {

constexpr std::size_t k_bits = 64;

// The finalizer of MurmurHash3: every bit of the input moves every bit of the outcome.
std::uint64_t mix(std::uint64_t value) noexcept {
  value = (value ^ value >> 33U) * 0xff51afd7ed558ccdU;
  value = (value ^ value >> 33U) * 0xc4ceb9fe1a85ec53U;
  return value ^ value >> 33U;
}

constexpr std::size_t aligned(std::size_t size) noexcept { return (size + 63) / 64 * 64; }

}  // namespace

Lease::~Lease() {
  if (table_ != nullptr) table_->give_back(place_, child_);
}

// ---- layout --------------------------------------------------------------------------------

std::size_t Table::size_for(std::uint32_t places) noexcept {
  const std::size_t elements = std::size_t{places} + 1;
  return aligned(sizeof(Table)) + aligned(elements * sizeof(Place)) +
         aligned(elements * sizeof(Client)) + (elements / k_bits + 1) * sizeof(std::uint64_t);
}

Table::Place* Table::places() const noexcept {
  auto* const base = reinterpret_cast<std::byte*>(const_cast<Table*>(this));
  return reinterpret_cast<Place*>(base + aligned(sizeof(Table)));
}

Table::Client* Table::clients() const noexcept {
  auto* const base = reinterpret_cast<std::byte*>(places());
  return reinterpret_cast<Client*>(base + aligned((std::size_t{capacity_} + 1) * sizeof(Place)));
}

std::atomic<std::uint64_t>* Table::returned() const noexcept {
  auto* const base = reinterpret_cast<std::byte*>(clients());
  return reinterpret_cast<std::atomic<std::uint64_t>*>(
      base + aligned((std::size_t{capacity_} + 1) * sizeof(Client)));
}

// Zeroed bytes are sound values of all that stands behind the table; to write them once more would
// make memory of pages that are never needed.
Table* Table::create(void* zeroed, std::uint32_t places) {
  static_assert(std::atomic<pid_t>::is_always_lock_free);
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
  return new (zeroed) Table(places);
}

Table::Table(std::uint32_t places) : capacity_(places) {
  const ssize_t got = getrandom(&seed_, sizeof seed_, 0);
  if (got != static_cast<ssize_t>(sizeof seed_)) {
    throw std::system_error(errno, std::generic_category(), "getrandom");
  }
}

// ---- the lock ------------------------------------------------------------------------------

class Table::Turn {
 public:
  explicit Turn(Table& table) noexcept : table_(table) {
    const auto taken = table.mutex_.lock(k_patience);
    holds_ = taken == RobustMutex::Taken::yes;
    if (taken != RobustMutex::Taken::after_death) return;
    table_.recount();
    // Only now: who dies in the middle of the counting leaves it to the next.
    holds_ = table_.mutex_.mend();
  }
  ~Turn() {
    if (holds_) table_.mutex_.unlock();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  explicit operator bool() const noexcept { return holds_; }

 private:
  Table& table_;
  bool holds_ = false;
};

// ---- any process ---------------------------------------------------------------------------

tl::expected<Lease, Denial> Table::take(pid_t child, ClientKey client,
                                        const Bounds& bounds) noexcept {
  const Turn turn(*this);
  if (!turn) return tl::unexpected(Denial::table_locked);
  sweep();
  if (bounds.tunnels != 0 && used_ >= bounds.tunnels) return tl::unexpected(Denial::too_many);
  if (bounds.per_client != 0) {
    const Index known = find(client);
    if (known != 0 && clients()[known].count >= bounds.per_client) {
      return tl::unexpected(Denial::too_many_of_client);
    }
  }
  Index index = free_places_;
  if (index != 0) {
    free_places_ = places()[index].next;
  } else if (touched_places_ < capacity_) {
    index = ++touched_places_;
  } else {
    return tl::unexpected(Denial::table_full);
  }
  const Index holder = find_or_add(client);  // there are as many clients as places
  ++clients()[holder].count;
  ++used_;
  places()[index].client = holder;
  places()[index].child.store(child, std::memory_order_release);
  return Lease(*this, index, child);
}

void Table::give_back(Index place, pid_t child) noexcept {
  // Another's by now: of a process that was buried alive. It must not lose it, nor it be counted
  // twice as free.
  if (places()[place].child.load(std::memory_order_relaxed) != child) return;
  returned()[place / k_bits].fetch_or(std::uint64_t{1} << place % k_bits,
                                      std::memory_order_release);
  // Behind the bit, so that it is never missed. Who is killed in between is buried.
  any_returned_.store(true, std::memory_order_release);
}

bool Table::bury(pid_t child) noexcept {
  for (auto& entry : dead_) {
    pid_t free = 0;
    if (!entry.compare_exchange_strong(free, child, std::memory_order_release)) continue;
    any_dead_.store(true, std::memory_order_release);
    return true;
  }
  {
    const Turn turn(*this);
    if (!turn) return false;
    sweep_dead();
  }
  return bury(child);
}

// ---- under the lock ------------------------------------------------------------------------

void Table::sweep() noexcept {
  if (any_returned_.exchange(false, std::memory_order_acquire)) sweep_returned();
  if (any_dead_.exchange(false, std::memory_order_acquire)) sweep_dead();
}

void Table::sweep_returned() noexcept {
  for (std::size_t word = 0; word <= touched_places_ / k_bits; ++word) {
    std::uint64_t bits = returned()[word].load(std::memory_order_acquire);
    while (bits != 0) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(bits));
      bits &= bits - 1;
      free_place(static_cast<Index>(word * k_bits + bit));
    }
  }
}

void Table::sweep_dead() noexcept {
  for (auto& entry : dead_) {
    const pid_t child = entry.load(std::memory_order_acquire);
    if (child == 0) continue;
    for (Index index = 1; index <= touched_places_; ++index) {
      if (places()[index].child.load(std::memory_order_relaxed) == child) free_place(index);
    }
    // Last, so that who is killed before leaves it to the next.
    entry.store(0, std::memory_order_release);
  }
}

void Table::free_place(Index index) noexcept {
  Place& place = places()[index];
  const bool was_free = place.child.load(std::memory_order_relaxed) == 0;
  place.child.store(0, std::memory_order_release);
  std::atomic_signal_fence(std::memory_order_seq_cst);  // whatever follows, this comes first
  returned()[index / k_bits].fetch_and(~(std::uint64_t{1} << index % k_bits),
                                       std::memory_order_relaxed);
  // Given back while it was taken for a dead one's: the counts go down once.
  if (was_free) return;
  place.next = std::exchange(free_places_, index);
  --used_;
  if (--clients()[place.client].count == 0) drop(place.client);
}

// Somebody died with the lock in hand: nothing but the places, and what was given back, is trusted.
void Table::recount() noexcept {
  used_ = 0;
  free_places_ = free_clients_ = 0;
  chains_.fill(0);
  for (Index index = 1; index <= touched_clients_; ++index) clients()[index].count = 0;
  for (Index index = touched_places_; index != 0; --index) {
    Place& place = places()[index];
    const std::uint64_t bit = std::uint64_t{1} << index % k_bits;
    auto& word = returned()[index / k_bits];
    const bool is_returned = (word.load(std::memory_order_acquire) & bit) != 0;
    if (is_returned) {
      place.child.store(0, std::memory_order_release);
      word.fetch_and(~bit, std::memory_order_release);
    }
    if (place.child.load(std::memory_order_relaxed) == 0) {
      place.next = std::exchange(free_places_, index);
    } else {
      ++clients()[place.client].count;
      ++used_;
    }
  }
  for (Index index = 1; index <= touched_clients_; ++index) {
    Client& client = clients()[index];
    Index& list = client.count != 0 ? chain_of(client.key) : free_clients_;
    client.next = std::exchange(list, index);
  }
  // It may have gone through the lists in part.
  any_returned_.store(true, std::memory_order_relaxed);
  any_dead_.store(true, std::memory_order_relaxed);
}

std::size_t Table::chain_number(ClientKey key) const noexcept {
  return mix(static_cast<std::uint64_t>(key) ^ seed_) % k_chains;
}

Table::Index& Table::chain_of(ClientKey key) noexcept { return chains_[chain_number(key)]; }

Table::Index Table::find(ClientKey key) const noexcept {
  Index index = chains_[chain_number(key)];
  while (index != 0 && clients()[index].key != key) index = clients()[index].next;
  return index;
}

Table::Index Table::find_or_add(ClientKey key) noexcept {
  if (const Index known = find(key)) return known;
  Index index = free_clients_;
  if (index != 0) {
    free_clients_ = clients()[index].next;
  } else {
    index = ++touched_clients_;
  }
  Client& client = clients()[index];
  client.key = key;
  client.count = 0;
  client.next = std::exchange(chain_of(key), index);
  return index;
}

void Table::drop(Index client) noexcept {
  Index* link = &chain_of(clients()[client].key);
  while (*link != client) link = &clients()[*link].next;
  *link = clients()[client].next;
  clients()[client].next = std::exchange(free_clients_, client);
}

}  // namespace websocket::limits
