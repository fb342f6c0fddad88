// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/status/snapshot.hh"

#include <algorithm>
#include <queue>
#include <tuple>
#include <utility>

namespace websocket::status {

namespace {

constexpr auto k_acquire = std::memory_order_acquire;

// A rate that was told longer ago is that of a tunnel that has gone quiet.
constexpr Seconds k_fresh = 2;

// What decides which tunnels are told of; the rest is read of those alone.
struct Candidate {
  std::uint64_t weight;
  std::uint32_t slot;
  std::uint32_t serial;

  // The least is on top of a queue, and the first to go.
  friend bool operator<(const Candidate& left, const Candidate& right) noexcept {
    return std::tie(right.weight, left.slot) < std::tie(left.weight, right.slot);
  }
};

class Best {
 public:
  explicit Best(std::size_t most) : most_(most) {}

  void offer(const Candidate& candidate) {
    if (queue_.size() < most_) {
      queue_.push(candidate);
    } else if (most_ > 0 && candidate < queue_.top()) {
      queue_.pop();
      queue_.push(candidate);
    }
  }

  std::vector<Candidate> take() {
    std::vector<Candidate> best;
    for (; !queue_.empty(); queue_.pop()) best.push_back(queue_.top());
    std::ranges::reverse(best);
    return best;
  }

 private:
  std::size_t most_;
  std::priority_queue<Candidate> queue_;
};

}  // namespace

class Reader {
 public:
  Reader(const Board& board, Seconds now) : board_(board), now_(now) {}

  void read(Snapshot& into, std::size_t most) {
    read_children(into);
    read_endpoints(into);
    const auto [oldest, busiest] = count_open(into, most);
    read_totals(into);
    into.oldest = views_of(oldest);
    into.busiest = views_of(busiest);
    sort(into.endpoints);
  }

 private:
  void read_children(Snapshot& into) {
    const auto& tenants = board_.arrays().tenants;
    for (std::size_t number = 0; number < tenants.size(); ++number) {
      const Board::Tenant& tenant = tenants[number];
      const std::uint32_t tenancy = tenant.tenancy.load(k_acquire);
      const pid_t process = tenant.process.load(k_acquire);
      if (tenancy == 0 || process == 0) continue;
      child_of_[number] = {tenancy, into.children.size()};
      into.children.push_back({.process = process,
                               .draining = tenant.draining.load(k_acquire) != 0,
                               .age = since(tenant.began.load(k_acquire))});
    }
  }

  void read_endpoints(Snapshot& into) {
    for (std::size_t place = 0; place < Board::k_endpoints; ++place) {
      const Board::Name& name = board_.arrays().names[place];
      if (place != k_other && name.key.load(k_acquire) == 0) continue;
      EndpointView view;
      view.number = static_cast<Endpoint>(place);
      if (place != k_other) {
        view.host = name.host();
        view.policy = name.policy();
      }
      endpoint_of_[place] = into.endpoints.size();
      into.endpoints.push_back(std::move(view));
    }
  }

  std::pair<std::vector<Candidate>, std::vector<Candidate>> count_open(Snapshot& into,
                                                                       std::size_t most) {
    Best oldest(most);
    Best busiest(most);
    const std::uint32_t touched = board_.touched();
    for (std::uint32_t number = 1; number <= touched; ++number) {
      const Slot& slot = board_.slot(number);
      const std::uint32_t serial = slot.serial.load(k_acquire);
      if (serial == 0) continue;
      const std::uint32_t tenancy = slot.tenancy.load(k_acquire);
      const std::uint16_t tenant = slot.tenant.load(k_acquire);
      const std::uint16_t endpoint = slot.endpoint.load(k_acquire);
      const std::uint64_t rate = rate_of(slot);
      const std::uint64_t age = since(slot.opened.load(k_acquire));
      if (slot.serial.load(std::memory_order_relaxed) != serial) continue;
      // An endpoint that was named only now is told of next time.
      if (tenant >= Board::k_tenants || child_of_[tenant].tenancy != tenancy ||
          (endpoint != k_other && endpoint_of_[endpoint] == 0)) {
        continue;
      }
      ChildView& child = into.children[child_of_[tenant].place];
      EndpointView& its = into.endpoints[endpoint_of_[endpoint]];
      for (std::uint64_t* const open : {&into.open, &child.open, &its.open}) ++*open;
      for (std::uint64_t* const sum : {&into.rate, &child.rate, &its.rate}) *sum += rate;
      oldest.offer({age, number, serial});
      if (rate > 0) busiest.offer({rate, number, serial});
    }
    return {oldest.take(), busiest.take()};
  }

