// SPDX-License-Identifier: Apache-2.0
// The framings, both ways, against arbitrary bytes and arbitrary messages: what comes out does not
// depend on how the input was cut, is what a plain model of the framing says, and never breaks
// what the other side relies on (one line a message, UTF-8 in text).
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mod_websocket/frame/utf8.hh"
#include "mod_websocket/framing/to_client.hh"
#include "mod_websocket/framing/to_target.hh"

namespace {

using namespace websocket;
using namespace websocket::framing;
using namespace std::string_literals;
using frame::Opcode;
using frame::Violation;

void require(bool condition) {
  if (!condition) std::abort();
}

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Message {
  Opcode kind;
  std::string payload;
  bool ended;

  bool operator==(const Message&) const = default;
};
using Messages = std::vector<Message>;

std::string joined(const Messages& messages) {
  std::string all;
  for (const Message& message : messages) all += message.payload;
  return all;
}

// The sizes of parts that something is cut into; without any, byte by byte.
class Cuts {
 public:
  explicit Cuts(std::string_view sizes) : sizes_(sizes) {}

  // The next part of what is left, at least one byte of it.
  std::size_t next(std::size_t left) {
    const std::size_t wanted =
        sizes_.empty() ? 1 : static_cast<unsigned char>(sizes_[at_++ % sizes_.size()]) % 32U;
    return std::min(std::max<std::size_t>(wanted, 1), left);
  }

 private:
  std::string_view sizes_;
  std::size_t at_ = 0;
};

// ---- target to client -----------------------------------------------------------------------

class Client final : public MessageSink {
 public:
  // Of records that are not our own anything may come.
  explicit Client(bool one_kind_a_message) : one_kind_a_message_(one_kind_a_message) {}

  void piece(Opcode kind, std::span<const std::byte> payload, bool ends) override {
    if (messages.empty() || messages.back().ended) messages.push_back({kind, "", false});
    require(messages.back().kind == kind || !one_kind_a_message_);
    require(kind == Opcode::text || kind == Opcode::binary);
    messages.back().payload += text(payload);
    messages.back().ended = ends;
  }

  Messages messages;

 private:
  bool one_kind_a_message_;
};

struct Shown {
  Messages messages;
  std::optional<Fault> fault;

  bool operator==(const Shown&) const = default;
};

// Each part in an allocation of its own size, so that a step beyond it is seen.
Shown to_client(const Style& style, std::string_view input, std::optional<Cuts> cuts) {
  ToClient way(style);
  Client client(style.form != Form::echo);
  while (!input.empty()) {
    const std::size_t size = cuts ? cuts->next(input.size()) : input.size();
    const std::vector<char> part(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size));
    input.remove_prefix(size);
    const auto fed = way.feed(std::as_bytes(std::span(part)), client);
    if (!fed) return {client.messages, fed.error()};
  }
  const auto finished = way.finish(client);
  return {client.messages, finished ? std::nullopt : std::optional(finished.error())};
}

// What the lines framing is to make of all that a target sends.
Shown lines_of(const Style& style, std::string_view input) {
  Shown shown;
  while (!input.empty()) {
    const std::size_t end = input.find('\n');
    std::string_view line = input.substr(0, end);
    input.remove_prefix(end == input.npos ? input.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > style.max_line) {
      shown.fault = Fault::line_too_long;
      return shown;
    }
    shown.messages.push_back({style.text ? Opcode::text : Opcode::binary, std::string(line), true});
  }
  return shown;
}

void check_lines(const Style& style, const Shown& shown, std::string_view input) {
  const Shown model = lines_of(style, input);
  require(shown.fault == model.fault && shown.messages.size() == model.messages.size());
  for (std::size_t i = 0; i < model.messages.size(); ++i) {
    const std::string& line = model.messages[i].payload;
    const std::string& payload = shown.messages[i].payload;
    if (!style.text || frame::is_valid_utf8(bytes(line))) {
      require(shown.messages[i] == model.messages[i]);
    } else {
      require(shown.messages[i].ended && shown.messages[i].kind == Opcode::text);
      require(frame::is_valid_utf8(bytes(payload)));
      require(payload.find("\xEF\xBF\xBD") != payload.npos);
      require(payload.size() <= 3 * line.size());
    }
  }
}

void check_text(const Shown& shown, std::string_view input) {
  for (const Message& message : shown.messages) {
    require(message.ended && message.kind == Opcode::text && !message.payload.empty());
    require(frame::is_valid_utf8(bytes(message.payload)));
  }
  const std::string all = joined(shown.messages);
  require(input.starts_with(all));
  require(shown.fault.has_value() == (all.size() != input.size()));
  if (!shown.fault) return;
  require(shown.fault == Fault::not_utf8);
  // Not a single code point more could have been sent.
  for (std::size_t more = 1; more <= 4 && all.size() + more <= input.size(); ++more) {
    require(!frame::is_valid_utf8(bytes(input.substr(all.size(), more))));
  }
}

void check_to_client(const Style& style, std::string_view input, const Cuts& cuts) {
  const Shown whole = to_client(style, input, std::nullopt);
  const Shown in_parts = to_client(style, input, cuts);
  switch (style.form) {
    case Form::binary:
    case Form::mqtt:
      require(!whole.fault && !in_parts.fault);
      require(joined(whole.messages) == input && joined(in_parts.messages) == input);
      return;
    case Form::text:
      check_text(whole, input);
      check_text(in_parts, input);
      require(joined(whole.messages) == joined(in_parts.messages));
      return;
    case Form::lines:
      check_lines(style, whole, input);
      require(whole == in_parts);
      return;
    case Form::echo:  // no writer of ours made these records, but nothing may break
      require(whole == in_parts);
      return;
  }
}

