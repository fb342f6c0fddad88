// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/tunnel/tunnel.hh"

#include <algorithm>
#include <cstring>
#include <utility>

#include "mod_websocket/frame/encoder.hh"

namespace websocket::tunnel {

namespace {

// What may wait for the client before the client is no longer read: one read of the target, and
// pongs. Stops a client that pings and never reads from filling our memory.
constexpr std::size_t k_client_backlog_bound = ReadSize::k_large + ReadSize::k_small;

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
    case Ending::target_misframed: return "target sent what its framing does not allow";
    case Ending::idle: return "idle for too long";
    case Ending::server_closed: return "server closed";
  }
  return "?";
}

std::string_view token(Ending ending) noexcept {
  switch (ending) {
    case Ending::none: return "-";
    case Ending::client_closed: return "client-closed";
    case Ending::client_vanished: return "client-vanished";
    case Ending::client_silent: return "client-silent";
    case Ending::violation: return "client-violation";
    case Ending::target_closed: return "target-closed";
    case Ending::target_failed: return "target-failed";
    case Ending::target_misframed: return "target-misframed";
    case Ending::idle: return "idle";
    case Ending::server_closed: return "server-closed";
  }
  return "-";
}

namespace {

std::unique_ptr<Conversion> conversion_for(const Protocol& protocol) {
  if (protocol.is_plain()) return nullptr;
  const bool passes = !protocol.compression && framing::passes_through(protocol.style.form);
  return std::make_unique<Conversion>(Conversion{
      .to_target = framing::ToTarget(protocol.style),
      .to_client = framing::ToClient(protocol.style),
      .writer = protocol.compression ? session::Writer(*protocol.compression, protocol.compressor)
                                     : session::Writer(),
      .unread = {},
      .client_passes = passes,
      // Toward the client `text` has code points to keep whole.
      .target_passes = passes && protocol.style.form != framing::Form::text,
  });
}

}  // namespace

Tunnel::Tunnel(std::unique_ptr<End> client, std::unique_ptr<End> target, const Protocol& protocol,
               const Timing& timing, std::unique_ptr<Journal> journal, Time now)
    : client_(std::move(client)),
      target_(std::move(target)),
      journal_(std::move(journal)),
      timing_(timing),
      session_(protocol.limits, protocol.compression),
      conversion_(conversion_for(protocol)),
      last_data_(now) {
  rearm(now);
}

Tunnel::~Tunnel() {
  if (finished_) return;
  blame(Ending::server_closed, std::nullopt);
  conclude();
}

// ---- the driver's side ---------------------------------------------------------------------

