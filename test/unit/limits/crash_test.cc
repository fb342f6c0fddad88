// SPDX-License-Identifier: Apache-2.0
// Processes that are killed at any moment, with the lock in hand or without.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

#include "test/unit/limits/shared_table.hh"

namespace websocket::limits {
namespace {

using namespace std::chrono_literals;
using namespace test;

// Takes and gives back without end.
[[noreturn]] void churn(Table& table, const Bounds& bounds) {
  std::minstd_rand random(static_cast<unsigned>(getpid()));
  std::vector<Lease> held;
  held.reserve(16);
  while (true) {
    if (held.size() == 16 || (!held.empty() && random() % 3 == 0)) {
      held.pop_back();
    } else {
      auto lease = table.take(getpid(), client(random() % 30), bounds);
      if (lease) held.push_back(std::move(*lease));
    }
  }
}

pid_t start(Table& table, const Bounds& bounds) {
  const pid_t child = fork();
  if (child == 0) churn(table, bounds);
  REQUIRE(child > 0);
  return child;
}

void kill_and_wait(pid_t child) {
  REQUIRE(kill(child, SIGKILL) == 0);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
}

TEST_CASE("processes that are killed at any moment leak no place", "[limits]") {
  const SharedTable table(200);
  const Bounds bounds{.tunnels = 40, .per_client = 4};
  std::mt19937 random(7);
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) children.push_back(start(*table, bounds));
  for (int round = 0; round < 100; ++round) {
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    pid_t& child = children[random() % children.size()];
    kill_and_wait(child);
    REQUIRE(table->bury(child));
    child = start(*table, bounds);
  }
  for (const pid_t child : children) {
    kill_and_wait(child);
    REQUIRE(table->bury(child));
  }
  CHECK(room(*table, {.tunnels = 40, .per_client = 0}, client(1)) == 40);
  for (std::uint64_t key = 0; key < 30; ++key) CHECK(room(*table, bounds, client(key)) == 4);
  CHECK(room(*table, {}, client(1)) == 200);
}

TEST_CASE("a process that is stopped makes no other wait for ever", "[limits]") {
  const SharedTable table(10);
  const Bounds bounds{.tunnels = 5, .per_client = 0};
  const pid_t child = start(*table, bounds);
  // Stopped over and over, until once it has the lock: then it is not to be had, by anybody.
  std::mt19937 random(11);
  bool denied = false;
  for (int round = 0; round < 2000 && !denied; ++round) {
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 300));
    REQUIRE(kill(child, SIGSTOP) == 0);
    int status = 0;
    REQUIRE(waitpid(child, &status, WUNTRACED) == child);
    const auto before = std::chrono::steady_clock::now();
    const auto lease = table->take(getpid(), client(1), bounds);
    denied = !lease && lease.error() == Denial::table_locked;
    const auto took = std::chrono::steady_clock::now() - before;
    CHECK(took < Table::k_patience + 5s);
    if (!denied) REQUIRE(kill(child, SIGCONT) == 0);
  }
  REQUIRE(denied);
  CHECK(table->bury(99));  // the parent does not wait either
  kill_and_wait(child);
  REQUIRE(table->bury(child));
  CHECK(room(*table, bounds, client(1)) == 5);
}

}  // namespace
}  // namespace websocket::limits
