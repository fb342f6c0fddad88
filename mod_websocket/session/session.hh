// SPDX-License-Identifier: Apache-2.0
// One WebSocket connection seen from the server, without input or output of its own: bytes and
// decisions go in, events and control frames come out (RFC 6455 sections 5 and 7).
//
//                receive Close                      send Close
//      open ─────────────────────► close_received ───────────────► closed
//        │                                                           ▲
//        ├── send Close ─────────► close_sent ──── receive Close ────┘
//        │                             │
//        └── violation ──► failed ◄────┘   (after it nothing is read; one Close may be sent)
//
// What is not in the picture is not possible: a second Close is never sent, and input that
// follows a received Close is ignored (section 5.5.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "mod_websocket/deflate/agreement.hh"
#include "mod_websocket/frame/close_code.hh"
#include "mod_websocket/frame/decoder.hh"
#include "mod_websocket/frame/utf8.hh"
#include "mod_websocket/frame/violation.hh"

namespace websocket::session {

enum class State : std::uint8_t { open, close_sent, close_received, closed, failed };

std::string_view name(State state) noexcept;

// A whole control frame, ready to be sent: two bytes of header and at most 125 of payload.
class ControlFrame {
 public:
  std::span<const std::byte> bytes() const noexcept { return {storage_.data(), size_}; }
  bool empty() const noexcept { return size_ == 0; }

 private:
  friend class Session;
  void assign(frame::Opcode opcode, std::span<const std::byte> payload) noexcept;
  std::array<std::byte, 127> storage_;
  std::uint8_t size_ = 0;
};

// The input is used up, and nothing that came of it waits to be inflated.
struct Drained {};

// A piece of a data message: unmasked, in the caller's input; inflated, in the caller's room.
struct Data {
  std::span<std::byte> payload;
  bool text;
  bool message_begins;
  bool message_ends;
};

// A Ping came; `pong` answers it (section 5.5.3) and is empty once a Close was sent.
struct Pinged {
  ControlFrame pong;
};

struct Ponged {};

// The peer's Close came. `code` is what a reply echoes; absent where the Close was empty.
struct CloseReceived {
  std::optional<frame::CloseCode> code;
};

// The peer broke the protocol. The session is failed; close(close_code(violation)) is due.
struct Failed {
  frame::Violation violation;
};

using Event = std::variant<Drained, Data, Pinged, Ponged, CloseReceived, Failed>;

struct Limits {
  // Bytes of one message over all its fragments, counted as they are inflated where they are
  // compressed. Stops a peer that never ends a message from having its bytes counted as one
  // forever, and one that sends a few KiB which inflate to GiB; 0 means no limit.
  std::uint64_t max_message = 16U << 20U;
};

class Session {
 public:
  // With an agreement, messages may come compressed (RFC 7692). zlib's memory is allocated when
  // the first of them comes (deflate/inflater.hh).
  explicit Session(Limits limits, const std::optional<deflate::Agreement>& agreed = std::nullopt);
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  // Takes from the front of `input`, up to one event, unmasking in place. What is compressed is
  // inflated into `room`, at least a byte and better 1 KiB or more; nothing else is written there.
  // Call until Drained. What is left in `input` belongs to the next call, at the front of what has
  // come since; it may be moved to other memory in between but must not be altered. Throws
  // std::bad_alloc; the session is then of no use any more.
  Event receive(std::span<std::byte>& input, std::span<std::byte> room);
  // Only where nothing was agreed.
  Event receive(std::span<std::byte>& input) { return receive(input, {}); }

  // Whether compression was agreed, so that receive() needs room.
  bool inflates() const noexcept { return inflation_ != nullptr; }

  // The Close frame to send, or an empty frame where one was sent before. After it the session
  // sends nothing more.
  ControlFrame close(frame::CloseCode code, std::string_view reason) noexcept;
  // The reply to a Close without a code is one without a code.
  ControlFrame close_without_code() noexcept;

  // A Ping with at most 125 bytes of payload; empty once a Close was sent.
  ControlFrame ping(std::span<const std::byte> payload) noexcept;

  State state() const noexcept { return state_; }
  bool may_send_data() const noexcept {
    return state_ == State::open || state_ == State::close_received;
  }
  bool close_was_sent() const noexcept { return close_sent_; }

 private:
  Event take_data(const frame::Piece& piece);
  void begin_inflating(const frame::Piece& piece) noexcept;
  std::optional<Event> inflate(std::span<std::byte>& input, std::span<std::byte> room);
  std::optional<frame::Violation> check(std::span<const std::byte> payload, bool text) noexcept;
  std::optional<Event> take_control(const frame::Piece& piece);
  Event whole_control(frame::Opcode opcode, std::span<const std::byte> payload);
  Event fail(frame::Violation violation) noexcept;
  void mark_close_sent() noexcept;

  // Only for a control frame that came in several reads.
  struct PartialControl {
    std::array<std::byte, 125> payload;
    std::uint8_t size = 0;
  };

  struct Inflation;

  std::uint64_t max_message_;
  std::uint64_t message_size_ = 0;
  frame::Decoder decoder_;
  std::unique_ptr<PartialControl> partial_control_;
  std::unique_ptr<Inflation> inflation_;  // only where compression was agreed
  frame::Utf8Validator utf8_;
  State state_ = State::open;
  bool close_sent_ = false;
};

static_assert(sizeof(Session) <= 88, "an idle tunnel has no more to spare");

}  // namespace websocket::session
