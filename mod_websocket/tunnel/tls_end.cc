// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/tunnel/tls_end.hh"

#include <openssl/err.h>
#include <sys/socket.h>

namespace websocket::tunnel {

TlsEnd::TlsEnd(SslHandle ssl, Descriptor socket) noexcept
    : socket_(std::move(socket)), ssl_(std::move(ssl)) {
  // A quarter of the memory of an idle connection, and writes of which a part may be taken from
  // a buffer that has moved when the rest follows.
  SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                               SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

TlsEnd::~TlsEnd() {
  // The session may be resumed although the peer's close_notify was not waited for.
  SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

IoResult TlsEnd::read(std::span<std::byte> into) noexcept {
  read_waits_for_writable_ = false;
  input_buffered_ = false;
  if (broken_) return {IoStatus::failed};
  std::size_t filled = 0;
  do {
    ERR_clear_error();  // SSL_get_error() looks at this thread's queue
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data() + filled, into.size() - filled, &got);
    if (result != 1) {
      const int error = SSL_get_error(ssl_.get(), result);
      read_waits_for_writable_ = error == SSL_ERROR_WANT_WRITE;
      const IoResult last = outcome(error);
      if (filled == 0) return last;
      // What came before an end is handed out first; no poll will announce the end again.
      input_buffered_ = last.status != IoStatus::would_block;
      return {IoStatus::done, filled};
    }
    filled += got;
  } while (filled < into.size() && SSL_has_pending(ssl_.get()) == 1);
  input_buffered_ = SSL_has_pending(ssl_.get()) == 1;
  return {IoStatus::done, filled};
}

IoResult TlsEnd::write(std::span<const std::byte> from) noexcept {
  write_waits_for_readable_ = false;
  if (broken_) return {IoStatus::failed};
  std::size_t taken = 0;
  while (taken < from.size()) {
    ERR_clear_error();
    std::size_t sent = 0;
    const int result = SSL_write_ex(ssl_.get(), from.data() + taken, from.size() - taken, &sent);
    if (result == 1) {
      taken += sent;
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), result);
    write_waits_for_readable_ = error == SSL_ERROR_WANT_READ;
    const IoResult last = outcome(error);
    return taken != 0 ? IoResult{IoStatus::done, taken} : last;
  }
  return {IoStatus::done, taken};
}

IoResult TlsEnd::outcome(int ssl_error) noexcept {
  switch (ssl_error) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return {IoStatus::would_block};
    case SSL_ERROR_ZERO_RETURN: return {IoStatus::ended};
    default:
      // A TCP end without close_notify comes here: it may be an attacker's truncation and is
      // not an orderly end (RFC 8446 section 6.1).
      broken_ = true;
      return {IoStatus::failed};
  }
}

void TlsEnd::finish_writing() noexcept {
  if (!broken_) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());  // close_notify; if the socket is full now it is not worth waiting
  }
  ::shutdown(socket_.get(), SHUT_WR);
}

}  // namespace websocket::tunnel
