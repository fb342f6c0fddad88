// SPDX-License-Identifier: Apache-2.0
// Processes that are killed at any moment: in the middle of naming, counting, opening and ending.
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "test/unit/status/shared_board.hh"
#include "test/unit/support/forked.hh"

namespace websocket::status {
namespace {

using namespace test;
using websocket::test::Forked;

constexpr std::uint32_t k_slots_each = 8;

std::string name(unsigned number) { return "/" + std::to_string(number) + ".xml"; }

// Opens, reports and ends tunnels without end, in slots that are its own, and names endpoints.
[[noreturn]] void churn(Board& board, std::uint32_t first_slot) {
  const auto* const self = board.begin(getpid(), k_now);
  std::minstd_rand random(static_cast<unsigned>(getpid()));
  while (true) {
    const Endpoint endpoint_number =
        board.find_or_add("www:80", name(static_cast<unsigned>(random() % 400)));
    const Identity identity{.client = std::nullopt, .user = "churner", .carriage = {}};
    Record record =
        board.opened(self, first_slot + random() % k_slots_each, endpoint_number, identity, k_now);
    record.report(account(1000, 1), k_now);
    board.refused(self, endpoint_number, refusal::Reason::origin);
    record.end(account(1000, 1, tunnel::Ending::client_closed));
  }
}

TEST_CASE("processes that are killed at any moment leave a board that is sound", "[status]") {
  const SharedBoard board(4 * k_slots_each);
  const auto churner = [&](std::uint32_t number) {
    return Forked([&board, number] { churn(*board, 1 + number * k_slots_each); });
  };
  std::mt19937 random(7);
  std::vector<Forked> children;
  for (std::uint32_t i = 0; i < 4; ++i) children.push_back(churner(i));
  Snapshot last = board.look();
  for (int round = 0; round < 60; ++round) {
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    const auto number = static_cast<std::uint32_t>(random() % children.size());
    board->bury(children[number].end());
    const Snapshot seen = board.look();
    REQUIRE(seen.open <= 4);
    REQUIRE(seen.totals.opened >= last.totals.opened);
    REQUIRE(seen.totals.client_bytes >= last.totals.client_bytes);
    REQUIRE(seen.endpoints.size() >= last.endpoints.size());
    last = seen;
    children[number] = churner(number);
  }
  for (Forked& child : children) board->bury(child.end());
  const Snapshot seen = board.look();
  CHECK(seen.open == 0);
  CHECK(seen.children.empty());
  CHECK(seen.totals.opened > 0);
  // Each that was killed had one tunnel at most, counted or not; or twice, by who was killed
  // between the count and the clearing of the slot, and by who buried it.
  const std::uint64_t over = sum_of(seen.totals.closed);
  CHECK(over <= seen.totals.opened + 64);
  CHECK(over + 64 >= seen.totals.opened);
  // Every name once, and whole.
  std::vector<std::string> names;
  for (const EndpointView& each : seen.endpoints) names.push_back(each.policy);
  std::ranges::sort(names);
  CHECK(std::ranges::adjacent_find(names) == names.end());
  for (const EndpointView& each : seen.endpoints) {
    CHECK((each.number == k_other || (each.host == "www:80" && each.policy.ends_with(".xml"))));
  }
  // And there is room for all that follows.
  const auto* const self = board->begin(getpid(), k_now);
  REQUIRE(self != nullptr);
  const Record record = board->opened(self, 1, k_other, {}, k_now);
  CHECK(board.look().open == 1);
}

}  // namespace
}  // namespace websocket::status
