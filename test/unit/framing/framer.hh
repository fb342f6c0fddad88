// SPDX-License-Identifier: Apache-2.0
// Both ways of a framing as functions of what goes in and of how it is cut.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mod_websocket/framing/to_client.hh"
#include "mod_websocket/framing/to_target.hh"
#include "test/unit/catch.hh"
#include "test/unit/frame/bytes.hh"

namespace websocket::framing::test {

struct Message {
  frame::Opcode kind;
  std::string payload;

  bool operator==(const Message&) const = default;
};

inline Message text(std::string_view payload) {
  return {frame::Opcode::text, std::string(payload)};
}
inline Message binary(std::string_view payload) {
  return {frame::Opcode::binary, std::string(payload)};
}

inline std::ostream& operator<<(std::ostream& out, const Message& message) {
  return out << (message.kind == frame::Opcode::text ? "text " : "binary ")
             << Catch::Detail::stringify(message.payload);
}

// What the target got.
class Target final : public ByteSink {
 public:
  void bytes(std::span<const std::byte> bytes) override {
    CHECK_FALSE(bytes.empty());
    got += frame::test::text(bytes);
  }

  std::string got;
};

// What the client got.
class Client final : public MessageSink {
 public:
  void piece(frame::Opcode kind, std::span<const std::byte> payload, bool ends) override {
    if (!open) messages.push_back({kind, ""});
    CHECK(messages.back().kind == kind);
    messages.back().payload += frame::test::text(payload);
    open = !ends;
    ++pieces;
    last = payload;
  }

  std::vector<Message> messages;
  bool open = false;  // the last message has not ended
  std::size_t pieces = 0;
  std::span<const std::byte> last;  // where the last piece was
};

// Sends a message in pieces of at most `cut` bytes.
inline std::optional<frame::Violation> send(ToTarget& way, const Message& message, std::size_t cut,
                                            Target& target) {
  auto rest = frame::test::bytes(message.payload);
  std::span<std::byte> left(rest);
  bool begins = true;
  do {
    const auto piece = left.first(std::min(cut, left.size()));
    left = left.subspan(piece.size());
    const session::Data data{.payload = piece,
                             .text = message.kind == frame::Opcode::text,
                             .message_begins = begins,
                             .message_ends = left.empty()};
    if (const auto violation = way.take(data, target)) return violation;
    begins = false;
  } while (!left.empty());
  return std::nullopt;
}

struct ToTargetOutcome {
  std::string got;
  std::optional<frame::Violation> violation;
};

inline ToTargetOutcome to_target(const Style& style, const std::vector<Message>& messages,
                                 std::size_t cut) {
  ToTarget way(style);
  Target target;
  for (const Message& message : messages) {
    if (const auto violation = send(way, message, cut, target)) return {target.got, violation};
  }
  return {target.got, std::nullopt};
}

struct ToClientOutcome {
  std::vector<Message> messages;
  std::optional<Fault> fault;
  std::size_t pieces = 0;
};

// The target sends the bytes, at most `cut` at a time, and ends.
inline ToClientOutcome to_client(const Style& style, std::string_view bytes, std::size_t cut) {
  ToClient way(style);
  Client client;
  const auto outcome = [&](std::optional<Fault> fault) {
    CHECK_FALSE(client.open);
    return ToClientOutcome{client.messages, fault, client.pieces};
  };
  while (!bytes.empty()) {
    const auto fed = way.feed(frame::test::bytes(bytes.substr(0, cut)), client);
    if (!fed) return outcome(fed.error());
    bytes.remove_prefix(std::min(cut, bytes.size()));
  }
  const auto finished = way.finish(client);
  return outcome(finished ? std::nullopt : std::optional(finished.error()));
}

// Every way of cutting that matters to a few bytes, and not at all.
inline std::size_t any_cut() { return GENERATE(1U, 2U, 3U, 4U, 5U, 7U, 16U, 1000000U); }

}  // namespace websocket::framing::test