void Tunnel::feed_early(std::span<std::byte> input, Scratch& scratch, Time now) {
  receive(input, scratch, now);
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
    const bool pumps_client = (client_input || has_unread()) && reads_client();
    if (pumps_client) {
      pump_client(scratch, now);
      client_input = client_->has_buffered_input();
    }
    if (!target_->is_polled()) {
      if (target_has_output()) drain_target(now);
      target_input = target_->has_buffered_input();
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
  if (finished_) return false;
  // No poll announces the room of a target inside this process: it has room when it is empty.
  const bool target_has_room = !target_->is_polled() && !target_->has_buffered_input();
  return ((client_->has_buffered_input() || has_unread()) && reads_client()) ||
         (target_->has_buffered_input() && reads_target()) ||
         (target_has_room && target_has_output());
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
  const bool takes_input = reads_client() && !has_unread();
  const bool polls_target = target_->is_polled();
  return {
      .client_readable = (takes_input && !client_reads_by_writing) || client_writes_by_reading,
      .client_writable = (to_client && !client_writes_by_reading) || client_reads_by_writing,
      .target_readable = polls_target &&
                         ((reads_target() && !target_reads_by_writing) || target_writes_by_reading),
      .target_writable =
          polls_target && ((to_target && !target_writes_by_reading) || target_reads_by_writing),
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

bool Tunnel::has_unread() const noexcept {
  return conversion_ != nullptr && conversion_->has_unread;
}

bool Tunnel::is_closing() const noexcept {
  return client_in_ != Intake::flowing || target_in_ != Intake::flowing ||
         client_out_ != Outlet::open || target_out_ != Outlet::open;
}

// ---- from the client -----------------------------------------------------------------------

void Tunnel::pump_client(Scratch& scratch, Time now) {
  const auto buffer = scratch.bytes();
  if (has_unread()) {
    const auto kept = conversion_->unread.front();
    std::copy(kept.begin(), kept.end(), buffer.begin());
    conversion_->unread.clear();
    return receive(buffer.first(kept.size()), scratch, now);
  }
  const IoResult got = client_->read(buffer.first(client_reads_.bytes()));
  switch (got.status) {
    case IoStatus::done:
      if (client_in_ != Intake::flowing) return;
      receive(buffer.first(got.bytes), scratch, now);
      // Pongs are made of what is read here, and wait for the client itself.
      if (!conversion_) {
        client_reads_.note(got.bytes, !target_has_output() && !client_has_output());
      }
      return;
    case IoStatus::would_block: return;
    case IoStatus::ended: client_ended(now); return;
    case IoStatus::failed: client_failed(now); return;
  }
}

void Tunnel::receive(std::span<std::byte> input, Scratch& scratch, Time now) {
  client_heard_ = true;
  if (conversion_ && !conversion_->client_passes) return receive_converted(input, scratch, now);
  receive_plain(input, now);
}

void Tunnel::receive_plain(std::span<std::byte> input, Time now) {
  // Payloads of neighbouring frames are moved together, so that many small frames that came in
  // one read leave in one write.
  std::span<std::byte> run;
  while (client_in_ == Intake::flowing) {
    const session::Event event = session_.receive(input);
    if (const auto* data = std::get_if<session::Data>(&event)) {
      if (conversion_) {
        if (const auto violation = conversion_->to_target.check_kind(data->text)) {
          if (!run.empty()) send_to_target(run, now);
          return client_violated(*violation, now);
        }
      }
      count_from_client(*data, now);
      if (run.empty()) {
        run = data->payload;
      } else {
        std::byte* const end = run.data() + run.size();
        if (end != data->payload.data()) {
          std::memmove(end, data->payload.data(), data->payload.size());
        }
        run = {run.data(), run.size() + data->payload.size()};
      }
      continue;
    }
    if (std::holds_alternative<session::Pinged>(event) ||
        std::holds_alternative<session::Ponged>(event)) {
      heed(event, now);
      continue;
    }
    if (!run.empty()) send_to_target(run, now);
    heed(event, now);
    return;
  }
}

void Tunnel::count_from_client(const session::Data& data, Time now) noexcept {
  account_.client_messages += data.message_ends ? 1 : 0;
  account_.client_bytes += data.payload.size();
  last_data_ = now;
}

bool Tunnel::heed(const session::Event& event, Time now) {
  if (const auto* ping = std::get_if<session::Pinged>(&event)) {
    send_to_client(ping->pong.bytes(), now);
    return true;
  }
  if (const auto* close = std::get_if<session::CloseReceived>(&event)) {
    client_closed(close->code, now);
  } else if (const auto* failed = std::get_if<session::Failed>(&event)) {
    client_violated(failed->violation, now);
  }
  return std::holds_alternative<session::Ponged>(event);
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
  // One inside this process ends by itself, once it has said what it has to say.
  if (target_->is_polled()) queue_close(frame::describe(violation), now);
}

// ---- from the target -----------------------------------------------------------------------

void Tunnel::pump_target(Scratch& scratch, Time now) {
  const auto buffer = scratch.bytes();
  const IoResult got = target_->read(buffer.first(target_reads_.bytes()));
  switch (got.status) {
    case IoStatus::done: {
      if (target_in_ != Intake::flowing) return;
      last_data_ = now;
      if (account_.target_began == Time::max()) account_.target_began = now;
      if (conversion_ && !conversion_->target_passes) {
        send_converted(buffer.first(got.bytes), scratch, now);
        data_waits_ = client_has_output();
        return;
      }
      std::byte* const payload = buffer.data();
      std::byte* const frame =
          frame::encode_header_before(payload, frame::Opcode::binary, true, false, got.bytes);
      send_to_client({frame, payload + got.bytes}, now);
      data_waits_ = client_has_output();
      account_.target_bytes += got.bytes;
      account_.target_messages += 1;
      if (!conversion_) target_reads_.note(got.bytes, !client_has_output());
      return;
    }
    case IoStatus::would_block: return;
    case IoStatus::ended: target_ended(scratch, now); return;
    case IoStatus::failed: target_failed(now); return;
  }
}

void Tunnel::target_ended(Scratch& scratch, Time now) {
  if (conversion_ && target_in_ == Intake::flowing) send_last_converted(scratch, now);
  blame(Ending::target_closed, frame::CloseCode::normal);
  target_in_ = Intake::ended;
  queue_close(account_.violation ? frame::describe(*account_.violation) : "", now);
}

void Tunnel::target_failed(Time now) {
  blame(Ending::target_failed, frame::CloseCode::bad_gateway);
  target_in_ = Intake::ended;
  target_unwritable(now);
  queue_close("the target's connection failed", now);
}

void Tunnel::target_misframed(framing::Fault fault, Time now) {
  blame(Ending::target_misframed, frame::CloseCode::bad_gateway);
  account_.fault = fault;
  queue_close(framing::describe(fault), now);
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
    moved = drained == IoStatus::done;
    if (end.has_buffered_output()) return moved ? Drained::some : Drained::nothing;
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
  if (data_waits_) last_data_ = now;
  data_waits_ = data_waits_ && client_has_output();
  if (client_out_ != Outlet::open) rearm(now);
}

void Tunnel::drain_target(Time now) {
  const Drained drained = drain(*target_, to_target_);
  if (drained == Drained::failed) return target_unwritable(now);
  if (drained == Drained::nothing) return;
  client_heard_ = true;  // it was not read meanwhile, and could not be heard
  last_data_ = now;
  if (client_out_ != Outlet::open) rearm(now);
}

}  // namespace websocket::tunnel
