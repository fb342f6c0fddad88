// SPDX-License-Identifier: Apache-2.0
#include "test/unit/support/scripted_end.hh"

#include <algorithm>
#include <utility>

namespace websocket::tunnel::test {

namespace {

void remove_front(Bytes& bytes, std::size_t n) {
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
}

void append(Bytes& bytes, std::span<const std::byte> more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

}  // namespace

ScriptedEnd::Turn ScriptedEnd::begin() noexcept {
  ++wire_->operations;
  if (wire_->has_failed()) return Turn::fail;
  return wire_->operations % wire_->stutter == 0 ? Turn::go_on : Turn::would_block;
}

IoResult ScriptedEnd::read(std::span<std::byte> into) noexcept {
  Wire& wire = *wire_;
  ++wire.reads;
  if (into.empty()) wire.misuse = "a read of nothing";
  if (wire.read_waits_for_writable) {
    if (wire.room == 0) return {IoStatus::would_block};
    wire.read_waits_for_writable = false;
  }
  const Turn turn = begin();
  if (turn == Turn::fail) return {IoStatus::failed};
  if (turn == Turn::would_block) return {IoStatus::would_block};
  if (wire.buffers_input && wire.ahead.empty()) std::swap(wire.ahead, wire.input);
  Bytes& source = wire.buffers_input ? wire.ahead : wire.input;
  if (!source.empty()) {
    const std::size_t n = std::min({source.size(), into.size(), wire.read_at_most});
    std::copy_n(source.begin(), n, into.begin());
    remove_front(source, n);
    return {IoStatus::done, n};
  }
  if (wire.input_failed) return {IoStatus::failed};
  if (wire.input_ended) return {IoStatus::ended};
  return {IoStatus::would_block};
}

IoResult ScriptedEnd::write(std::span<const std::byte> from) noexcept {
  Wire& wire = *wire_;
  ++wire.writes;
  if (from.empty()) wire.misuse = "a write of nothing";
  if (wire.finished) wire.misuse = "a write after finish_writing()";
  if (!wire.refused.empty() &&
      !std::ranges::equal(wire.refused, from.first(std::min(wire.refused.size(), from.size())))) {
    wire.misuse = "after would_block another write than the one that was refused";
  }
  wire.refused.clear();
  const Turn turn = begin();
  if (turn == Turn::fail || wire.writes_fail) return {IoStatus::failed};
  if (turn == Turn::would_block) {
    append(wire.refused, from);
    return {IoStatus::would_block};
  }
  if (wire.keeps_output) {
    if (!wire.kept.empty()) return {IoStatus::would_block};
    from = from.first(std::min(from.size(), wire.write_at_most));
    append(wire.kept, from.subspan(deliver(from)));
    return {IoStatus::done, from.size()};
  }
  const std::size_t n = deliver(from);
  if (n != 0) return {IoStatus::done, n};
  append(wire.refused, from);
  return {IoStatus::would_block};
}

std::size_t ScriptedEnd::deliver(std::span<const std::byte> from) noexcept {
  const std::size_t n = std::min({from.size(), wire_->room, wire_->write_at_most});
  append(wire_->output, from.first(n));
  if (wire_->room != k_unlimited) wire_->room -= n;
  return n;
}

IoStatus ScriptedEnd::drain_output() noexcept {
  if (begin() == Turn::fail || wire_->writes_fail) return IoStatus::failed;
  const std::size_t n = deliver(wire_->kept);
  remove_front(wire_->kept, n);
  return n != 0 ? IoStatus::done : IoStatus::would_block;
}

void ScriptedEnd::finish_writing() noexcept {
  wire_->finished = true;
  if (wire_->finish_takes_room) wire_->kept.push_back(std::byte{'.'});
  drain_output();
}

}  // namespace websocket::tunnel::test
