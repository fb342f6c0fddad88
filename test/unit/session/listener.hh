// SPDX-License-Identifier: Apache-2.0
// Gives a session its input in hostile ways, and writes down what it tells.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mod_websocket/session/session.hh"
#include "test/unit/catch.hh"
#include "test/unit/frame/bytes.hh"
#include "test/unit/frame/feeder.hh"

namespace websocket::session::test {

inline constexpr unsigned k_text = 0x01;
inline constexpr unsigned k_binary = 0x02;
inline constexpr unsigned k_close = frame::test::k_fin | 0x08;
inline constexpr unsigned k_ping = frame::test::k_fin | 0x09;
inline constexpr unsigned k_pong = frame::test::k_fin | 0x0A;

using Events = std::vector<std::string>;

// What a session told, a line an event, data that came in pieces put together again.
class Listener {
 public:
  explicit Listener(Limits limits = {}) : session(limits) {}

  // With room of so many bytes. After every call what is left of the input moves to other memory.
  Listener(Limits limits, const deflate::Agreement& agreement, std::size_t room)
      : session(limits, agreement), room_(room) {}

  // The buffers have exactly their size: an address sanitizer sees a step beyond it.
  void feed(std::span<const std::byte> part) {
    frame::test::Bytes left(part.begin(), part.end());
    while (true) {
      frame::test::Bytes room(room_);
      std::span<std::byte> input(left);
      const Event event = room_ == 0 ? session.receive(input) : session.receive(input, room);
      if (std::holds_alternative<Drained>(event)) {
        if (!input.empty()) FAIL("drained, and there is input");
        return;
      }
      take(event);
      left = frame::test::Bytes(input.begin(), input.end());
    }
  }

  Session session;
  Events events;
  std::size_t data_bytes = 0;
  std::optional<frame::Violation> violation;

 private:
  void take(const Event& event) {
    if (const auto* data = std::get_if<Data>(&event)) {
      if (data->message_begins == message_open_) FAIL("a message's beginning is told wrongly");
      if (data->message_begins) events.emplace_back(data->text ? "text " : "binary ");
      events.back() += frame::test::text(data->payload);
      data_bytes += data->payload.size();
      message_open_ = !data->message_ends;
      if (data->message_ends) events.back() += '.';
      return;
    }
    // Control frames stand between the pieces of a message; they are kept apart so that the
    // message can go on at the end of the list.
    std::string line;
    if (const auto* ping = std::get_if<Pinged>(&event)) line = "ping, pong " + hex(ping->pong);
    if (std::holds_alternative<Ponged>(event)) line = "pong";
    if (const auto* close = std::get_if<CloseReceived>(&event)) {
      line = "close " + (close->code ? std::to_string(static_cast<int>(*close->code)) : "empty");
    }
    if (const auto* failed = std::get_if<Failed>(&event)) {
      violation = failed->violation;
      line = "failed: " + std::string(frame::describe(failed->violation));
    }
    events.insert(message_open_ ? events.end() - 1 : events.end(), line);
  }

  static std::string hex(const ControlFrame& frame) {
    std::string out;
    for (const std::byte byte : frame.bytes()) {
      constexpr std::string_view k_digits = "0123456789abcdef";
      out += k_digits[std::to_integer<unsigned>(byte) >> 4U];
      out += k_digits[std::to_integer<unsigned>(byte) & 15U];
    }
    return out;
  }

  std::size_t room_ = 0;
  bool message_open_ = false;
};

}  // namespace websocket::session::test
