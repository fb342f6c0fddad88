// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/log/line.hh"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "mod_websocket/log/escape.hh"

namespace websocket::log {

namespace {

using tunnel::Account;
using tunnel::Ending;

constexpr std::string_view k_nothing = "-";

class Writer {
 public:
  explicit Writer(std::span<char> out) noexcept : out_(out) {}

  void add(std::string_view text) noexcept {
    const std::size_t size = std::min(text.size(), out_.size() - used_);
    std::copy_n(text.data(), size, out_.data() + used_);
    used_ += size;
  }
  template <class Number>
  void number(Number number) noexcept {
    const auto [end, failed] =
        std::to_chars(out_.data() + used_, out_.data() + out_.size(), number);
    if (failed == std::errc{}) used_ = static_cast<std::size_t>(end - out_.data());
  }
  void time(const TimeFormat& format, WallTime time) noexcept {
    const auto room = out_.subspan(used_);
    const std::size_t size =
        write_time(format, time, room.first(std::min(room.size(), *longest(Item::time) + 1)));
    if (size == 0) add(k_nothing);
    used_ += size;
  }
  std::size_t used() const noexcept { return used_; }

 private:
  std::span<char> out_;
  std::size_t used_ = 0;
};

template <class Unit>
auto in(tunnel::Clock::duration time) noexcept {
  return std::chrono::duration_cast<Unit>(time).count();
}

void add_duration(Writer& line, tunnel::Clock::duration time, std::string_view unit) noexcept {
  if (unit == "ms") return line.number(in<std::chrono::milliseconds>(time));
  if (unit == "us") return line.number(in<std::chrono::microseconds>(time));
  line.number(in<std::chrono::seconds>(time));
}

// As mod_deflate has it: the size of what went over the wire in percent of what was meant.
void add_ratio(Writer& line, std::uint64_t wire, std::uint64_t payload) noexcept {
  if (wire == 0 || payload == 0) return line.add(k_nothing);
  line.number(wire * 100 / payload);
}

void add_reason(Writer& line, const Account& account) noexcept {
  if (account.violation) {
    line.add(frame::describe(*account.violation));
  } else if (account.fault) {
    line.add(framing::describe(*account.fault));
  } else if (account.timed_out) {
    line.add("the other end did not finish in time");
  } else {
    line.add(k_nothing);
  }
}

void add_ending(Writer& line, const Format::Piece& piece, const Summary& summary) noexcept {
  const Account& account = summary.account;
  switch (piece.item) {
    case Item::time:
      return line.time(piece.time, piece.time.of_end ? summary.ended : summary.opened);
    case Item::duration:
      return add_duration(line, summary.ended_steadily - summary.opened_steadily, "us");
    case Item::scaled_duration:
      return add_duration(line, summary.ended_steadily - summary.opened_steadily, piece.text);
    case Item::process: return line.number(summary.process);
    case Item::received: return line.number(account.client_bytes);
    case Item::sent: return line.number(account.target_bytes);
    case Item::messages_received: return line.number(account.client_messages);
    case Item::messages_sent: return line.number(account.target_messages);
    case Item::ratio_received:
      return add_ratio(line, account.client_wire_bytes, account.client_bytes);
    case Item::ratio_sent: return add_ratio(line, account.target_wire_bytes, account.target_bytes);
    case Item::time_to_first_byte:
      if (account.target_began == tunnel::Time::max()) return line.add(k_nothing);
      return add_duration(line, account.target_began - summary.opened_steadily, "us");
    case Item::close_code:
      return account.close_code == 0 ? line.add(k_nothing) : line.number(account.close_code);
    case Item::closed_by: return line.add(closed_by(account.ending));
    case Item::ending: return line.add(tunnel::token(account.ending));
    case Item::reason: return add_reason(line, account);
    default: return;
  }
}

}  // namespace

std::string_view closed_by(Ending ending) noexcept {
  switch (ending) {
    case Ending::none: break;
    case Ending::client_closed:
    case Ending::client_vanished:
    case Ending::client_silent:
    case Ending::violation: return "client";
    case Ending::target_closed:
    case Ending::target_failed:
    case Ending::target_misframed: return "target";
    case Ending::idle:
    case Ending::server_closed: return "server";
  }
  return k_nothing;
}

Values keep_values(const Format& format, const Opening& opening) {
  std::string values;
  for (const Format::Piece& piece : format.pieces()) {
    if (!is_known_at_first(piece.item)) continue;
    const auto value = opening.value(piece.item, piece.text);
    const std::size_t most = longest(piece.item).value_or(format.value_bound());
    append_escaped(values, value && !value->empty() ? *value : k_nothing, most);
    values += '\0';
  }
  Values kept(new char[values.size() + 1]);
  std::copy_n(values.c_str(), values.size() + 1, kept.get());
  return kept;
}

std::size_t write_line(const Format& format, const char* values, const Summary& summary,
                       std::span<char, k_longest_line> out) noexcept {
  Writer line(out.first(out.size() - 1));
  for (const Format::Piece& piece : format.pieces()) {
    if (piece.item == Item::literal) {
      line.add(piece.text);
    } else if (is_known_at_first(piece.item)) {
      const std::string_view value = values;
      line.add(value);
      values += value.size() + 1;
    } else {
      add_ending(line, piece, summary);
    }
  }
  out[line.used()] = '\n';
  return line.used() + 1;
}

}  // namespace websocket::log