// ---- client to target -----------------------------------------------------------------------

class Target final : public ByteSink {
 public:
  void bytes(std::span<const std::byte> bytes) override {
    require(!bytes.empty());
    got += text(bytes);
  }

  std::string got;
};

// A byte says the length of the next fragment, its message's kind and whether it ends the message.
Messages messages_in(std::string_view input) {
  Messages messages;
  while (!input.empty()) {
    const auto head = static_cast<unsigned char>(input[0]);
    input.remove_prefix(1);
    if (messages.empty() || messages.back().ended) {
      messages.push_back({(head & 1U) != 0 ? Opcode::text : Opcode::binary, "", false});
    }
    const auto fragment = input.substr(0, head >> 2U);
    input.remove_prefix(fragment.size());
    messages.back().payload += fragment;
    messages.back().ended = (head & 2U) != 0;
  }
  return messages;
}

struct Sent {
  std::string got;
  std::optional<Violation> violation;
};

Sent to_target(const Style& style, const Messages& messages, std::optional<Cuts> cuts) {
  ToTarget way(style);
  Target target;
  for (const Message& message : messages) {
    std::size_t at = 0;
    do {
      const std::size_t left = message.payload.size() - at;
      const std::string_view part =
          std::string_view(message.payload).substr(at, cuts ? cuts->next(left) : left);
      std::vector<char> copy(part.begin(), part.end());
      const bool begins = at == 0;
      at += part.size();
      const session::Data data{.payload = std::as_writable_bytes(std::span(copy)),
                               .text = message.kind == Opcode::text,
                               .message_begins = begins,
                               .message_ends = message.ended && at == message.payload.size()};
      if (const auto violation = way.take(data, target)) return {target.got, violation};
    } while (at < message.payload.size());
  }
  return {target.got, std::nullopt};
}

// What the lines framing is to make of one message: its line, or what is wrong with it.
tl::expected<std::string, Violation> line_of(const Style& style, const Message& message) {
  if (check_kind(style, message.kind == Opcode::text)) {
    return tl::unexpected(style.text ? Violation::binary_not_accepted
                                     : Violation::text_not_accepted);
  }
  const std::size_t end = message.payload.find_first_of("\r\n\0"s);
  const std::string line = message.payload.substr(0, end);
  if (line.size() > style.max_line) return tl::unexpected(Violation::message_too_big);
  const std::string rest = message.payload.substr(line.size());
  if (!rest.empty() && rest != "\r\n" && rest != "\n" && rest != "\r") {
    return tl::unexpected(Violation::line_break);
  }
  return line;
}

void check_lines(const Style& style, const Sent& sent, const Messages& messages) {
  std::string lines;
  for (const Message& message : messages) {
    const auto line = line_of(style, message);
    const std::string begun = message.payload.substr(
        0, std::min(style.max_line, message.payload.find_first_of("\r\n\0"s)));
    if (!line) {
      require(sent.violation == line.error());
      require((lines + begun).starts_with(sent.got) && sent.got.starts_with(lines));
      return;
    }
    lines += message.ended ? *line + "\r\n" : begun;
  }
  require(!sent.violation && sent.got == lines);
}

void check_to_target(const Style& style, const Messages& messages, const Cuts& cuts) {
  const Sent whole = to_target(style, messages, std::nullopt);
  const Sent in_parts = to_target(style, messages, cuts);
  require(whole.violation == in_parts.violation);
  switch (style.form) {
    case Form::binary: require(!whole.violation); [[fallthrough]];
    case Form::text:
    case Form::mqtt:
      require(joined(messages).starts_with(whole.got) && in_parts.got == whole.got);
      if (!whole.violation) require(whole.got == joined(messages));
      return;
    case Form::lines:
      check_lines(style, whole, messages);
      check_lines(style, in_parts, messages);
      return;
    case Form::echo:
      for (const Sent& sent : {whole, in_parts}) {
        require(!sent.violation);
        Messages expected = messages;
        // A message of which nothing but its beginning is known is not seen yet.
        if (!expected.empty() && !expected.back().ended && expected.back().payload.empty()) {
          expected.pop_back();
        }
        require(to_client(style, sent.got, std::nullopt).messages == expected);
        require(to_client(style, sent.got, cuts).messages == expected);
      }
      return;
  }
}

}  // namespace

// The first byte chooses the framing and the direction, the second how many of the next are sizes
// of parts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Style style{.form = static_cast<Form>((data[0] >> 4U) % 5U),
                    .text = (data[0] & 2U) != 0,
                    .only_that_kind = (data[0] & 4U) != 0,
                    .max_line = (data[0] & 8U) != 0 ? 20U : 16U * 1024U};
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t count = std::min<std::size_t>(data[1] % 16U, input.size());
  const Cuts cuts(input.substr(0, count));
  const std::string_view rest = input.substr(count);
  if ((data[0] & 1U) != 0) {
    check_to_client(style, rest, cuts);
  } else {
    check_to_target(style, messages_in(rest), cuts);
  }
  return 0;
}