  // After the slots: a tunnel is counted as closed before its slot is free, so that every one which
  // was not seen open any more is among the closed.
  void read_totals(Snapshot& into) {
    into.started = board_.started_;
    for (const Board::Shard& shard : board_.arrays().shards) {
      add_up(into.connects, shard.connects);
      add_up(into.handshakes, shard.handshakes);
      for (EndpointView& view : into.endpoints) add_up(view.totals, shard.totals[view.number]);
    }
    for (const EndpointView& view : into.endpoints) add_up(into.totals, view.totals);
  }

  std::vector<TunnelView> views_of(const std::vector<Candidate>& candidates) const {
    std::vector<TunnelView> views;
    for (const Candidate& each : candidates) {
      const Slot& slot = board_.slot(each.slot);
      const std::uint16_t tenant = slot.tenant.load(k_acquire);
      const std::uint16_t endpoint = slot.endpoint.load(k_acquire);
      const Board::Name& name = board_.arrays().names[endpoint];
      const Board::Tenant& process = board_.arrays().tenants[tenant];
      TunnelView view{
          .name = {each.slot, each.serial},
          .host = endpoint == k_other ? std::string() : std::string(name.host()),
          .policy = endpoint == k_other ? std::string() : std::string(name.policy()),
          .whose = slot.identity(),
          .process = process.process.load(k_acquire),
          .draining = process.draining.load(k_acquire) != 0,
          .dismissed = slot.order.load(k_acquire) == each.serial,
          .age = since(slot.opened.load(k_acquire)),
          .client_bytes = slot.client_bytes.load(k_acquire),
          .client_messages = slot.client_messages.load(k_acquire),
          .target_bytes = slot.target_bytes.load(k_acquire),
          .target_messages = slot.target_messages.load(k_acquire),
          .rate = rate_of(slot),
      };
      const bool is_the_same = slot.serial.load(std::memory_order_relaxed) == each.serial;
      if (is_the_same) views.push_back(std::move(view));
    }
    return views;
  }

  static void sort(std::vector<EndpointView>& endpoints) {
    const EndpointView& other = endpoints.front();
    const bool is_empty =
        other.open == 0 && other.totals.opened == 0 && sum_of(other.totals.refused) == 0;
    std::rotate(endpoints.begin(), endpoints.begin() + 1, endpoints.end());
    if (is_empty) endpoints.pop_back();
    const auto end = is_empty ? endpoints.end() : endpoints.end() - 1;
    std::sort(endpoints.begin(), end, [](const EndpointView& left, const EndpointView& right) {
      return std::tie(left.host, left.policy) < std::tie(right.host, right.policy);
    });
  }

  std::uint64_t rate_of(const Slot& slot) const noexcept {
    return since(slot.reported.load(k_acquire)) <= k_fresh ? slot.rate.load(k_acquire) : 0;
  }

  // The clock may have gone on since `now` was read.
  std::uint64_t since(Seconds time) const noexcept { return now_ > time ? now_ - time : 0; }

  struct ChildPlace {
    std::uint32_t tenancy = 0;
    std::size_t place = 0;
  };

  const Board& board_;
  Seconds now_;
  std::vector<ChildPlace> child_of_ = std::vector<ChildPlace>(Board::k_tenants);
  // Of the places that have a name; the first endpoint is that of k_other.
  std::array<std::size_t, Board::k_endpoints> endpoint_of_{};
};

std::uint64_t Snapshot::children_draining() const noexcept {
  return static_cast<std::uint64_t>(std::ranges::count_if(children, &ChildView::draining));
}

Snapshot take_snapshot(const Board& board, std::chrono::steady_clock::time_point now,
                       std::int64_t calendar, std::size_t most) {
  Snapshot snapshot;
  snapshot.time = calendar;
  Reader(board, seconds(now)).read(snapshot, most);
  return snapshot;
}

}  // namespace websocket::status
