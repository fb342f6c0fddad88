// SPDX-License-Identifier: Apache-2.0
// How a tunnel ends, and its deadlines.
#include <algorithm>
#include <utility>

#include "mod_websocket/tunnel/tunnel.hh"

namespace websocket::tunnel {

namespace {

// After the client's Close the target has its FIN and may still be speaking; a reply that waits
// longer than this for a target that never ends would look like a hang in the page.
constexpr std::chrono::milliseconds k_last_words{1000};

// While an end that is to be finished does not take a single byte of what waits for it.
constexpr std::chrono::milliseconds k_flush_stall{30000};

// For flushing in all, however steadily it goes on. Stops a peer that takes a byte now and then, or
// streams on and answers no Close, from holding up the end of a tunnel, and of the process with it.
constexpr std::chrono::minutes k_longest_flush{5};

}  // namespace

void Tunnel::close(frame::CloseCode code, std::string_view reason, Time now) {
  if (finished_ || client_out_ != Outlet::open) return;
  blame(Ending::server_closed, code);
  queue_close(reason, now);
  settle(now);
}

void Tunnel::report(Time now) noexcept {
  if (journal_ && !finished_) journal_->progressed(account_, now);
}

void Tunnel::heed_dismissal(Time now) {
  if (!journal_ || finished_ || !journal_->is_dismissed()) return;
  close(frame::CloseCode::going_away, "ended by the administrator", now);
}

void Tunnel::abandon(frame::CloseCode code, std::string_view reason) noexcept {
  if (finished_) return;
  blame(Ending::server_closed, code);
  // Behind half a frame a Close would only be taken for its payload.
  if (client_out_ == Outlet::open && to_client_.empty()) {
    client_->write(session_.close(code, reason).bytes());
  }
  client_->finish_writing();
  target_->finish_writing();
  conclude();
}

// Puts the Close behind all that waits for the client; the code is the first cause's. A client
// whose connection ended without one said goodbye by TCP and gets the same: a Close would hardly
// ever meet anybody but a kernel that answers it with RST.
void Tunnel::queue_close(std::string_view reason, Time now) {
  if (client_out_ != Outlet::open) return;
  client_out_ = Outlet::finishing;
  discard_target();
  if (account_.ending != Ending::client_vanished) {
    const auto frame =
        close_code_ ? session_.close(*close_code_, reason) : session_.close_without_code();
    send_to_client(frame.bytes(), now);
  }
  rearm(now);
}

void Tunnel::finish_target(Time now) {
  if (target_out_ == Outlet::open) target_out_ = Outlet::finishing;
  rearm(now);
}

// Nothing of it can go to the client any more.
void Tunnel::discard_target() noexcept {
  if (target_in_ == Intake::flowing) target_in_ = Intake::discarding;
}

// What follows from the state alone, whatever led to it.
void Tunnel::settle(Time now) {
  if (finished_ || !is_closing()) return;
  if (target_out_ == Outlet::finishing && !target_has_output()) {
    target_->finish_writing();
    target_out_ = Outlet::finished;
    if (client_out_ != Outlet::open) rearm(now);
  }
  // The server closes TCP first, once it has sent its Close and needs no answer any more
  // (RFC 6455 section 7.1.1).
  if (client_out_ == Outlet::finishing && client_in_ != Intake::flowing && !client_has_output()) {
    client_->finish_writing();
    client_out_ = Outlet::finished;
    rearm(now);
  }
  const auto is_over = [](Outlet outlet) {
    return outlet == Outlet::finished || outlet == Outlet::broken;
  };
  // An end of TLS is something that is sent, and may have to wait for room.
  const bool all_is_sent =
      is_over(client_out_) && is_over(target_out_) && !client_has_output() && !target_has_output();
  if (client_in_ == Intake::ended && target_in_ == Intake::ended && all_is_sent) {
    conclude();
  }
}

void Tunnel::expire(Time now) {
  if (finished_ || now < deadline_) return;
  if (!is_closing()) {
    if (timing_.idle_timeout.count() > 0 && now >= last_data_ + timing_.idle_timeout) {
      blame(Ending::idle, frame::CloseCode::going_away);
      queue_close("idle for too long", now);
    } else if (now >= next_ping_) {
      keep_alive(now);
    } else {
      rearm(now);
    }
  } else if (client_out_ == Outlet::open) {
    queue_close("", now);  // the last words are over
  } else if (client_out_ == Outlet::finishing && client_in_ == Intake::flowing &&
             !client_has_output() && now < closing_end()) {
    account_.timed_out = true;  // no reply to our Close
    client_in_ = Intake::discarding;
    finish_target(now);
  } else {
    account_.timed_out = true;
    conclude();
  }
  settle(now);
}

void Tunnel::keep_alive(Time now) {
  // A client that does not take what waits for it could not see a ping either. One that is not
  // read, because its target takes nothing, is pinged but cannot be heard: should it be gone, a
  // ping will fail.
  if (!client_has_output()) {
    if (!client_heard_ && !target_has_output()) {
      blame(Ending::client_silent, frame::CloseCode::policy);
      client_in_ = Intake::discarding;
      finish_target(now);
      queue_close("no answer to a ping", now);
      return;
    }
    client_heard_ = false;
    send_to_client(session_.ping({}).bytes(), now);
  }
  next_ping_ = Time::max();
  rearm(now);
}

void Tunnel::rearm(Time now) noexcept {
  if (!is_closing()) {
    if (next_ping_ == Time::max() && timing_.ping_interval.count() > 0) {
      next_ping_ = now + timing_.ping_interval;
    }
    const Time idle_end =
        timing_.idle_timeout.count() > 0 ? last_data_ + timing_.idle_timeout : Time::max();
    deadline_ = std::min(next_ping_, idle_end);
    return;
  }
  if (closing_since_ == Time::max()) closing_since_ = now;
  if (client_out_ == Outlet::open) {
    deadline_ = closing_since_ + std::min(k_last_words, timing_.close_timeout);
    return;
  }
  const bool flushes = client_has_output() || target_has_output();
  const auto patience =
      flushes ? std::max(k_flush_stall, timing_.close_timeout) : timing_.close_timeout;
  deadline_ = std::min(now + patience, closing_end());
}

// When it is over, come what may: after flushing, the client's reply and the end of its connection.
Time Tunnel::closing_end() const noexcept {
  return closing_since_ + k_longest_flush + 2 * timing_.close_timeout;
}

// The first cause is the one that counts, for the log and for the code of our Close.
void Tunnel::blame(Ending ending, std::optional<frame::CloseCode> code) noexcept {
  if (account_.ending != Ending::none) return;
  account_.ending = ending;
  close_code_ = code;
  account_.close_code = code ? static_cast<std::uint16_t>(*code) : 0;
}

void Tunnel::conclude() noexcept {
  finished_ = true;
  if (journal_) journal_->ended(account_);
}

}  // namespace websocket::tunnel
