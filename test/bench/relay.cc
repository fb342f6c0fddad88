// SPDX-License-Identifier: Apache-2.0
//
// relay PORT
//
// The floor that tunnels are held against: moves bytes between its clients and 127.0.0.1:PORT, with
// one recv and one send a readable event, looks at none of them, and forgets a pair when either
// side has ended. Says the port that it listens on; ends by a signal.
#include <cstdio>
#include <exception>
#include <list>
#include <utility>
#include <vector>

#include "test/bench/net.hh"

namespace {

using bench::Descriptor;
using bench::Poller;

struct Pair;

struct Side {
  Descriptor fd;
  Side* other = nullptr;
  Pair* pair = nullptr;
  std::uint32_t events = EPOLLIN;
  std::vector<std::byte> unsent;  // what this side has not taken yet; the other is not read then
};

struct Pair {
  Side client, target;
  bool over = false;
  std::list<Pair>::iterator place;
};

class Relay {
 public:
  explicit Relay(std::uint16_t target_port)
      : target_port_(target_port), listener_(bench::listen_and_say_where()) {
    poller_.add(listener_.get(), EPOLLIN, nullptr);
  }

  void serve() {
    for (const epoll_event& event : poller_.wait(-1)) {
      if (event.data.ptr == nullptr) {
        accept_all();
      } else {
        auto& side = *static_cast<Side*>(event.data.ptr);
        if (!side.pair->over) serve(side, event.events);
      }
    }
    // Not before: a later event of the same round may be of the pair's other side.
    for (Pair* pair : over_) pairs_.erase(pair->place);
    over_.clear();
  }

 private:
  void accept_all() {
    while (Descriptor client = bench::accept_next(listener_.get())) {
      Pair& pair = pairs_.emplace_back();
      pair.place = std::prev(pairs_.end());
      pair.client = {std::move(client), &pair.target, &pair, EPOLLIN, {}};
      pair.target = {bench::connect_to(target_port_), &pair.client, &pair, EPOLLIN, {}};
      poller_.add(pair.client.fd.get(), EPOLLIN, &pair.client);
      poller_.add(pair.target.fd.get(), EPOLLIN, &pair.target);
    }
  }

  void serve(Side& side, std::uint32_t events) {
    if ((events & EPOLLOUT) != 0) flush(side);
    if (!side.pair->over && (events & ~std::uint32_t{EPOLLOUT}) != 0) forward(side);
  }

  void forward(Side& from) {
    // Reported though it is not waited for: its connection has failed.
    if ((from.events & EPOLLIN) == 0) return end(*from.pair);
    const bench::Moved got = bench::receive(from.fd.get(), buffer_);
    if (got.bytes <= 0) {
      if (got.bytes == 0 || got.gone) end(*from.pair);
      return;
    }
    const auto bytes = std::span(buffer_).first(static_cast<std::size_t>(got.bytes));
    Side& to = *from.other;
    const bench::Moved sent = bench::send(to.fd.get(), bytes);
    if (sent.gone) return end(*from.pair);
    const auto taken = sent.bytes < 0 ? 0U : static_cast<std::size_t>(sent.bytes);
    if (taken == bytes.size()) return;
    const auto rest = bytes.subspan(taken);
    to.unsent.assign(rest.begin(), rest.end());
    want(to, to.events | EPOLLOUT);
    want(from, from.events & ~std::uint32_t{EPOLLIN});
  }

  void flush(Side& to) {
    const bench::Moved sent = bench::send(to.fd.get(), to.unsent);
    if (sent.gone) return end(*to.pair);
    if (sent.bytes > 0) to.unsent.erase(to.unsent.begin(), to.unsent.begin() + sent.bytes);
    if (!to.unsent.empty()) return;
    to.unsent.shrink_to_fit();
    want(to, to.events & ~std::uint32_t{EPOLLOUT});
    want(*to.other, to.other->events | EPOLLIN);
  }

  void want(Side& side, std::uint32_t events) {
    if (events == side.events) return;
    side.events = events;
    poller_.change(side.fd.get(), events, &side);
  }

  void end(Pair& pair) {
    pair.over = true;
    pair.client.fd.reset();
    pair.target.fd.reset();
    over_.push_back(&pair);
  }

  std::uint16_t target_port_;
  Descriptor listener_;
  Poller poller_;
  std::list<Pair> pairs_;
  std::vector<Pair*> over_;
  std::array<std::byte, 65536> buffer_;  // as large as the module's own
};

}  // namespace

int main(int count, char** arguments) try {
  if (count != 2) {
    std::fputs("usage: relay PORT\n", stderr);
    return 2;
  }
  bench::raise_descriptor_limit();
  Relay relay(static_cast<std::uint16_t>(bench::parse_number(arguments[1], 65535)));
  for (;;) relay.serve();
} catch (const std::exception& error) {
  std::fprintf(stderr, "relay: %s\n", error.what());
  return 1;
}
