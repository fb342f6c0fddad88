// SPDX-License-Identifier: Apache-2.0
// A client's bytes through a whole session: what they tell must not depend on how they are cut, on
// how much room there is to inflate into, or on where in memory the rest of them lies.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "mod_websocket/frame/close_code.hh"
#include "mod_websocket/frame/utf8.hh"
#include "mod_websocket/session/session.hh"

namespace {

using namespace websocket;
using Bytes = std::vector<std::byte>;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Options {
  session::Limits limits;
  std::optional<deflate::Agreement> agreement;
  bool close_first;  // our Close has gone out before anything comes in
};

struct Message {
  bool text;
  bool ended = false;
  Bytes payload;
  bool operator==(const Message&) const = default;
};

// What a session told. Control frames may stand between the pieces of a message.
struct Told {
  std::vector<Message> messages;
  std::vector<std::string> controls;
  std::optional<frame::Violation> violation;
  session::State state{};
};

void take(Told& told, const Options& options, const session::Event& event) {
  require(!told.violation);
  if (const auto* data = std::get_if<session::Data>(&event)) {
    const bool open = !told.messages.empty() && !told.messages.back().ended;
    require(data->message_begins == !open);
    if (!open) told.messages.push_back({data->text, false, {}});
    Message& message = told.messages.back();
    require(message.text == data->text);
    message.payload.insert(message.payload.end(), data->payload.begin(), data->payload.end());
    message.ended = data->message_ends;
    const auto most = options.limits.max_message;
    require(most == 0 || message.payload.size() <= most);
  } else if (const auto* ping = std::get_if<session::Pinged>(&event)) {
    const auto pong = ping->pong.bytes();
    require(pong.empty() == options.close_first);
    require(pong.size() <= 127);
    told.controls.emplace_back("ping ");
    for (const std::byte byte : pong) told.controls.back() += std::to_integer<char>(byte);
  } else if (std::holds_alternative<session::Ponged>(event)) {
    told.controls.emplace_back("pong");
  } else if (const auto* close = std::get_if<session::CloseReceived>(&event)) {
    const auto code = close->code ? static_cast<std::uint16_t>(*close->code) : std::uint16_t{0};
    require(!close->code || frame::may_be_sent_by_peer(code));
    told.controls.push_back("close " + std::to_string(code));
  } else {
    told.violation = std::get<session::Failed>(event).violation;
  }
}

// The next size that the input asks for.
class Sizes {
 public:
  explicit Sizes(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  std::size_t next() {
    if (bytes_.empty()) return 1;
    const std::size_t byte = bytes_[at_++ % bytes_.size()];
    return byte < 128 ? std::max<std::size_t>(byte, 1) : (byte - 127) * 64;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

// Every part and every room is an allocation of its own size, so that a step beyond it is seen;
// what is left of a part moves after every call.
void feed(session::Session& session, Told& told, const Options& options,
          std::span<const std::byte> part, Sizes* rooms) {
  Bytes left(part.begin(), part.end());
  while (true) {
    std::span<std::byte> input(left);
    Bytes room(rooms == nullptr ? 65536 : rooms->next());
    const session::Event event =
        session.inflates() ? session.receive(input, room) : session.receive(input);
    require(input.empty() || input.data() + input.size() == left.data() + left.size());
    if (std::holds_alternative<session::Drained>(event)) {
      require(input.empty());
      return;
    }
    take(told, options, event);
    left = Bytes(input.begin(), input.end());
  }
}

Told receive(const Options& options, std::span<const std::byte> input,
             std::optional<std::span<const std::uint8_t>> sizes) {
  session::Session session(options.limits, options.agreement);
  if (options.close_first) session.close(frame::CloseCode::going_away, "");
  Told told;
  if (!sizes) {
    feed(session, told, options, input, nullptr);
  } else {
    Sizes parts(*sizes);
    Sizes rooms(*sizes);
    while (!input.empty()) {
      const std::size_t size = std::min(parts.next(), input.size());
      feed(session, told, options, input.first(size), &rooms);
      input = input.subspan(size);
    }
  }
  told.state = session.state();
  return told;
}

bool begins_with(const Bytes& whole, const Bytes& part) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

// What is wrong is told at the same place of the stream. Of the message that it is in, as much as
// stood in one piece with it has not been handed out, so that there the cuts may be seen.
void compare(const Told& one, const Told& other) {
  require(one.violation == other.violation && one.state == other.state);
  require(one.controls == other.controls);
  const auto& [fewer, more] = one.messages.size() <= other.messages.size()
                                  ? std::tie(one.messages, other.messages)
                                  : std::tie(other.messages, one.messages);
  require(more.size() - fewer.size() <= (one.violation ? 1U : 0U));
  for (std::size_t i = 0; i < more.size(); ++i) {
    if (i == fewer.size()) {
      require(!more[i].ended);
    } else if (one.violation && i + 1 == more.size() && !more[i].ended) {
      require(!fewer[i].ended && fewer[i].text == more[i].text);
      require(begins_with(more[i].payload, fewer[i].payload) ||
              begins_with(fewer[i].payload, more[i].payload));
    } else {
      require(fewer[i] == more[i]);
    }
  }
}

void check(const Told& told) {
  require(told.violation.has_value() == (told.state == session::State::failed));
  for (const Message& message : told.messages) {
    if (!message.text) continue;
    if (message.ended) {
      require(frame::is_valid_utf8(message.payload));
    } else {
      frame::Utf8Validator validator;
      require(validator.feed(message.payload));
    }
  }
}

}  // namespace

// The first byte chooses options, the second how many of the next bytes are sizes of parts and of
// rooms.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  Options options{.limits = {.max_message = (data[0] & 1U) != 0 ? 300U : 1U << 16U},
                  .agreement = {},
                  .close_first = (data[0] & 2U) != 0};
  if ((data[0] & 4U) != 0) {
    // The largest window: with another, whether a reach beyond it is noticed depends on the room.
    options.agreement = {.client_takeover = (data[0] & 8U) == 0};
  }
  const std::size_t count = std::min<std::size_t>(data[1] % 16U, size - 2);
  const std::span<const std::uint8_t> sizes(data + 2, count);
  const auto input = std::as_bytes(std::span(data, size)).subspan(2 + count);

  const Told whole = receive(options, input, std::nullopt);
  check(whole);
  const Told cut = receive(options, input, sizes);
  check(cut);
  compare(whole, cut);
  return 0;
}
