// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/session/session.hh"

#include <algorithm>
#include <limits>
#include <utility>

#include "mod_websocket/deflate/inflater.hh"
#include "mod_websocket/frame/encoder.hh"

namespace websocket::session {

namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace

std::string_view name(State state) noexcept {
  switch (state) {
    case State::open: return "open";
    case State::close_sent: return "close_sent";
    case State::close_received: return "close_received";
    case State::closed: return "closed";
    case State::failed: return "failed";
  }
  return "?";
}

void ControlFrame::assign(frame::Opcode opcode, std::span<const std::byte> payload) noexcept {
  std::array<std::byte, frame::k_max_server_header> header;
  const auto header_bytes = frame::encode_header(opcode, true, false, payload.size(), header);
  std::copy_n(header.begin(), header_bytes, storage_.begin());
  std::ranges::copy(payload, storage_.begin() + static_cast<std::ptrdiff_t>(header_bytes));
  size_ = static_cast<std::uint8_t>(header_bytes + payload.size());
}

// A compressed message's piece that the decoder has given and that is still to be inflated, in part
// or in whole.
struct Session::Inflation {
  deflate::Inflater inflater;
  // Bytes of the piece at the front of the caller's input. They are unmasked already.
  std::size_t waiting = 0;
  bool busy = false;            // there is such a piece; all of it may be inside zlib
  bool text = false;            // of the message
  bool message_begins = false;  // nothing of the message has been handed out yet
  bool message_ends = false;    // with this piece
};

// A frame longer than the limit of its message is refused on its header, before its bytes come.
Session::Session(Limits limits, const std::optional<deflate::Agreement>& agreed)
    : max_message_(limits.max_message == 0 ? std::numeric_limits<std::uint64_t>::max()
                                           : limits.max_message),
      decoder_({.allow_compressed = agreed.has_value(), .max_frame = max_message_}) {
  if (agreed) {
    inflation_ = std::make_unique<Inflation>(
        Inflation{deflate::Inflater(agreed->client_window, agreed->client_takeover)});
  }
}

Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

Event Session::receive(std::span<std::byte>& input, std::span<std::byte> room) {
  while (true) {
    if (state_ != State::open && state_ != State::close_sent) {
      input = {};
      return Drained{};
    }
    if (inflation_ && inflation_->busy) {
      if (auto event = inflate(input, room)) return std::move(*event);
      continue;
    }
    std::optional<Event> event = std::visit(
        Overloaded{
            [](frame::NeedMore) -> std::optional<Event> { return Drained{}; },
            [this](frame::Violation violation) -> std::optional<Event> { return fail(violation); },
            [&, this](const frame::Piece& piece) -> std::optional<Event> {
              if (frame::is_control(piece.opcode)) return take_control(piece);
              if (!piece.compressed) return take_data(piece);
              // Put back: what does not fit the room now is inflated in a later call.
              input = {piece.payload.data(), piece.payload.size() + input.size()};
              begin_inflating(piece);
              return std::nullopt;
            },
        },
        decoder_.decode(input));
    if (event) return std::move(*event);
  }
}

Event Session::take_data(const frame::Piece& piece) {
  if (piece.message_begins) message_size_ = 0;
  const bool text = piece.opcode == frame::Opcode::text;
  if (const auto violation = check(piece.payload, text)) return fail(*violation);
  if (piece.message_ends && text && !utf8_.complete()) return fail(frame::Violation::invalid_utf8);
  return Data{piece.payload, text, piece.message_begins, piece.message_ends};
}

// Counts and checks what has come of a message. Whichever is wrong first in the stream is told,
// however it was cut.
std::optional<frame::Violation> Session::check(std::span<const std::byte> payload,
                                               bool text) noexcept {
  const std::uint64_t left = max_message_ - message_size_;
  const bool fits = payload.size() <= left;
  if (!fits) payload = payload.first(static_cast<std::size_t>(left));
  message_size_ += payload.size();
  // RFC 6455 section 8.1: the whole message is UTF-8, and characters may straddle frames. The
  // validator needs no reset in between: after a message that was in order it is as new.
  if (text && !utf8_.feed(payload)) return frame::Violation::invalid_utf8;
  if (!fits) return frame::Violation::message_too_big;
  return std::nullopt;
}

void Session::begin_inflating(const frame::Piece& piece) noexcept {
  if (piece.message_begins) {
    message_size_ = 0;
    inflation_->text = piece.opcode == frame::Opcode::text;
    inflation_->message_begins = true;
  }
  inflation_->waiting = piece.payload.size();
  inflation_->message_ends = piece.message_ends;
  inflation_->busy = true;
}

// One room's worth. Gives nothing where nothing came of the piece.
std::optional<Event> Session::inflate(std::span<std::byte>& input, std::span<std::byte> room) {
  Inflation& piece = *inflation_;
  const auto step = piece.inflater.inflate(input.first(piece.waiting), room);
  const auto inflated = room.first(step.produced);
  input = input.subspan(step.consumed);
  piece.waiting -= step.consumed;
  if (step.corrupt && inflated.empty()) return fail(frame::Violation::deflate_corrupt);
  if (const auto violation = check(inflated, piece.text)) return fail(*violation);

  // Where the room was filled, or what is corrupt has still to be told, there is more.
  piece.busy = piece.waiting > 0 || inflated.size() == room.size() || step.corrupt;
  const bool ends = !piece.busy && piece.message_ends;
  if (ends) {
    if (!piece.inflater.end_message()) return fail(frame::Violation::deflate_corrupt);
    if (piece.text && !utf8_.complete()) return fail(frame::Violation::invalid_utf8);
  }
  if (inflated.empty() && !ends) return std::nullopt;
  return Data{inflated, piece.text, std::exchange(piece.message_begins, false), ends};
}

std::optional<Event> Session::take_control(const frame::Piece& piece) {
  if (piece.frame_begins && piece.frame_ends) return whole_control(piece.opcode, piece.payload);
  if (piece.frame_begins) partial_control_ = std::make_unique<PartialControl>();
  // The decoder has refused control frames above 125 bytes by their header (section 5.5).
  std::ranges::copy(piece.payload, partial_control_->payload.begin() + partial_control_->size);
  partial_control_->size = static_cast<std::uint8_t>(partial_control_->size + piece.payload.size());
  if (!piece.frame_ends) return std::nullopt;
  const std::unique_ptr<PartialControl> whole = std::move(partial_control_);
  return whole_control(piece.opcode, std::span(whole->payload).first(whole->size));
}

Event Session::whole_control(frame::Opcode opcode, std::span<const std::byte> payload) {
  if (opcode == frame::Opcode::pong) return Ponged{};
  if (opcode == frame::Opcode::ping) {
    Pinged event{};
    if (!close_sent_) event.pong.assign(frame::Opcode::pong, payload);
    return event;
  }
  const auto close = frame::decode_close(payload);
  if (!close) return fail(close.error());
  state_ = state_ == State::close_sent ? State::closed : State::close_received;
  return CloseReceived{close->code};
}

Event Session::fail(frame::Violation violation) noexcept {
  state_ = State::failed;
  return Failed{violation};
}

ControlFrame Session::close(frame::CloseCode code, std::string_view reason) noexcept {
  ControlFrame frame;
  if (close_sent_) return frame;
  std::array<std::byte, 125> payload;
  const auto size = frame::encode_close(code, reason, payload);
  frame.assign(frame::Opcode::close, std::span(payload).first(size));
  mark_close_sent();
  return frame;
}

ControlFrame Session::close_without_code() noexcept {
  ControlFrame frame;
  if (close_sent_) return frame;
  frame.assign(frame::Opcode::close, {});
  mark_close_sent();
  return frame;
}

void Session::mark_close_sent() noexcept {
  close_sent_ = true;
  if (state_ == State::open) state_ = State::close_sent;
  if (state_ == State::close_received) state_ = State::closed;
}

ControlFrame Session::ping(std::span<const std::byte> payload) noexcept {
  ControlFrame frame;
  if (!close_sent_) {
    frame.assign(frame::Opcode::ping, payload.first(std::min<std::size_t>(payload.size(), 125)));
  }
  return frame;
}

}  // namespace websocket::session
