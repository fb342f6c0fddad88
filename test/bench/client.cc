// SPDX-License-Identifier: Apache-2.0
#include "test/bench/client.hh"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "mod_websocket/handshake/accept_key.hh"

namespace bench {

namespace {

constexpr std::uint8_t k_close = 8, k_ping = 9, k_pong = 10;
constexpr std::uint8_t k_final = 0x80, k_reserved = 0x70, k_masked = 0x80;

[[noreturn]] void wrong(const std::string& what) { throw std::runtime_error("the server " + what); }

std::string random_key() {
  unsigned char random[16], text[25];
  if (RAND_bytes(random, sizeof random) != 1) throw std::runtime_error("no random bytes");
  EVP_EncodeBlock(text, random, sizeof random);
  return reinterpret_cast<const char*>(text);
}

}  // namespace

Opening::Opening(std::uint16_t port, const std::string& path, bool tls) {
  const std::string key = random_key();
  const std::string authority = "localhost:" + std::to_string(port);
  accept = websocket::handshake::accept_key(key);
  request =
      "GET " + path + " HTTP/1.1\r\nHost: " + authority +
      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: " + (tls ? "https://" : "http://") +
      authority + "\r\nSec-WebSocket-Key: " + key + "\r\nSec-WebSocket-Version: 13\r\n\r\n";
}

Client::Client(Transport transport, const Opening& opening, const Messages& messages,
               std::uint64_t first)
    : transport_(std::move(transport)),
      opening_(opening),
      messages_(messages),
      sending_(first),
      queued_(first),
      expected_(first) {}

void Client::send_message() {
  ++queued_;
  sent_at_.push_back(Clock::now());
  flush();
}

std::uint32_t Client::events() const {
  const bool unsent =
      open_ ? sending_ != queued_ || !pongs_.empty() : request_sent_ < opening_.request.size();
  if (transport_.establishing()) return transport_.connecting() ? EPOLLOUT : EPOLLIN;
  return unsent ? EPOLLIN | EPOLLOUT : EPOLLIN;
}

bool Client::ready_to_read() {
  if (transport_.establishing() && !transport_.establish()) return false;
  flush();
  return true;
}

bool Client::more_inside(Moved got, std::size_t asked) const {
  return transport_.is_tls() || static_cast<std::size_t>(got.bytes) == asked;
}

void Client::feed(std::span<const std::byte> bytes) {
  if (!open_) feed_response(bytes);
  while (!bytes.empty()) feed_frame(bytes);
}

void Client::feed_response(std::span<const std::byte>& bytes) {
  constexpr std::string_view k_end = "\r\n\r\n";
  constexpr std::size_t k_longest = 16384;
  const std::size_t before = response_.size();
  response_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::size_t end = response_.find(k_end);
  if (end == std::string::npos) {
    if (response_.size() > k_longest) wrong("sent no end of its answer");
    bytes = {};
    return;
  }
  bytes = bytes.subspan(end + k_end.size() - before);
  response_.resize(end + 2);
  if (!response_.starts_with("HTTP/1.1 101 ")) {
    wrong("answered: " + response_.substr(0, response_.find('\r')));
  }
  if (response_.find(": " + opening_.accept + "\r\n") == std::string::npos) {
    wrong("answered with another Sec-WebSocket-Accept");
  }
  std::string().swap(response_);
  open_ = true;
}

void Client::feed_frame(std::span<const std::byte>& bytes) {
  if (!in_payload_ && !feed_header(bytes)) return;
  const auto piece =
      bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(payload_left_, bytes.size())));
  bytes = bytes.subspan(piece.size());
  payload_left_ -= piece.size();
  if (opcode_ < k_close) {
    take_payload(piece);
  } else {
    control_.insert(control_.end(), piece.begin(), piece.end());
  }
  if (payload_left_ == 0) end_frame();
}

// False: more bytes are needed.
bool Client::feed_header(std::span<const std::byte>& bytes) {
  const auto at = [this](std::size_t i) { return std::to_integer<std::uint8_t>(header_[i]); };
  const auto size = [&]() -> std::size_t {
    if (header_used_ < 2 || at(1) < 126) return 2;
    return at(1) == 126 ? 4 : 10;
  };
  for (; header_used_ < size(); bytes = bytes.subspan(1)) {
    if (bytes.empty()) return false;
    header_[header_used_++] = bytes.front();
  }
  if ((at(1) & k_masked) != 0) wrong("sent a masked frame");
  opcode_ = at(0) & 0x0F;
  if ((at(0) & k_reserved) != 0) wrong("set a reserved bit");
  if (opcode_ >= k_close && ((at(0) & k_final) == 0 || at(1) > 125)) {
    wrong("sent a control frame that is none");
  }
  payload_left_ = size() == 2 ? at(1) : 0;
  for (std::size_t i = 2; i < size(); ++i) payload_left_ = payload_left_ << 8U | at(i);
  header_used_ = 0;
  in_payload_ = true;
  return true;
}

// The bytes of the messages in their order; how they are framed is the server's affair, since some
// tunnel to a stream of bytes.
void Client::take_payload(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (sent_at_.empty()) wrong("sent more than it was sent");
    const auto due = messages_.payload(expected_).subspan(came_back_);
    const std::size_t size = std::min(due.size(), bytes.size());
    if (std::memcmp(due.data(), bytes.data(), size) != 0) wrong("changed a message");
    bytes = bytes.subspan(size);
    came_back_ += size;
    if (came_back_ < messages_.size()) return;
    came_back_ = 0;
    ++expected_;
    echoes_.push_back(Clock::now() - sent_at_.front());
    sent_at_.pop_front();
  }
}

void Client::end_frame() {
  in_payload_ = false;
  if (opcode_ < k_close) return;
  if (opcode_ == k_close) wrong("closed a tunnel");
  if (opcode_ == k_ping) {
    const auto pong = client_frame(k_final | k_pong, control_);
    pongs_.insert(pongs_.end(), pong.begin(), pong.end());
  }
  control_.clear();
}

void Client::flush() {
  if (transport_.establishing()) return;
  if (!open_) {
    const auto request = std::as_bytes(std::span(opening_.request));
    if (request_sent_ < request.size()) flush(request, request_sent_);
    return;
  }
  for (;;) {
    if (!frame_begun_ && !pongs_.empty()) {
      if (!flush(pongs_, pongs_sent_)) return;
      pongs_.clear();
      pongs_sent_ = 0;
    }
    if (sending_ == queued_) return;
    frame_begun_ = true;
    if (!flush(messages_.frame(sending_), frame_sent_)) return;
    frame_begun_ = false;
    frame_sent_ = 0;
    ++sending_;
  }
}

// Whether all has gone; `done` is how much of it.
bool Client::flush(std::span<const std::byte> bytes, std::size_t& done) {
  while (done < bytes.size()) {
    const Moved sent = transport_.send(bytes.subspan(done));
    if (sent.gone) wrong("ended a connection that was written to");
    if (sent.bytes < 0) return false;
    done += static_cast<std::size_t>(sent.bytes);
  }
  return true;
}

}  // namespace bench
