// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/tunnel/tunnel.hh"

#include <algorithm>
#include <cstring>
#include <utility>

#include "mod_websocket/frame/encoder.hh"

namespace websocket::tunnel {

namespace {

// After the client's Close the target has its FIN and may still be speaking; a reply that waits
// longer than this for a target that never ends would look like a hang in the page.
constexpr std::chrono::milliseconds k_last_words{1000};

// While an end that is to be finished does not take a single byte of what waits for it.
constexpr std::chrono::milliseconds k_flush_stall{30000};

// For flushing in all, however steadily it goes on. Stops a peer that takes a byte now and then, or
// streams on and answers no Close, from holding up the end of a tunnel, and of the process with it.
constexpr std::chrono::minutes k_longest_flush{5};

// What may wait for the client before the client is no longer read: one read of the target, and
// pongs. Stops a client that pings and never reads from filling our memory.
constexpr std::size_t k_client_backlog_bound = 2 * Scratch::k_size;

// Reads of each end in one service(). Stops a peer whose input never runs dry from keeping the
// driver from its deadlines, its orders and its other tunnels.
constexpr int k_most_turns = 16;

}  // namespace

std::string_view name(Ending ending) noexcept {
  switch (ending) {
    case Ending::none: return "open";
    case Ending::client_closed: return "client closed";
    case Ending::client_vanished: return "client vanished";
    case Ending::client_silent: return "client answered no ping";
    case Ending::violation: return "client broke the protocol";
    case Ending::target_closed: return "target closed";
    case Ending::target_failed: return "target failed";
    case Ending::server_closed: return "server closed";
  }
  return "?";
}

Tunnel::Tunnel(std::unique_ptr<End> client, std::unique_ptr<End> target, session::Limits limits,
               const Timing& timing, std::unique_ptr<Journal> journal, Time now)
    : client_(std::move(client)),
      target_(std::move(target)),
      journal_(std::move(journal)),
      timing_(timing),
      session_(limits) {
  rearm(now);
}

Tunnel::~Tunnel() {
  if (!finished_) conclude();
}

// ---- the driver's side ---------------------------------------------------------------------

void Tunnel::feed_early(std::span<std::byte> input, Time now) {
  receive(input, now);
  settle(now);
}

void Tunnel::service(Readiness ready, Scratch& scratch, Time now) {
  if (finished_) return;
  if (ready.client_writable || (ready.client_readable && client_->write_waits_for_readable())) {
    drain_client(now);
  }
  if (ready.target_writable || (ready.target_readable && target_->write_waits_for_readable())) {
    drain_target(now);
  }
  bool client_input = ready.client_readable || client_->has_buffered_input() ||
                      (ready.client_writable && client_->read_waits_for_writable());
  bool target_input = ready.target_readable || target_->has_buffered_input() ||
                      (ready.target_writable && target_->read_waits_for_writable());
  // In turns: what comes from one side may stop or allow the reading of the other.
  for (int turn = 0; turn < k_most_turns; ++turn) {
    const bool pumps_client = client_input && reads_client();
    if (pumps_client) {
      pump_client(scratch, now);
      client_input = client_->has_buffered_input();
    }
    const bool pumps_target = target_input && reads_target();
    if (pumps_target) {
      pump_target(scratch, now);
      target_input = target_->has_buffered_input();
    }
    if (!pumps_client && !pumps_target) break;
  }
  settle(now);
}

bool Tunnel::has_more_to_serve() const noexcept {
  return !finished_ && ((client_->has_buffered_input() && reads_client()) ||
                        (target_->has_buffered_input() && reads_target()));
}

// Where TLS waits for the other direction, its own would only be announced over and over.
Readiness Tunnel::wants() const noexcept {
  if (finished_) return {};
  const bool to_client = client_has_output();
  const bool to_target = target_has_output();
  const bool client_writes_by_reading = to_client && client_->write_waits_for_readable();
  const bool target_writes_by_reading = to_target && target_->write_waits_for_readable();
  const bool client_reads_by_writing = reads_client() && client_->read_waits_for_writable();
  const bool target_reads_by_writing = reads_target() && target_->read_waits_for_writable();
  return {
      .client_readable = (reads_client() && !client_reads_by_writing) || client_writes_by_reading,
      .client_writable = (to_client && !client_writes_by_reading) || client_reads_by_writing,
      .target_readable = (reads_target() && !target_reads_by_writing) || target_writes_by_reading,
      .target_writable = (to_target && !target_writes_by_reading) || target_reads_by_writing,
  };
}

bool Tunnel::client_has_output() const noexcept {
  return client_out_ != Outlet::broken && (!to_client_.empty() || client_->has_buffered_output());
}

bool Tunnel::target_has_output() const noexcept {
  return target_out_ != Outlet::broken && (!to_target_.empty() || target_->has_buffered_output());
}

bool Tunnel::reads_client() const noexcept {
  if (client_in_ == Intake::flowing) {
    return !target_has_output() && to_client_.size() <= k_client_backlog_bound;
  }
  return client_in_ == Intake::discarding;
}

bool Tunnel::reads_target() const noexcept {
  if (target_in_ == Intake::flowing) return !client_has_output();
  return target_in_ == Intake::discarding;
}

bool Tunnel::is_closing() const noexcept {
  return client_in_ != Intake::flowing || target_in_ != Intake::flowing ||
         client_out_ != Outlet::open || target_out_ != Outlet::open;
}

// ---- from the client -----------------------------------------------------------------------

void Tunnel::pump_client(Scratch& scratch, Time now) {
  const auto buffer = scratch.bytes();
  const IoResult got = client_->read(buffer);
  switch (got.status) {
    case IoStatus::done:
      if (client_in_ == Intake::flowing) receive(buffer.first(got.bytes), now);
      return;
    case IoStatus::would_block: return;
    case IoStatus::ended: client_ended(now); return;
    case IoStatus::failed: client_failed(now); return;
  }
}

void Tunnel::receive(std::span<std::byte> input, Time now) {
  client_heard_ = true;
  // Payloads of neighbouring frames are moved together, so that many small frames that came in
  // one read leave in one write.
  std::span<std::byte> run;
  while (client_in_ == Intake::flowing) {
    session::Event event = session_.receive(input);
    if (auto* data = std::get_if<session::Data>(&event)) {
      account_.client_messages += data->message_ends ? 1 : 0;
      account_.client_bytes += data->payload.size();
      if (run.empty()) {
        run = data->payload;
      } else {
        std::byte* const end = run.data() + run.size();
        if (end != data->payload.data()) {
          std::memmove(end, data->payload.data(), data->payload.size());
        }
        run = {run.data(), run.size() + data->payload.size()};
      }
    } else if (const auto* ping = std::get_if<session::Pinged>(&event)) {
      send_to_client(ping->pong.bytes(), now);
    } else if (!std::holds_alternative<session::Ponged>(event)) {
      if (!run.empty()) send_to_target(run, now);
      if (const auto* close = std::get_if<session::CloseReceived>(&event)) {
        client_closed(close->code, now);
      } else if (const auto* failed = std::get_if<session::Failed>(&event)) {
        client_violated(failed->violation, now);
      }
      return;
    }
  }
}

void Tunnel::client_closed(std::optional<frame::CloseCode> code, Time now) {
  blame(Ending::client_closed, code);
  client_in_ = Intake::discarding;
  finish_target(now);
}

void Tunnel::client_ended(Time now) {
  blame(Ending::client_vanished, std::nullopt);
  client_in_ = Intake::ended;
  finish_target(now);
}

// A failed read: nothing will be taken by the client either.
void Tunnel::client_failed(Time now) {
  client_ended(now);
  client_unwritable(now);
}

// A failed write: what the client had sent before may still wait to be read.
void Tunnel::client_unwritable(Time now) {
  blame(Ending::client_vanished, std::nullopt);
  to_client_.clear();
  client_out_ = Outlet::broken;
  discard_target();
  rearm(now);
}

void Tunnel::client_violated(frame::Violation violation, Time now) {
  blame(Ending::violation, frame::close_code(violation));
  account_.violation = violation;
  client_in_ = Intake::discarding;
  finish_target(now);
  queue_close(frame::describe(violation), now);
}

// ---- from the target -----------------------------------------------------------------------

void Tunnel::pump_target(Scratch& scratch, Time now) {
  const auto buffer = scratch.bytes();
  const IoResult got = target_->read(buffer);
  switch (got.status) {
    case IoStatus::done:
      if (target_in_ == Intake::flowing) {
        std::byte* const payload = buffer.data();
        std::byte* const frame =
            frame::encode_header_before(payload, frame::Opcode::binary, true, false, got.bytes);
        send_to_client({frame, payload + got.bytes}, now);
        account_.target_bytes += got.bytes;
        account_.target_messages += 1;
      }
      return;
    case IoStatus::would_block: return;
    case IoStatus::ended:
      blame(Ending::target_closed, frame::CloseCode::normal);
      target_in_ = Intake::ended;
      queue_close("", now);
      return;
    case IoStatus::failed:
      blame(Ending::target_failed, frame::CloseCode::bad_gateway);
      target_in_ = Intake::ended;
      target_unwritable(now);
      queue_close("the target's connection failed", now);
      return;
  }
}

// A failed write: what the target had sent before may still wait to be read.
void Tunnel::target_unwritable(Time now) {
  blame(Ending::target_failed, frame::CloseCode::bad_gateway);
  to_target_.clear();
  target_out_ = Outlet::broken;
  rearm(now);
}

// ---- writing -------------------------------------------------------------------------------

void Tunnel::send_to_client(std::span<const std::byte> bytes, Time now) {
  if (bytes.empty() || client_out_ == Outlet::finished || client_out_ == Outlet::broken) return;
  if (to_client_.empty()) {
    const IoResult sent = client_->write(bytes);
    if (sent.status == IoStatus::failed) return client_unwritable(now);
    bytes = bytes.subspan(sent.bytes);
  }
  to_client_.append(bytes);
}

void Tunnel::send_to_target(std::span<const std::byte> bytes, Time now) {
  if (target_out_ != Outlet::open) return;
  if (to_target_.empty()) {
    const IoResult sent = target_->write(bytes);
    if (sent.status == IoStatus::failed) return target_unwritable(now);
    bytes = bytes.subspan(sent.bytes);
    if (client_out_ != Outlet::open && !bytes.empty()) {
      to_target_.append(bytes);
      return rearm(now);  // a client that is not read now may be late with its reply
    }
  }
  to_target_.append(bytes);
}

namespace {

enum class Drained : std::uint8_t { nothing, some, failed };

Drained drain(End& end, Backlog& backlog) noexcept {
  bool moved = false;
  if (end.has_buffered_output()) {
    const IoStatus drained = end.drain_output();
    if (drained == IoStatus::failed) return Drained::failed;
    if (end.has_buffered_output()) return Drained::nothing;
    moved = true;
  }
  if (!backlog.empty()) {
    const IoResult sent = end.write(backlog.front());
    if (sent.status == IoStatus::failed) return Drained::failed;
    backlog.consume(sent.bytes);
    moved = moved || sent.bytes != 0;
  }
  return moved ? Drained::some : Drained::nothing;
}

}  // namespace

void Tunnel::drain_client(Time now) {
  const Drained drained = drain(*client_, to_client_);
  if (drained == Drained::failed) return client_unwritable(now);
  if (drained == Drained::nothing) return;
  client_heard_ = true;  // who takes bytes lives; a ping may have waited among them
  if (client_out_ != Outlet::open) rearm(now);
}

void Tunnel::drain_target(Time now) {
  const Drained drained = drain(*target_, to_target_);
  if (drained == Drained::failed) return target_unwritable(now);
  if (drained == Drained::nothing) return;
  client_heard_ = true;  // it was not read meanwhile, and could not be heard
  if (client_out_ != Outlet::open) rearm(now);
}

// ---- closing -------------------------------------------------------------------------------

void Tunnel::close(frame::CloseCode code, std::string_view reason, Time now) {
  if (finished_ || client_out_ != Outlet::open) return;
  blame(Ending::server_closed, code);
  queue_close(reason, now);
  settle(now);
}

void Tunnel::abandon(frame::CloseCode code, std::string_view reason) noexcept {
  if (finished_) return;
  blame(Ending::server_closed, code);
  // Behind half a frame a Close would only be taken for its payload.
  if (client_out_ == Outlet::open && to_client_.empty()) {
    client_->write(session_.close(code, reason).bytes());
  }
  client_->finish_writing();
  target_->finish_writing();
  conclude();
}

// Puts the Close behind all that waits for the client; the code is the first cause's.
void Tunnel::queue_close(std::string_view reason, Time now) {
  if (client_out_ != Outlet::open) return;
  const auto frame =
      close_code_ ? session_.close(*close_code_, reason) : session_.close_without_code();
  client_out_ = Outlet::finishing;
  discard_target();
  send_to_client(frame.bytes(), now);
  rearm(now);
}

void Tunnel::finish_target(Time now) {
  if (target_out_ == Outlet::open) target_out_ = Outlet::finishing;
  rearm(now);
}

// Nothing of it can go to the client any more.
void Tunnel::discard_target() noexcept {
  if (target_in_ == Intake::flowing) target_in_ = Intake::discarding;
}

// What follows from the state alone, whatever led to it.
void Tunnel::settle(Time now) {
  if (finished_ || !is_closing()) return;
  if (target_out_ == Outlet::finishing && !target_has_output()) {
    target_->finish_writing();
    target_out_ = Outlet::finished;
    if (client_out_ != Outlet::open) rearm(now);
  }
  // The server closes TCP first, once it has sent its Close and needs no answer any more
  // (RFC 6455 section 7.1.1).
  if (client_out_ == Outlet::finishing && client_in_ != Intake::flowing && !client_has_output()) {
    client_->finish_writing();
    client_out_ = Outlet::finished;
    rearm(now);
  }
  const auto is_over = [](Outlet outlet) {
    return outlet == Outlet::finished || outlet == Outlet::broken;
  };
  if (client_in_ == Intake::ended && target_in_ == Intake::ended && is_over(client_out_) &&
      is_over(target_out_)) {
    conclude();
  }
}

void Tunnel::expire(Time now) {
  if (finished_ || now < deadline_) return;
  if (!is_closing()) {
    keep_alive(now);
  } else if (client_out_ == Outlet::open) {
    queue_close("", now);  // the last words are over
  } else if (client_out_ == Outlet::finishing && client_in_ == Intake::flowing &&
             !client_has_output() && now < closing_end()) {
    account_.timed_out = true;  // no reply to our Close
    client_in_ = Intake::discarding;
    finish_target(now);
  } else {
    account_.timed_out = true;
    conclude();
  }
  settle(now);
}

void Tunnel::keep_alive(Time now) {
  // A client that does not take what waits for it could not see a ping either. One that is not
  // read, because its target takes nothing, is pinged but cannot be heard: should it be gone, a
  // ping will fail.
  if (!client_has_output()) {
    if (!client_heard_ && !target_has_output()) {
      blame(Ending::client_silent, frame::CloseCode::policy);
      client_in_ = Intake::discarding;
      finish_target(now);
      queue_close("no answer to a ping", now);
      return;
    }
    client_heard_ = false;
    send_to_client(session_.ping({}).bytes(), now);
  }
  rearm(now);
}

void Tunnel::rearm(Time now) noexcept {
  if (!is_closing()) {
    deadline_ = timing_.ping_interval.count() > 0 ? now + timing_.ping_interval : Time::max();
    return;
  }
  if (closing_since_ == Time::max()) closing_since_ = now;
  if (client_out_ == Outlet::open) {
    deadline_ = closing_since_ + std::min(k_last_words, timing_.close_timeout);
    return;
  }
  const bool flushes = client_has_output() || target_has_output();
  const auto patience =
      flushes ? std::max(k_flush_stall, timing_.close_timeout) : timing_.close_timeout;
  deadline_ = std::min(now + patience, closing_end());
}

// When it is over, come what may: after flushing, the client's reply and the end of its connection.
Time Tunnel::closing_end() const noexcept {
  return closing_since_ + k_longest_flush + 2 * timing_.close_timeout;
}

// The first cause is the one that counts, for the log and for the code of our Close.
void Tunnel::blame(Ending ending, std::optional<frame::CloseCode> code) noexcept {
  if (account_.ending != Ending::none) return;
  account_.ending = ending;
  close_code_ = code;
  account_.close_code = code ? static_cast<std::uint16_t>(*code) : 0;
}

void Tunnel::conclude() noexcept {
  finished_ = true;
  if (journal_) journal_->ended(account_);
}

}  // namespace websocket::tunnel
