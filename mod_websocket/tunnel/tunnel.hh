// SPDX-License-Identifier: Apache-2.0
// A tunnel: the client's WebSocket on one side, the target's byte stream on the other. It moves
// bytes, holds what an end cannot take, and sees both ends closed in an order that loses nothing.
// It knows no httpd and no poll; a driver (the engine, or one thread of its own) tells it what is
// ready and asks what it waits for.
//
// Back-pressure. The target is read only while nothing waits for the client, the client only while
// nothing waits for the target. So at most one read's worth (ReadSize) waits on each side, and
// beside it the pongs that answer one read's worth of pings: a slow peer costs a bounded amount of
// memory, and slows down the other side by way of TCP.
//
// Closing. Each direction ends by itself: its intake stops (Intake), what waits is flushed, and the
// outlet finishes (Outlet). Who begins:
//
//   client sends Close      the target gets all that came before it, then FIN; what the target
//                           still says, for a second at most (k_last_words), goes out before the
//                           reply
//   client ends without it  the same, but no Close: FIN answers FIN
//   client breaks protocol  the target gets what was valid, then FIN; Close 1002.. goes out at once
//   target ends             the client gets all of it, then Close 1000; what the client had sent
//                           before its reply still goes to the target
//   target fails            the client gets what had come, then Close 1014
//   target breaks framing   the client gets what was valid, then Close 1014
//   we close (restart ...)  Close 1001/1012 after what waits; as when the target ends
//
// A target inside this process (End::is_polled) is no stranger: whatever the client did last, what
// the target has still to say goes out before the Close.
//
// Conversion. Where compression was agreed on, or the framing is not binary, messages and bytes are
// made of each other on the way (Conversion). A few bytes from a client may then become many; so
// its input is converted only while nothing waits for the target, and the rest of a read is kept.
//
// Ends are read and their bytes discarded until they are at their end too, bounded by
// close_timeout: closing a socket with unread bytes would send RST, and an RST can destroy bytes
// that the peer has not read yet (RFC 9112 section 9.6). Flushing goes on as long as the peer takes
// a byte every half minute, for five minutes in all.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "mod_websocket/deflate/agreement.hh"
#include "mod_websocket/frame/close_code.hh"
#include "mod_websocket/framing/fault.hh"
#include "mod_websocket/framing/style.hh"
#include "mod_websocket/session/session.hh"
#include "mod_websocket/tunnel/backlog.hh"
#include "mod_websocket/tunnel/conversion.hh"
#include "mod_websocket/tunnel/end.hh"
#include "mod_websocket/tunnel/read_size.hh"
#include "mod_websocket/tunnel/scratch.hh"

namespace websocket::tunnel {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

// Shared by all tunnels of a configuration section; outlives them.
struct Timing {
  // How long an end may take to answer a Close or to finish after ours.
  std::chrono::milliseconds close_timeout{5000};
  // How often an open client is pinged; 0: never. A client that has sent nothing between two
  // pings is gone.
  std::chrono::milliseconds ping_interval{30000};
  // After so long without data either way the tunnel is closed; 0: never. Pings are no data.
  std::chrono::milliseconds idle_timeout{0};
};

// What was agreed on with the client, and what the policy says.
struct Protocol {
  session::Limits limits{};
  std::optional<deflate::Agreement> compression{};
  deflate::Settings compressor{};
  framing::Style style{};

  // Messages are the target's bytes as they are.
  bool is_plain() const noexcept { return !compression && style.form == framing::Form::binary; }
};

// What the driver saw, or what the tunnel waits for.
struct Readiness {
  bool client_readable = false;
  bool client_writable = false;
  bool target_readable = false;
  bool target_writable = false;
};

// Why a tunnel came to its end: the first cause.
enum class Ending : std::uint8_t {
  none,
  client_closed,    // its Close came
  client_vanished,  // its connection ended or failed without a Close
  client_silent,    // it answered no ping
  violation,        // it broke the protocol
  target_closed,
  target_failed,
  target_misframed,  // its bytes do not fit the framing
  idle,              // no data for idle_timeout
  server_closed,     // close() or abandon() was called
};

inline constexpr Ending k_last_ending = Ending::server_closed;

// In words; and as a token, for logs and counters that programs read.
std::string_view name(Ending ending) noexcept;
std::string_view token(Ending ending) noexcept;

// What went through, for the log.
struct Account {
  std::uint64_t client_bytes = 0;  // payload from the client
  std::uint64_t client_messages = 0;
  std::uint64_t target_bytes = 0;  // payload to the client
  std::uint64_t target_messages = 0;
  // Where compression was agreed on: the frames of messages as they came and went.
  std::uint64_t client_wire_bytes = 0;
  std::uint64_t target_wire_bytes = 0;
  Time target_began = Time::max();  // when the target's first byte came
  std::uint16_t close_code = 0;     // the first Close sent or received; 0 without one or its code
  std::optional<frame::Violation> violation;
  std::optional<framing::Fault> fault;  // of a target that misframed
  Ending ending = Ending::none;
  bool timed_out = false;  // an end did not finish in time
};

class Tunnel;

// Whoever keeps account of a tunnel. Called by the thread that owns the tunnel.
class Journal {
 public:
  virtual ~Journal() = default;
  // Once, when the tunnel is over and before its ends are closed.
  virtual void ended(const Account& account) noexcept = 0;
  // About once a second while something moves.
  virtual void progressed(const Account& account, Time now) noexcept = 0;
  // Whether somebody outside wants the tunnel to end.
  virtual bool is_dismissed() const noexcept = 0;
};

class Tunnel {
 public:
  Tunnel(std::unique_ptr<End> client, std::unique_ptr<End> target, const Protocol& protocol,
         const Timing& timing, std::unique_ptr<Journal> journal, Time now);
  ~Tunnel();
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  // Bytes that came from the client behind its handshake.
  void feed_early(std::span<std::byte> input, Scratch& scratch, Time now);

