// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/session/session.hh"

#include <algorithm>
#include <limits>
#include <utility>

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

// A frame longer than the limit of its message is refused on its header, before its bytes come.
Session::Session(Limits limits) noexcept
    : max_message_(limits.max_message == 0 ? std::numeric_limits<std::uint64_t>::max()
                                           : limits.max_message),
      decoder_({.allow_compressed = false, .max_frame = max_message_}) {}

Event Session::receive(std::span<std::byte>& input) {
  while (true) {
    if (state_ != State::open && state_ != State::close_sent) {
      input = {};
      return Drained{};
    }
    std::optional<Event> event = std::visit(
        Overloaded{
            [](frame::NeedMore) -> std::optional<Event> { return Drained{}; },
            [this](frame::Violation violation) -> std::optional<Event> { return fail(violation); },
            [this](const frame::Piece& piece) -> std::optional<Event> {
              if (frame::is_control(piece.opcode)) return take_control(piece);
              return take_data(piece);
            },
        },
        decoder_.decode(input));
    if (event) return std::move(*event);
  }
}

Event Session::take_data(const frame::Piece& piece) {
  if (piece.message_begins) message_size_ = 0;
  message_size_ += piece.payload.size();
  if (message_size_ > max_message_) return fail(frame::Violation::message_too_big);
  const bool text = piece.opcode == frame::Opcode::text;
  if (text) {
    // RFC 6455 section 8.1: the whole message is UTF-8, and characters may straddle frames.
    if (piece.message_begins) utf8_.reset();
    if (!utf8_.feed(piece.payload) || (piece.message_ends && !utf8_.complete())) {
      return fail(frame::Violation::invalid_utf8);
    }
  }
  return Data{piece.payload, text, piece.message_begins, piece.message_ends};
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
