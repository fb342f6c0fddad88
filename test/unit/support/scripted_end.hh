// SPDX-License-Identifier: Apache-2.0
// An end of a tunnel without any socket: the test plays the peer behind it, and decides how the
// end behaves (cuts, refuses, fails). It checks what end.hh asks of whoever uses an end.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <string>

#include "mod_websocket/tunnel/end.hh"
#include "test/unit/frame/bytes.hh"

namespace websocket::tunnel::test {

using frame::test::Bytes;

inline constexpr std::size_t k_unlimited = std::numeric_limits<std::size_t>::max();

// The peer's side of an end; outlives it.
struct Wire {
  // What the peer has done.
  Bytes input;                     // sent, and not read yet
  bool input_ended = false;        // FIN behind it
  bool input_failed = false;       // the connection broke behind it
  std::size_t room = k_unlimited;  // bytes that it still takes
  bool writes_fail = false;

  // How the end behaves.
  std::size_t read_at_most = k_unlimited;
  std::size_t write_at_most = k_unlimited;
  std::size_t stutter = 1;         // n: only every n-th operation is not answered by would_block
  std::size_t fail_operation = 0;  // n: the n-th read or write and all after it fail
  bool buffers_input = false;      // reads ahead, as TLS does: poll does not know of what is inside
  bool keeps_output = false;       // takes more than the peer does, as httpd's filters do
  bool finish_takes_room = false;  // an octet's: the end is something that is sent, as in TLS
  bool read_waits_for_writable = false;
  bool write_waits_for_readable = false;

  // What has come of it.
  Bytes output;  // that the peer got
  bool finished = false;
  bool destroyed = false;
  std::size_t operations = 0;
  std::size_t reads = 0;
  std::size_t writes = 0;
  std::string misuse;  // what broke the contract of end.hh; must stay empty

  // Inside the end.
  Bytes ahead;
  Bytes kept;
  Bytes refused;  // the last write that met would_block

  // What a poll would say. An end that has come is announced until it is read, and ever after.
  bool readable() const { return !input.empty() || input_ended || input_failed || has_failed(); }
  bool writable() const { return room > 0 || writes_fail || has_failed(); }
  bool has_failed() const { return fail_operation != 0 && operations >= fail_operation; }
};

class ScriptedEnd final : public End {
 public:
  explicit ScriptedEnd(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}
  ~ScriptedEnd() override { wire_->destroyed = true; }

  IoResult read(std::span<std::byte> into) noexcept override;
  IoResult write(std::span<const std::byte> from) noexcept override;
  void finish_writing() noexcept override;
  bool has_buffered_input() const noexcept override { return !wire_->ahead.empty(); }
  bool has_buffered_output() const noexcept override { return !wire_->kept.empty(); }
  IoStatus drain_output() noexcept override;
  bool read_waits_for_writable() const noexcept override { return wire_->read_waits_for_writable; }
  bool write_waits_for_readable() const noexcept override {
    return wire_->write_waits_for_readable;
  }

 private:
  enum class Turn { go_on, would_block, fail };
  Turn begin() noexcept;
  std::size_t deliver(std::span<const std::byte> from) noexcept;

  std::shared_ptr<Wire> wire_;
};

}  // namespace websocket::tunnel::test