  // Moves what can be moved, up to a bound.
  void service(Readiness ready, Scratch& scratch, Time now);

  // Whether service() is to be called again before long though no poll will announce anything:
  // there is input inside that was beyond the bound.
  bool has_more_to_serve() const noexcept;

  // To be called when deadline() has come.
  void expire(Time now);

  // Lets the journal know what has gone through: see Journal::progressed().
  void report(Time now) noexcept;
  // Closes the tunnel where its journal says so.
  void heed_dismissal(Time now);

  // Begins the close handshake, unless one has begun.
  void close(frame::CloseCode code, std::string_view reason, Time now);

  // Says goodbye without waiting for an answer: the tunnel is finished afterwards.
  void abandon(frame::CloseCode code, std::string_view reason) noexcept;

  bool finished() const noexcept { return finished_; }
  // What it waits for; nothing when finished.
  Readiness wants() const noexcept;
  Time deadline() const noexcept { return deadline_; }

  End& client() noexcept { return *client_; }
  End& target() noexcept { return *target_; }
  const Account& account() const noexcept { return account_; }

 private:
  enum class Intake : std::uint8_t { flowing, discarding, ended };
  enum class Outlet : std::uint8_t { open, finishing, finished, broken };

  void pump_client(Scratch& scratch, Time now);
  void pump_target(Scratch& scratch, Time now);
  void receive(std::span<std::byte> input, Scratch& scratch, Time now);
  void receive_plain(std::span<std::byte> input, Time now);
  void receive_converted(std::span<std::byte> input, Scratch& scratch, Time now);
  // What a client's events have in common, whatever becomes of its data. False: it is heard out.
  bool heed(const session::Event& event, Time now);
  void count_from_client(const session::Data& data, Time now) noexcept;
  void send_converted(std::span<const std::byte> bytes, Scratch& scratch, Time now);
  void send_last_converted(Scratch& scratch, Time now);
  void send_to_client(std::span<const std::byte> bytes, Time now);
  void send_to_target(std::span<const std::byte> bytes, Time now);
  void drain_client(Time now);
  void drain_target(Time now);

  void client_closed(std::optional<frame::CloseCode> code, Time now);
  void client_ended(Time now);
  void client_failed(Time now);
  void client_unwritable(Time now);
  void client_violated(frame::Violation violation, Time now);
  void target_ended(Scratch& scratch, Time now);
  void target_failed(Time now);
  void target_misframed(framing::Fault fault, Time now);
  void target_unwritable(Time now);

  void queue_close(std::string_view reason, Time now);
  void finish_target(Time now);
  void discard_target() noexcept;
  void settle(Time now);
  void keep_alive(Time now);
  void rearm(Time now) noexcept;
  void blame(Ending ending, std::optional<frame::CloseCode> code) noexcept;
  void conclude() noexcept;
  Time closing_end() const noexcept;

  // Whether anything waits that the end has still to take.
  bool client_has_output() const noexcept;
  bool target_has_output() const noexcept;
  bool reads_client() const noexcept;
  bool reads_target() const noexcept;
  bool is_closing() const noexcept;
  bool has_unread() const noexcept;

  std::unique_ptr<End> client_;
  std::unique_ptr<End> target_;
  std::unique_ptr<Journal> journal_;
  Timing timing_;
  session::Session session_;
  std::unique_ptr<Conversion> conversion_;  // null for a plain protocol
  Backlog to_client_;
  Backlog to_target_;
  Time deadline_;
  Time next_ping_ = Time::max();
  Time last_data_;
  Time closing_since_ = Time::max();
  Account account_;
  Intake client_in_ = Intake::flowing;
  Intake target_in_ = Intake::flowing;
  Outlet client_out_ = Outlet::open;
  Outlet target_out_ = Outlet::open;
  std::optional<frame::CloseCode> close_code_;  // of our Close; none: a Close without a code
  bool client_heard_ = true;                    // since the last ping
  bool data_waits_ = false;                     // for the client, not pongs alone
  ReadSize client_reads_;
  ReadSize target_reads_;
  bool finished_ = false;
};

}  // namespace websocket::tunnel
