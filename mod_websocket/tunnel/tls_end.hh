// SPDX-License-Identifier: Apache-2.0
// TLS over a socket as an end of a tunnel.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "mod_websocket/tunnel/backlog.hh"
#include "mod_websocket/tunnel/descriptor.hh"
#include "mod_websocket/tunnel/end.hh"

namespace websocket::tunnel {

struct SslFree {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};
using SslHandle = std::unique_ptr<SSL, SslFree>;

// What an end's BIO reads and writes.
struct TlsWire {
  int descriptor;
  std::size_t readable;  // octets that may still be read
  // Records of one write() on their way into one send(); null while each is sent by itself.
  std::vector<std::byte>* gathered = nullptr;
  // Records that the socket had no room for. Nothing else is written before they have gone.
  Backlog unsent{};
};

class TlsEnd final : public End {
 public:
  // Owns both. `ssl` gets a BIO of this end's own, which reads and writes `socket`; the socket
  // does not block. Its handshake is over, or is brought to its end before the first read or write.
  // Throws std::bad_alloc.
  TlsEnd(SslHandle ssl, Descriptor socket);
  ~TlsEnd() override;

  IoResult read(std::span<std::byte> into) noexcept override;
  IoResult write(std::span<const std::byte> from) noexcept override;
  void finish_writing() noexcept override;
  bool has_buffered_input() const noexcept override { return input_buffered_; }
  // Records, or a close_notify, that found the socket full.
  bool has_buffered_output() const noexcept override {
    return finish_waits_ || !wire_.unsent.empty();
  }
  IoStatus drain_output() noexcept override;
  bool read_waits_for_writable() const noexcept override { return read_waits_for_writable_; }
  bool write_waits_for_readable() const noexcept override { return write_waits_for_readable_; }
  int descriptor() const noexcept override { return socket_.get(); }

 private:
  IoResult outcome(int ssl_error) noexcept;
  IoResult write_records(std::span<const std::byte> from) noexcept;
  IoResult write_gathered(std::span<const std::byte> from) noexcept;
  // Done where some of it went.
  IoStatus send_unsent() noexcept;
  void release_write_buffer() noexcept;

  Descriptor socket_;
  TlsWire wire_;
  SslHandle ssl_;
  bool read_waits_for_writable_ = false;
  bool write_waits_for_readable_ = false;
  bool input_buffered_ = false;
  bool nothing_read_yet_ = true;
  bool write_pending_ = false;  // OpenSSL holds a part of a record
  bool finishing_ = false;
  bool finish_waits_ = false;
  bool broken_ = false;
};

}  // namespace websocket::tunnel
