// SPDX-License-Identifier: Apache-2.0
// One WebSocket connection of a load: opens, sends messages, and holds what comes back against
// them, byte by byte.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "test/bench/figures.hh"
#include "test/bench/messages.hh"
#include "test/bench/transport.hh"

namespace bench {

// The opening handshake (RFC 6455 section 4.1), the same for all connections of a load.
struct Opening {
  Opening(std::uint16_t port, const std::string& path, bool tls);
  std::string request;
  std::string accept;  // what Sec-WebSocket-Accept must be
};

class Client {
 public:
  // `first`: the number of its first message; connections that begin apart would notice each
  // other's bytes.
  Client(Transport transport, const Opening& opening, const Messages& messages,
         std::uint64_t first);

  int fd() const { return transport_.fd(); }
  Clock::time_point begun() const { return begun_; }
  bool open() const { return open_; }
  // Messages sent, perhaps not all the way, that have not come back.
  std::size_t under_way() const { return sent_at_.size(); }

  // Queues the next message and sends what goes.
  void send_message();
  void hang_up() { transport_.say_goodbye(); }
  // To be called when epoll says something. Each echo that is complete is told to
  // `echoed(Clock::duration)` when it is no longer under_way(). Throws std::runtime_error where the
  // server does anything else than it should.
  template <typename Echoed>
  void serve(std::span<std::byte> buffer, Echoed&& echoed) {
    if (!ready_to_read()) return;
    for (;;) {
      const Moved got = transport_.receive(buffer);
      if (got.bytes < 0 && !got.gone) break;
      if (got.bytes <= 0) throw std::runtime_error("the server ended a connection");
      feed(buffer.first(static_cast<std::size_t>(got.bytes)));
      while (!echoes_.empty()) {
        const Clock::duration time = echoes_.front();
        echoes_.pop_front();
        echoed(time);
      }
      // A further recv would nearly always find nothing. Not so under TLS: a record is left inside.
      if (!more_inside(got, buffer.size())) break;
    }
    flush();
  }
  // The events to wait for.
  std::uint32_t events() const;

 private:
  bool ready_to_read();
  bool more_inside(Moved got, std::size_t asked) const;
  void feed(std::span<const std::byte> bytes);
  void feed_response(std::span<const std::byte>& bytes);
  void feed_frame(std::span<const std::byte>& bytes);
  bool feed_header(std::span<const std::byte>& bytes);
  void take_payload(std::span<const std::byte> bytes);
  void end_frame();
  void flush();
  bool flush(std::span<const std::byte> bytes, std::size_t& done);

  Transport transport_;
  const Opening& opening_;
  const Messages& messages_;
  const Clock::time_point begun_ = Clock::now();
  bool open_ = false;

  std::string response_;  // as much of it as has come
  std::size_t request_sent_ = 0;
  std::uint64_t sending_;         // number of the message that goes out next or partly
  std::uint64_t queued_;          // one past the last message that is to go out
  std::size_t frame_sent_ = 0;    // of message sending_
  bool frame_begun_ = false;      // TLS may hold some of it though none has been sent
  std::vector<std::byte> pongs_;  // to go out between messages
  std::size_t pongs_sent_ = 0;
  std::uint64_t expected_;     // number of the message that is to come back
  std::size_t came_back_ = 0;  // of its payload
  std::deque<Clock::time_point> sent_at_;
  std::deque<Clock::duration> echoes_;

  std::array<std::byte, 10> header_{};
  std::size_t header_used_ = 0;
  std::uint64_t payload_left_ = 0;
  bool in_payload_ = false;
  std::uint8_t opcode_ = 0;
  std::vector<std::byte> control_;
};

}  // namespace bench
