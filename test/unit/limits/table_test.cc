// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/limits/table.hh"

#include <optional>
#include <random>
#include <thread>

#include "test/unit/limits/shared_table.hh"

namespace websocket::limits {
namespace {

using namespace test;

constexpr pid_t k_one = 101;
constexpr pid_t k_two = 102;

Lease taken(Table& table, pid_t child, ClientKey key, const Bounds& bounds = {}) {
  auto lease = table.take(child, key, bounds);
  REQUIRE(lease);
  return std::move(*lease);
}

std::optional<Denial> denial(Table& table, ClientKey key, const Bounds& bounds) {
  const auto lease = table.take(k_one, key, bounds);
  if (lease) return std::nullopt;
  return lease.error();
}

TEST_CASE("as many tunnels as allowed are let in, over all processes", "[limits]") {
  const SharedTable table(100);
  const Bounds bounds{.tunnels = 3, .per_client = 0};
  const Lease a = taken(*table, k_one, client(1), bounds);
  const Lease b = taken(*table, k_two, client(1), bounds);
  {
    const Lease c = taken(*table, k_two, client(2), bounds);
    CHECK(denial(*table, client(3), bounds) == Denial::too_many);
  }
  CHECK(room(*table, bounds, client(3)) == 1);
}

TEST_CASE("a client has as many as it may, others have theirs", "[limits]") {
  const SharedTable table(100);
  const Bounds bounds{.tunnels = 0, .per_client = 2};
  const Lease a = taken(*table, k_one, client(7), bounds);
  {
    const Lease b = taken(*table, k_two, client(7), bounds);
    CHECK(denial(*table, client(7), bounds) == Denial::too_many_of_client);
    CHECK(room(*table, bounds, client(8)) == 2);
  }
  CHECK(room(*table, bounds, client(7)) == 1);
}

TEST_CASE("without bounds the table itself is the bound", "[limits]") {
  const std::uint32_t places = GENERATE(1U, 63U, 64U, 65U, 200U);
  const SharedTable table(places);
  CHECK(room(*table, {}, client(1)) == places);
  CHECK(room(*table, {}, client(2)) == places);
  std::vector<Lease> leases;
  for (std::uint32_t i = 0; i < places; ++i) {
    leases.push_back(taken(*table, k_one, client(i)));  // a client each
  }
  CHECK(denial(*table, client(1), {}) == Denial::table_full);
  leases.clear();
  CHECK(room(*table, {}, client(1)) == places);
}

TEST_CASE("a bound that was lowered lets nobody in until it is met", "[limits]") {
  const SharedTable table(10);
  std::vector<Lease> leases;
  for (int i = 0; i < 5; ++i) leases.push_back(taken(*table, k_one, client(1)));
  const Bounds bounds{.tunnels = 3, .per_client = 3};
  CHECK(denial(*table, client(2), bounds) == Denial::too_many);
  leases.resize(3);
  CHECK(denial(*table, client(2), bounds) == Denial::too_many);
  leases.resize(2);
  CHECK(room(*table, bounds, client(2)) == 1);
}

TEST_CASE("a lease that is moved is given back once", "[limits]") {
  const SharedTable table(2);
  const Lease other = taken(*table, k_one, client(2));
  {
    Lease first = taken(*table, k_one, client(1));
    Lease second = std::move(first);
    Lease third;
    third = std::move(second);
    CHECK(denial(*table, client(1), {}) == Denial::table_full);
  }
  CHECK(room(*table, {}, client(1)) == 1);
}

TEST_CASE("who was taken for dead gives back nothing of another's", "[limits]") {
  const SharedTable table(10);
  std::optional<Lease> alive = taken(*table, k_one, client(1));
  const std::uint32_t place = alive->place();
  CHECK(table->bury(k_one));
  const Lease others = taken(*table, k_two, client(2));
  REQUIRE(others.place() == place);
  alive.reset();
  CHECK(room(*table, {.tunnels = 5, .per_client = 0}, client(3)) == 4);
  CHECK(room(*table, {.tunnels = 0, .per_client = 1}, client(2)) == 0);
}

TEST_CASE("what is given back by one that was taken for dead counts once", "[limits]") {
  const SharedTable table(10);
  std::optional<Lease> alive = taken(*table, k_one, client(1));
  const Lease other = taken(*table, k_two, client(2));
  CHECK(table->bury(k_one));
  // Sweeps, and takes nothing.
  CHECK(denial(*table, client(2), {.tunnels = 0, .per_client = 1}) == Denial::too_many_of_client);
  alive.reset();
  CHECK(room(*table, {.tunnels = 5, .per_client = 0}, client(3)) == 4);
}

TEST_CASE("what a dead process held is free, what others hold is not", "[limits]") {
  const SharedTable table(10);
  const Bounds bounds{.tunnels = 6, .per_client = 3};
  std::vector<Lease> dead;
  for (const std::uint64_t key : {1U, 1U, 2U, 3U}) {
    dead.push_back(taken(*table, k_one, client(key), bounds));
  }
  const Lease alive = taken(*table, k_two, client(1), bounds);
  CHECK(denial(*table, client(1), bounds) == Denial::too_many_of_client);
  // What a process that is killed leaves behind: leases that nobody will ever give back.
  for (Lease& lease : dead) new (&lease) Lease();
  CHECK(table->bury(k_one));
  CHECK(room(*table, bounds, client(1)) == 2);
  CHECK(room(*table, bounds, client(2)) == 3);
  CHECK(room(*table, {.tunnels = 6, .per_client = 0}, client(4)) == 5);
}

TEST_CASE("a process that died while it gave back is buried once", "[limits]") {
  const SharedTable table(10);
  { const Lease given_back = taken(*table, k_one, client(1)); }
  CHECK(table->bury(k_one));
  CHECK(table->bury(k_one));
  CHECK(room(*table, {}, client(1)) == 10);
}

TEST_CASE("more deaths than the list holds are told all the same", "[limits]") {
  const SharedTable table(10);
  Lease abandoned = taken(*table, k_two, client(1));
  new (&abandoned) Lease();
  for (pid_t child = 1000; child < 1000 + 5000; ++child) REQUIRE(table->bury(child));
  CHECK(table->bury(k_two));
  CHECK(room(*table, {}, client(1)) == 10);
}

TEST_CASE("a later process of the same number keeps its tunnels", "[limits]") {
  const SharedTable table(10);
  CHECK(table->bury(k_one));
  const Lease later = taken(*table, k_one, client(1));
  CHECK(room(*table, {}, client(1)) == 9);
}

TEST_CASE("clients come and go as often as they like", "[limits]") {
  const SharedTable table(50);
  const Bounds bounds{.tunnels = 0, .per_client = 4};
  std::mt19937 random(20261124);
  std::vector<std::pair<ClientKey, Lease>> held;
  std::array<unsigned, 20> counts{};
  for (int i = 0; i < 20'000; ++i) {
    if (!held.empty() && random() % 2 == 0) {
      std::swap(held[random() % held.size()], held.back());
      --counts[static_cast<std::size_t>(held.back().first)];
      held.pop_back();
    } else {
      const std::size_t number = random() % counts.size();
      auto lease = table->take(k_one, client(number), bounds);
      const bool has_room = counts[number] < bounds.per_client && held.size() < 50;
      REQUIRE(lease.has_value() == has_room);
      if (!lease) continue;
      ++counts[number];
      held.emplace_back(client(number), std::move(*lease));
    }
  }
  held.clear();
  CHECK(room(*table, {}, client(1)) == 50);
}

TEST_CASE("of threads that race for places exactly as many get in as there are", "[limits]") {
  constexpr unsigned k_threads = 8;
  constexpr unsigned k_tries = 25;
  const bool by_client = GENERATE(false, true);
  const SharedTable table(1000);
  const Bounds bounds =
      by_client ? Bounds{.tunnels = 0, .per_client = 50} : Bounds{.tunnels = 50, .per_client = 0};
  for (int round = 0; round < 20; ++round) {
    std::atomic<unsigned> in{0};
    std::vector<std::vector<Lease>> leases(k_threads);
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < k_threads; ++i) {
      threads.emplace_back([&, i] {
        for (unsigned attempt = 0; attempt < k_tries; ++attempt) {
          auto lease = table->take(k_one, client(by_client ? 1 : attempt), bounds);
          if (!lease) continue;
          ++in;
          leases[i].push_back(std::move(*lease));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    REQUIRE(in == 50);
  }
  CHECK(room(*table, bounds, client(1)) == 50);
}

TEST_CASE("threads that take, give back and bury never let in too many", "[limits]") {
  const SharedTable table(1000);
  const Bounds bounds{.tunnels = 20, .per_client = 5};
  std::atomic<int> in{0};
  std::atomic<int> most{0};
  std::array<std::atomic<int>, 8> of_client{};
  std::atomic<bool> too_many{false};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      std::mt19937 random(i);
      std::vector<std::pair<std::size_t, Lease>> held;
      const auto give_back = [&] {
        --of_client[held.back().first];
        --in;  // before it is given back, so that it is never counted twice
        held.pop_back();
      };
      for (int step = 0; step < 5000; ++step) {
        if (!held.empty() && random() % 2 == 0) {
          give_back();
          continue;
        }
        const std::size_t number = random() % of_client.size();
        auto lease = table->take(k_one, client(number), bounds);
        if (!lease) continue;
        const int now = ++in;
        if (now > 20 || ++of_client[number] > 5) too_many = true;
        int before = most.load();
        while (before < now && !most.compare_exchange_weak(before, now)) {
        }
        held.emplace_back(number, std::move(*lease));
      }
      while (!held.empty()) give_back();
    });
  }
  for (pid_t child = 1000; child < 1200; ++child) REQUIRE(table->bury(child));
  for (std::thread& thread : threads) thread.join();
  CHECK_FALSE(too_many);
  CHECK(most > 1);
  CHECK(room(*table, bounds, client(1)) == 5);
  CHECK(room(*table, {.tunnels = 20, .per_client = 0}, client(1)) == 20);
}

}  // namespace
}  // namespace websocket::limits
