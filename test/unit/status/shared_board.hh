// SPDX-License-Identifier: Apache-2.0
// A board in memory that forked processes share, as httpd's is.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <string_view>

#include "mod_websocket/status/board.hh"
#include "mod_websocket/status/snapshot.hh"
#include "test/unit/catch.hh"

namespace websocket::status::test {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t k_started = 1'700'000'000;
constexpr Seconds k_now = 1000;

inline Clock::time_point at(Seconds seconds) {
  return Clock::time_point(std::chrono::seconds(seconds));
}

class SharedBoard {
 public:
  explicit SharedBoard(std::uint32_t slots = 100) : size_(Board::size_for(slots)) {
    memory_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory_ != MAP_FAILED);
    board_ = Board::create(memory_, slots, k_started);
  }
  ~SharedBoard() { munmap(memory_, size_); }
  SharedBoard(const SharedBoard&) = delete;
  SharedBoard& operator=(const SharedBoard&) = delete;

  Board* operator->() const { return board_; }
  Board& operator*() const { return *board_; }

  Snapshot look(Seconds now = k_now, std::size_t most = 10) const {
    return take_snapshot(*board_, at(now), k_started + now, most);
  }

 private:
  std::size_t size_;
  void* memory_ = nullptr;
  Board* board_ = nullptr;
};

inline tunnel::Account account(std::uint64_t in, std::uint64_t out,
                               tunnel::Ending ending = tunnel::Ending::none) {
  tunnel::Account made;
  made.client_bytes = in;
  made.client_messages = in == 0 ? 0 : 1;
  made.target_bytes = out;
  made.target_messages = out == 0 ? 0 : 2;
  made.ending = ending;
  return made;
}

// What the snapshot tells of the policy.
inline EndpointView endpoint(const Snapshot& snapshot, std::string_view policy) {
  const auto found = std::ranges::find(snapshot.endpoints, policy, &EndpointView::policy);
  REQUIRE(found != snapshot.endpoints.end());
  return *found;
}

// A process that is gone, of which the record will say nothing more.
inline void abandon(Record& record) { new (&record) Record(); }

}  // namespace websocket::status::test
