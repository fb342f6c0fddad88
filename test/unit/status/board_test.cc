// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/status/board.hh"

#include <string>
#include <thread>
#include <vector>

#include "test/unit/status/shared_board.hh"

namespace websocket::status {
namespace {

using namespace test;
using refusal::Reason;
using tunnel::Ending;

constexpr pid_t k_one = 101;
constexpr pid_t k_two = 102;

TEST_CASE("a new board tells of nothing", "[status]") {
  const SharedBoard board;
  const Snapshot seen = board.look();
  CHECK(seen.open == 0);
  CHECK(seen.totals.opened == 0);
  CHECK(seen.endpoints.empty());
  CHECK(seen.children.empty());
  CHECK(seen.oldest.empty());
  CHECK(seen.started == k_started);
  CHECK(seen.time == k_started + k_now);
}

TEST_CASE("a tunnel is open until it is over, and is counted ever after", "[status]") {
  const SharedBoard board;
  const auto* const child = board->begin(k_one, k_now);
  const Endpoint endpoint_number = board->find_or_add("www:80", "/a.xml");
  Record record = board->opened(child, 7, endpoint_number, {}, k_now);
  CHECK(board.look().open == 1);
  record.report(account(100, 30), k_now + 1);
  record.report(account(150, 30), k_now + 2);
  Snapshot seen = board.look(k_now + 2);
  CHECK(seen.totals.client_bytes == 150);
  CHECK(seen.totals.target_bytes == 30);
  CHECK(seen.rate == 50);
  REQUIRE(seen.oldest.size() == 1);
  CHECK(seen.oldest[0].age == 2);
  CHECK(seen.oldest[0].client_bytes == 150);
  CHECK(seen.oldest[0].process == k_one);
  record.end(account(160, 40, Ending::client_closed));
  record.end(account(999, 999, Ending::idle));  // it was over
  seen = board.look(k_now + 3);
  CHECK(seen.open == 0);
  CHECK(seen.totals.client_bytes == 160);
  CHECK(seen.totals.target_bytes == 40);
  CHECK(seen.totals.client_messages == 1);
  CHECK(seen.totals.target_messages == 2);
  CHECK(seen.totals.closed[static_cast<std::size_t>(Ending::client_closed)] == 1);
  CHECK(sum_of(seen.totals.closed) == 1);
  CHECK(seen.oldest.empty());
  CHECK(endpoint(seen, "/a.xml").totals.opened == 1);
}

TEST_CASE("a tunnel that never came to be is not open for ever", "[status]") {
  const SharedBoard board;
  const auto* const child = board->begin(k_one, k_now);
  { const Record record = board->opened(child, 1, k_other, {}, k_now); }
  CHECK(board.look().open == 0);
  CHECK(sum_of(board.look().totals.closed) == 1);
}

TEST_CASE("a rate is that of the last second, and none of a tunnel that has gone quiet",
          "[status]") {
  const SharedBoard board;
  const auto* const child = board->begin(k_one, k_now);
  Record record = board->opened(child, 1, k_other, {}, k_now);
  record.report(account(500, 0), k_now);
  CHECK(board.look(k_now).rate == 500);
  CHECK(board.look(k_now + 2).busiest.size() == 1);
  CHECK(board.look(k_now + 3).rate == 0);
  CHECK(board.look(k_now + 3).busiest.empty());
  CHECK(board.look(k_now + 3).oldest.size() == 1);
}

TEST_CASE("the oldest and the busiest are told first, and no more than asked for", "[status]") {
  const SharedBoard board;
  const auto* const child = board->begin(k_one, 0);
  std::vector<Record> records;
  for (std::uint32_t i = 1; i <= 50; ++i) {
    // 37 has no factor in common with 53: every age and every rate once, out of order.
    records.push_back(board->opened(child, i, k_other, {}, i * 37 % 53));
    records.back().report(account(i * 29 % 53, 0), 100);
  }
  const Snapshot seen = board.look(100, 5);
  REQUIRE(seen.oldest.size() == 5);
  REQUIRE(seen.busiest.size() == 5);
  CHECK(std::ranges::is_sorted(seen.oldest, std::ranges::greater(), &TunnelView::age));
  CHECK(std::ranges::is_sorted(seen.busiest, std::ranges::greater(), &TunnelView::rate));
  CHECK(seen.oldest.front().age >= 98);
  CHECK(seen.oldest.back().age >= 94);
  CHECK(seen.busiest.back().rate >= 46);
  CHECK(seen.open == 50);
  CHECK(board.look(100, 0).oldest.empty());
}

TEST_CASE("whose tunnel it is is kept, as far as there is room", "[status]") {
  const SharedBoard board;
  const auto* const child = board->begin(k_one, k_now);
  const auto [address, user, shown] = GENERATE(table<const char*, const char*, const char*>({
      {"192.0.2.1", "ann", "ann"},
      {"2001:db8::7", "", ""},
      {"::1", "exactly-twenty-four-long", "exactly-twenty-four-long"},
      {"::1", "a-name-of-more-than-24-octets", "a-name-of-more-than-24-o"},
      {"::1", "letters-of-two-octets-\xc3\xa4\xc3\xa4", "letters-of-two-octets-\xc3\xa4"},
      {"::1", "and-one-that-is-cut-off\xc3\xa4", "and-one-that-is-cut-off"},
  }));
  const Identity identity{
      .client = ::policy::Address::parse(address), .user = user, .carriage = Carriage::stream};
  const Record record = board->opened(child, 1, k_other, identity, k_now);
  const Snapshot seen = board.look();
  REQUIRE(seen.oldest.size() == 1);
  CHECK(seen.oldest[0].whose.client == ::policy::Address::parse(address));
  CHECK(seen.oldest[0].whose.user == shown);
  CHECK(seen.oldest[0].whose.carriage == Carriage::stream);
}

// ---- endpoints -----------------------------------------------------------------------------

TEST_CASE("an endpoint is a virtual host and a policy", "[status]") {
  const SharedBoard board;
  const Endpoint a = board->find_or_add("www:80", "/a.xml");
  CHECK(a != k_other);
  CHECK(board->find_or_add("www:80", "/a.xml") == a);
  CHECK(board->find("www:80", "/a.xml") == a);
  CHECK(board->find("www:80", "/b.xml") == k_other);
  CHECK(board->find_or_add("www:443", "/a.xml") != a);
  CHECK(board->find_or_add("www:80/", "a.xml") != a);  // the same text when put together
  CHECK(board.look().endpoints.size() == 3);
}

TEST_CASE("endpoints that find no room are counted as one", "[status]") {
  const SharedBoard board;
  std::size_t own = 0;
  for (std::size_t i = 0; i < 2 * Board::k_endpoints; ++i) {
    const Endpoint number = board->find_or_add("www:80", "/" + std::to_string(i));
    own += number != k_other ? 1 : 0;
    board->refused(nullptr, number, Reason::origin);
  }
  CHECK(own == Board::k_endpoints - 1);
  const Snapshot seen = board.look();
  REQUIRE(seen.endpoints.size() == Board::k_endpoints);
  CHECK(seen.endpoints.back().number == k_other);
  CHECK(sum_of(seen.endpoints.back().totals.refused) == Board::k_endpoints + 1);
  CHECK(seen.totals.refused[static_cast<std::size_t>(Reason::origin)] == 2 * Board::k_endpoints);
}

TEST_CASE("a name that is too long is no name", "[status]") {
  const SharedBoard board;
  const std::string fits(Board::k_name_bytes - 2, 'x');
  CHECK(board->find_or_add("hh", fits) != k_other);
  CHECK(board->find_or_add("hhh", fits) == k_other);
  CHECK(board->find("hhh", fits) == k_other);
}

// ---- processes -----------------------------------------------------------------------------

TEST_CASE("a process that dies takes its open tunnels along and no total", "[status]") {
  const SharedBoard board;
  const auto* const one = board->begin(k_one, k_now);
  const auto* const two = board->begin(k_two, k_now);
  const Endpoint number = board->find_or_add("www:80", "/a.xml");
  Record lost = board->opened(one, 1, number, {}, k_now);
  const Record kept = board->opened(two, 2, number, {}, k_now);
  lost.report(account(10, 20), k_now);
  abandon(lost);
  board->bury(k_one);
  board->bury(k_one);
  const Snapshot seen = board.look();
  CHECK(seen.open == 1);
  CHECK(seen.children.size() == 1);
  CHECK(seen.totals.opened == 2);
  CHECK(seen.totals.client_bytes == 10);
  CHECK(endpoint(seen, "/a.xml").totals.closed[k_child_died] == 1);
}

TEST_CASE("a later process of the same number has nothing of the earlier one", "[status]") {
  const SharedBoard board;
  const auto* const early = board->begin(k_one, k_now);
  Record lost = board->opened(early, 1, k_other, {}, k_now);
  abandon(lost);
  board->bury(k_one);
  const auto* const late = board->begin(k_one, k_now + 1);
  CHECK(board.look().open == 0);
  const Record own = board->opened(late, 1, k_other, {}, k_now + 1);
  CHECK(board.look().open == 1);
  CHECK(board.look(k_now + 5).oldest[0].age == 4);
}

TEST_CASE("a process that drains is told apart", "[status]") {
  const SharedBoard board;
  auto* const one = board->begin(k_one, k_now);
  board->begin(k_two, k_now);
  one->draining = 1;
  CHECK(board.look().children.size() == 2);
  CHECK(board.look().children_draining() == 1);
  board->bury(k_one);
  CHECK(board.look().children_draining() == 0);
  board->begin(k_one, k_now);
  CHECK(board.look().children_draining() == 0);
}

TEST_CASE("more processes than there is room for count, and are not shown", "[status]") {
  const SharedBoard board;
  for (std::size_t i = 0; i < Board::k_tenants; ++i) {
    REQUIRE(board->begin(static_cast<pid_t>(10'000 + i), k_now) != nullptr);
  }
  CHECK(board->begin(k_one, k_now) == nullptr);
  Record record = board->opened(nullptr, 1, k_other, {}, k_now);
  record.report(account(1, 1), k_now);
  CHECK_FALSE(record.is_dismissed());
  CHECK(board.look().open == 0);
  CHECK(board.look().totals.opened == 1);
  board->bury(10'000);
  CHECK(board->begin(k_one, k_now) != nullptr);
}

// ---- orders --------------------------------------------------------------------------------

TEST_CASE("an order is for one tunnel", "[status]") {
  const SharedBoard board;
  auto* const child = board->begin(k_one, k_now);
  Record one = board->opened(child, 1, k_other, {}, k_now);
  const Record two = board->opened(child, 2, k_other, {}, k_now + 1);
  const TunnelName name = board.look(k_now + 1).oldest.at(0).name;
  const auto before = child->orders.load();
  CHECK_FALSE(one.is_dismissed());
  CHECK(board->dismiss(name) == 1);
  CHECK(one.is_dismissed());
  CHECK_FALSE(two.is_dismissed());
  CHECK(child->orders.load() != before);
  CHECK(board.look(k_now + 1).oldest.at(0).dismissed);
  one.end(account(0, 0, Ending::server_closed));
  CHECK(board->dismiss(name) == 0);
  const Record successor = board->opened(child, 1, k_other, {}, k_now);
  CHECK_FALSE(successor.is_dismissed());
  CHECK(board->dismiss(name) == 0);
  CHECK(board->dismiss({0, name.serial}) == 0);
  CHECK(board->dismiss({4'000'000'000U, name.serial}) == 0);
}

TEST_CASE("an order for an endpoint is for all of its tunnels", "[status]") {
  const SharedBoard board;
  auto* const one = board->begin(k_one, k_now);
  auto* const two = board->begin(k_two, k_now);
  const Endpoint number = board->find_or_add("www:80", "/a.xml");
  const Record first = board->opened(one, 1, number, {}, k_now);
  const Record second = board->opened(two, 2, number, {}, k_now);
  const Record other = board->opened(two, 3, k_other, {}, k_now);
  Record lost = board->opened(two, 4, number, {}, k_now);
  lost.end(account(0, 0, Ending::idle));
  CHECK(board->dismiss_all(number) == 2);
  CHECK(first.is_dismissed());
  CHECK(second.is_dismissed());
  CHECK_FALSE(other.is_dismissed());
  CHECK(one->orders.load() == 1);
}

// ---- threads -------------------------------------------------------------------------------

TEST_CASE("threads that count lose nothing, and who looks meanwhile sees whole tunnels",
          "[status]") {
  constexpr unsigned k_threads = 4;
  constexpr unsigned k_tunnels = 300;
  const SharedBoard board;
  const auto* const child = board->begin(k_one, k_now);
  std::atomic<bool> done{false};
  std::atomic<unsigned> looks{0};
  std::atomic<unsigned> wrong{0};
  std::thread looker([&] {
    for (std::uint64_t last = 0; !done; ++looks) {
      const Snapshot seen = board.look(k_now, 4);
      if (seen.totals.client_bytes < last || seen.open > k_threads) ++wrong;
      last = seen.totals.client_bytes;
      for (const TunnelView& tunnel : seen.oldest) {
        // The user's name says which thread's tunnel it is, and so which slot it must have.
        const std::string number = std::to_string(tunnel.name.slot);
        if (tunnel.whose.user != "thread-" + number || tunnel.policy != "/" + number) ++wrong;
      }
    }
  });
  std::vector<std::thread> threads;
  for (unsigned number = 1; number <= k_threads; ++number) {
    threads.emplace_back([&, number] {
      const Identity identity{.client = std::nullopt,
                              .user = "thread-" + std::to_string(number),
                              .carriage = Carriage::engine};
      for (unsigned i = 0; i < k_tunnels; ++i) {
        const Endpoint endpoint_number = board->find_or_add("www:80", "/" + std::to_string(number));
        Record record = board->opened(child, number, endpoint_number, identity, k_now);
        // Somebody does look meanwhile, however late that thread gets a processor.
        while (i == k_tunnels / 2 && looks < 2) std::this_thread::yield();
        for (unsigned round = 1; round <= 3; ++round) record.report(account(round, 0), k_now);
        record.end(account(4, 8, Ending::client_closed));
        board->refused(child, endpoint_number, Reason::limit);
        board->connected(child, std::chrono::milliseconds(number));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  done = true;
  looker.join();
  CHECK(looks >= 2);
  CHECK(wrong == 0);
  const Snapshot seen = board.look();
  CHECK(seen.totals.opened == k_threads * k_tunnels);
  CHECK(sum_of(seen.totals.closed) == k_threads * k_tunnels);
  CHECK(seen.totals.client_bytes == 4 * k_threads * k_tunnels);
  CHECK(seen.totals.target_bytes == 8 * k_threads * k_tunnels);
  CHECK(sum_of(seen.totals.refused) == k_threads * k_tunnels);
  CHECK(sum_of(seen.connects.counts) == k_threads * k_tunnels);
  CHECK(seen.endpoints.size() == k_threads);
  CHECK(seen.open == 0);
}

TEST_CASE("who looks sees a tunnel open or counted as closed, whatever ends it", "[status]") {
  constexpr std::uint32_t k_tunnels = 3000;
  const SharedBoard board(k_tunnels);
  const auto* const living = board->begin(k_one, k_now);
  const auto* const dying = board->begin(k_two, k_now);
  std::vector<Record> records;
  for (std::uint32_t number = 1; number <= k_tunnels; ++number) {
    records.push_back(board->opened(number % 2 == 0 ? living : dying, number, k_other, {}, k_now));
  }
  std::atomic<unsigned> looks{0};
  std::thread closer([&] {
    for (std::uint32_t number = 1; number <= k_tunnels; ++number) {
      Record& record = records[number - 1];
      if (number % 2 == 0) {
        record.end(account(1, 1, Ending::client_closed));
      } else {
        abandon(record);
      }
      while (number == k_tunnels / 2 && looks < 2) std::this_thread::yield();
    }
    board->bury(k_two);
  });
  unsigned missing = 0;
  for (std::uint64_t open = k_tunnels; open > 0; ++looks) {
    const Snapshot seen = board.look(k_now, 0);
    open = seen.open;
    if (open + sum_of(seen.totals.closed) < k_tunnels) ++missing;
  }
  closer.join();
  CHECK(missing == 0);
  CHECK(sum_of(board.look().totals.closed) == k_tunnels);
}

}  // namespace
}  // namespace websocket::status
