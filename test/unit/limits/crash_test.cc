// SPDX-License-Identifier: Apache-2.0
// Processes that are killed at any moment, with the lock in hand or without.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "test/unit/limits/shared_table.hh"
#include "test/unit/support/forked.hh"

namespace websocket::limits {
namespace {

using namespace std::chrono_literals;
using namespace test;
using websocket::test::Forked;

// Takes and gives back without end, and without a system call: a signal from another processor
// would be met at the end of that call again and again, and never with the lock in hand.
[[noreturn]] void churn(Table& table, const Bounds& bounds) {
  const pid_t self = getpid();
  std::minstd_rand random(static_cast<unsigned>(self));
  std::vector<Lease> held;
  held.reserve(16);
  while (true) {
    if (held.size() == 16 || (!held.empty() && random() % 3 == 0)) {
      held.pop_back();
    } else {
      auto lease = table.take(self, client(random() % 30), bounds);
      if (lease) held.push_back(std::move(*lease));
    }
  }
}

Forked churner(Table& table, const Bounds& bounds) {
  return Forked([&] { churn(table, bounds); });
}

TEST_CASE("processes that are killed at any moment leak no place", "[limits]") {
  const SharedTable table(200);
  const Bounds bounds{.tunnels = 40, .per_client = 4};
  std::mt19937 random(7);
  std::vector<Forked> children;
  children.reserve(4);
  for (int i = 0; i < 4; ++i) children.push_back(churner(*table, bounds));
  for (int round = 0; round < 100; ++round) {
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    Forked& child = children[random() % children.size()];
    REQUIRE(table->bury(child.end()));
    child = churner(*table, bounds);
  }
  for (Forked& child : children) REQUIRE(table->bury(child.end()));
  CHECK(room(*table, {.tunnels = 40, .per_client = 0}, client(1)) == 40);
  for (std::uint64_t key = 0; key < 30; ++key) CHECK(room(*table, bounds, client(key)) == 4);
  CHECK(room(*table, {}, client(1)) == 200);
}

TEST_CASE("a process that is stopped makes no other wait for ever", "[limits]") {
  const SharedTable table(10);
  const Bounds bounds{.tunnels = 5, .per_client = 0};
  Forked child = churner(*table, bounds);
  // Stopped over and over, until once it has the lock: then it is not to be had, by anybody. On a
  // busy machine a moment may be too short for it to run at all, so that the moments get longer.
  std::mt19937 random(11);
  bool denied = false;
  for (unsigned round = 0; round < 2000 && !denied; ++round) {
    std::this_thread::sleep_for(std::chrono::microseconds(random() % (300 + 10 * round)));
    REQUIRE(kill(child.pid(), SIGSTOP) == 0);
    int status = 0;
    REQUIRE(waitpid(child.pid(), &status, WUNTRACED) == child.pid());
    const auto before = std::chrono::steady_clock::now();
    const auto lease = table->take(getpid(), client(1), bounds);
    denied = !lease && lease.error() == Denial::table_locked;
    const auto took = std::chrono::steady_clock::now() - before;
    CHECK(took < Table::k_patience + 5s);
    if (!denied) REQUIRE(kill(child.pid(), SIGCONT) == 0);
  }
  REQUIRE(denied);
  CHECK(table->bury(99));  // the parent does not wait either
  REQUIRE(table->bury(child.end()));
  CHECK(room(*table, bounds, client(1)) == 5);
}

}  // namespace
}  // namespace websocket::limits
