// SPDX-License-Identifier: Apache-2.0
// Compressed messages on their way into a session, cut and cramped.
#pragma once

#include <algorithm>
#include <string_view>

#include "mod_websocket/session/session.hh"
#include "test/unit/catch.hh"
#include "test/unit/frame/bytes.hh"
#include "test/unit/frame/feeder.hh"
#include "test/unit/session/listener.hh"

namespace websocket::session::test {

inline constexpr unsigned k_whole_text = frame::test::k_fin | frame::test::k_rsv1 | k_text;
inline constexpr unsigned k_whole_binary = frame::test::k_fin | frame::test::k_rsv1 | k_binary;

struct Chunks {
  std::size_t input;
  std::size_t room;
};

inline Listener receive(const frame::test::Bytes& input, Chunks chunks = {1U << 20U, 1024},
                        Limits limits = {}, const deflate::Agreement& agreement = {}) {
  Listener listener(limits, agreement, chunks.room);
  for (std::size_t at = 0; at < input.size(); at += chunks.input) {
    listener.feed(std::span(input).subspan(at, std::min(chunks.input, input.size() - at)));
  }
  return listener;
}

inline Chunks hostile_chunks() {
  return GENERATE(Chunks{1, 1}, Chunks{1, 1024}, Chunks{1U << 20U, 1}, Chunks{3, 2}, Chunks{13, 7},
                  Chunks{1000, 64}, Chunks{1U << 20U, 1024}, Chunks{1U << 20U, 65536});
}

// The whole input at once and a byte at a time, with much room and with little: all must agree.
inline frame::Violation violation_of(const frame::test::Bytes& input, Limits limits = {}) {
  const Listener at_once = receive(input, {1U << 20U, 65536}, limits);
  REQUIRE(at_once.violation);
  CHECK(at_once.session.state() == State::failed);
  for (const Chunks chunks : {Chunks{1, 65536}, Chunks{1, 1}, Chunks{1U << 20U, 1}}) {
    const Listener cut = receive(input, chunks, limits);
    REQUIRE(cut.violation);
    CHECK(*cut.violation == *at_once.violation);
  }
  return *at_once.violation;
}

// A compressed message in frames of so many bytes, with something after each.
inline frame::test::Bytes fragments(unsigned kind, std::string_view payload, std::size_t size,
                                    const frame::test::Bytes& between) {
  using frame::test::operator+;
  frame::test::Bytes out;
  unsigned first_byte = kind | frame::test::k_rsv1;
  while (payload.size() > size) {
    out = out + frame::test::frame(first_byte, payload.substr(0, size)) + between;
    payload.remove_prefix(size);
    first_byte = 0;
  }
  return out + frame::test::frame(first_byte | frame::test::k_fin, payload);
}

}  // namespace websocket::session::test
