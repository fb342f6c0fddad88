// SPDX-License-Identifier: Apache-2.0
#include "test/unit/support/bench.hh"

#include <algorithm>
#include <array>
#include <utility>

#include "test/unit/catch.hh"
#include "test/unit/frame/feeder.hh"

namespace websocket::tunnel::test {

namespace {

using frame::test::k_fin;

class TestJournal final : public Journal {
 public:
  TestJournal(std::shared_ptr<Journalled> journalled, std::shared_ptr<Wire> client,
              std::shared_ptr<Wire> target)
      : journalled_(std::move(journalled)),
        client_(std::move(client)),
        target_(std::move(target)) {}

  void ended(const Account& account) noexcept override {
    journalled_->accounts.push_back(account);
    if (client_->destroyed || target_->destroyed) journalled_->ends_were_open = false;
  }
  void progressed(const Account&, Time) noexcept override {}  // TallyJournal's tests look at it
  bool is_dismissed() const noexcept override { return false; }

 private:
  std::shared_ptr<Journalled> journalled_;
  std::shared_ptr<Wire> client_;
  std::shared_ptr<Wire> target_;
};

bool any(const Readiness& ready) {
  return ready.client_readable || ready.client_writable || ready.target_readable ||
         ready.target_writable;
}

}  // namespace

Bench::Bench(Timing timing, const Protocol& protocol)
    : tunnel(std::make_unique<Tunnel>(
          std::make_unique<ScriptedEnd>(client), std::make_unique<ScriptedEnd>(target), protocol,
          timing, std::make_unique<TestJournal>(journal, client, target), now)) {}

Bench::Bench(const Protocol& protocol, std::unique_ptr<End> local_target)
    : tunnel(std::make_unique<Tunnel>(std::make_unique<ScriptedEnd>(client),
                                      std::move(local_target), protocol, Timing{},
                                      std::make_unique<TestJournal>(journal, client, target), now)),
      has_local_target_(true) {}

// Whatever a test was about: an end is used as its contract says, and the journal told once.
Bench::~Bench() {
  CHECK(client->misuse == "");
  CHECK(target->misuse == "");
  tunnel.reset();
  CHECK(journal->accounts.size() == 1);
  CHECK(journal->ends_were_open);
  CHECK(client->destroyed);
  CHECK((target->destroyed || has_local_target_));
}

void Bench::client_sends(const Bytes& frames) {
  client->input.insert(client->input.end(), frames.begin(), frames.end());
}

void Bench::target_sends(std::string_view text) {
  const Bytes more = frame::test::bytes(text);
  target->input.insert(target->input.end(), more.begin(), more.end());
}

void Bench::feed_early(Bytes frames) { tunnel->feed_early(frames, scratch_, now); }

Readiness Bench::poll() const {
  const Readiness wants = tunnel->wants();
  return {.client_readable = wants.client_readable && client->readable(),
          .client_writable = wants.client_writable && client->writable(),
          .target_readable = wants.target_readable && target->readable(),
          .target_writable = wants.target_writable && target->writable()};
}

bool Bench::wants_something() const { return any(tunnel->wants()); }

// What must hold whenever a driver asks.
void Bench::check() const {
  if (tunnel->finished()) {
    REQUIRE_FALSE(wants_something());
    return;
  }
  REQUIRE((wants_something() || tunnel->deadline() != Time::max()));
}

void Bench::serve() {
  // As many rounds as a sane tunnel can need for the bytes that tests use, one byte a round and
  // with an end that stutters.
  constexpr int k_rounds = 200'000;
  for (int round = 0; round < k_rounds; ++round) {
    check();
    const Readiness ready = poll();
    if (!any(ready) && !tunnel->has_more_to_serve()) return;
    if (order == Order::together || !any(ready)) {
      tunnel->service(ready, scratch_, now);
      continue;
    }
    const Readiness client_ready{.client_readable = ready.client_readable,
                                 .client_writable = ready.client_writable};
    const Readiness target_ready{.target_readable = ready.target_readable,
                                 .target_writable = ready.target_writable};
    const bool client_first = order == Order::client_first;
    for (const Readiness& each :
         {client_first ? client_ready : target_ready, client_first ? target_ready : client_ready}) {
      if (any(each)) tunnel->service(each, scratch_, now);
    }
  }
  FAIL("the tunnel is served without end: a busy loop");
}

void Bench::pass(std::chrono::milliseconds time) {
  const Time until = now + time;
  serve();
  while (!tunnel->finished() && tunnel->deadline() <= until) {
    now = std::max(now, tunnel->deadline());
    const Time before = tunnel->deadline();
    tunnel->expire(now);
    REQUIRE((tunnel->finished() || tunnel->deadline() > before));
    serve();
  }
  now = until;
}

void Bench::peers_finish() {
  client->room = target->room = k_unlimited;
  // A peer's answer may come of another's: three rounds are enough for each to meet all others.
  for (int round = 0; round < 3; ++round) {
    serve();
    if (target->finished) target->input_ended = true;
    if (close() && !client_answered_ && !client->input_ended) {
      client_answered_ = true;
      client_sends(close()->payload.empty() ? empty_close() : close_frame(close()->close_code()));
    }
    if (client->finished) client->input_ended = true;
    serve();
  }
}

std::string Bench::client_got() const {
  std::string all;
  for (const ServerFrame& frame : frames()) {
    if (!frame::is_control(frame.opcode)) all += frame.payload;
  }
  return all;
}

std::optional<ServerFrame> Bench::close() const {
  const auto all = frames();
  const auto found = std::ranges::find(all, frame::Opcode::close, &ServerFrame::opcode);
  if (found == all.end() || !found->complete) return std::nullopt;
  REQUIRE(found + 1 == all.end());
  return *found;
}

Bytes message(std::string_view payload) { return frame::test::frame(k_fin | 0x02, payload); }
Bytes ping(std::string_view payload) { return frame::test::frame(k_fin | 0x09, payload); }
Bytes pong() { return frame::test::frame(k_fin | 0x0A, ""); }
Bytes empty_close() { return frame::test::frame(k_fin | 0x08, ""); }

Bytes close_frame(unsigned code, std::string_view reason) {
  const std::array<char, 2> number = {static_cast<char>(code >> 8U), static_cast<char>(code)};
  return frame::test::frame(k_fin | 0x08, std::string(number.data(), 2) + std::string(reason));
}

}  // namespace websocket::tunnel::test
