// SPDX-License-Identifier: Apache-2.0
#include "test/bench/load.hh"

#include <algorithm>
#include <utility>

namespace bench {

namespace {

// Openings under way while a load is built up: what a listener's queue takes in any case.
constexpr std::size_t k_opening_at_once = 64;
// A source has 28,000 ports toward one listener, and a port that was used rests for a while.
constexpr std::uint64_t k_sources = 32;

}  // namespace

Load::Load(const Shape& shape, int standard_input)
    : shape_(shape),
      opening_(shape.port, shape.path, shape.cipher.has_value()),
      messages_(shape.size, shape.kind),
      tunnels_(shape.quiet + shape.busy),
      buffer_(262144) {
  if (shape_.cipher) tls_.emplace(*shape_.cipher);
  for (std::size_t i = 0; i < tunnels_.size(); ++i) {
    tunnels_[i].busy = i >= shape_.quiet;
    tunnels_[i].number = i;
  }
  poller_.add(standard_input, EPOLLIN, nullptr);
}

bool Load::serve() {
  open_some();
  wake_those_due();
  bool asked = false;
  for (const epoll_event& event : poller_.wait(until_next_due())) {
    if (event.data.ptr == nullptr) {
      asked = true;
    } else {
      serve(*static_cast<Tunnel*>(event.data.ptr));
    }
  }
  return asked;
}

void Load::open_some() {
  while (begun_ < tunnels_.size() && begun_ - opened_ < k_opening_at_once) open(tunnels_[begun_++]);
}

void Load::open(Tunnel& tunnel) {
  const auto source = static_cast<std::uint8_t>(1 + connections_++ % k_sources);
  tunnel.client =
      std::make_unique<Client>(Transport(connect_to(shape_.port, source), tls_ ? &*tls_ : nullptr),
                               opening_, messages_, tunnel.number);
  tunnel.events = tunnel.client->events();
  poller_.add(tunnel.client->fd(), tunnel.events, &tunnel);
}

void Load::serve(Tunnel& tunnel) {
  const bool was_open = tunnel.client->open();
  tunnel.client->serve(buffer_, [&](Clock::duration time) { echoed(tunnel, time); });
  if (!was_open && tunnel.client->open()) answered(tunnel);
  const std::uint32_t events = tunnel.client->events();
  if (events == tunnel.events) return;
  tunnel.events = events;
  poller_.change(tunnel.client->fd(), events, &tunnel);
}

void Load::answered(Tunnel& tunnel) {
  ++figures_.handshakes;
  if (!shape_.handshakes || !tunnel.busy) return tunnel.client->send_message();
  figures_.busy.add(Clock::now() - tunnel.client->begun());
  count_as_open(tunnel);
  tunnel.client->hang_up();
  open(tunnel);
}

void Load::echoed(Tunnel& tunnel, Clock::duration time) {
  ++figures_.messages;
  figures_.bytes += messages_.size();
  if (!tunnel.counted) {
    // Not a figure: the first message of a tunnel comes on the heels of its opening.
    count_as_open(tunnel);
  } else if (tunnel.busy) {
    figures_.busy.add(time);
  } else {
    figures_.quiet.add(time);
    --quiet_under_way_;
  }
  if (tunnel.busy) keep_busy(tunnel);
}

void Load::count_as_open(Tunnel& tunnel) {
  if (tunnel.counted) return;
  tunnel.counted = true;
  ++opened_;
  due_at_ = Clock::now();
}

void Load::keep_busy(Tunnel& tunnel) {
  while (tunnel.client->under_way() < shape_.window) tunnel.client->send_message();
}

void Load::wake(Tunnel& tunnel) {
  ++quiet_under_way_;
  tunnel.client->send_message();
}

void Load::wake_all_quiet() {
  for (std::size_t i = 0; i < shape_.quiet; ++i) wake(tunnels_[i]);
}

// In turn, evenly over the pause.
void Load::wake_those_due() {
  if (!ready() || shape_.quiet == 0 || shape_.pause.count() == 0) return;
  const auto between = Clock::duration(shape_.pause) / static_cast<std::int64_t>(shape_.quiet);
  for (const auto now = Clock::now(); due_at_ <= now; due_at_ += between) {
    wake(tunnels_[next_due_]);
    next_due_ = (next_due_ + 1) % shape_.quiet;
  }
}

int Load::until_next_due() const {
  if (!ready() || shape_.quiet == 0 || shape_.pause.count() == 0) return -1;
  const auto left = due_at_ - Clock::now();
  return static_cast<int>(std::max<std::int64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(left).count() + 1, 0));
}

}  // namespace bench
