// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/tunnel/tls_end.hh"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <new>
#include <utility>

#include "mod_websocket/tunnel/send.hh"

namespace websocket::tunnel {

namespace {

// For one call, besides what a large read asks for. Stops a peer that never ends to send what TLS
// reads over (HelloRequest, KeyUpdate, ...) from keeping OpenSSL, and with it the thread and all
// its tunnels, inside one call: it comes back, and others get their turn.
constexpr std::size_t k_most_read = 128U << 10U;

// Held only while a part of a record waits in it for the rest.
constexpr std::size_t k_read_buffer = 32U << 10U;

// OpenSSL's own BIO for sockets writes by write(2): to a peer that is gone that raises SIGPIPE,
// which ends a process or thread that has not put the signal aside. This one cannot raise it.
// Null once the end is gone: an SSL may outlive its end.
TlsWire* wire_of(BIO* bio) noexcept { return static_cast<TlsWire*>(BIO_get_data(bio)); }

bool is_passing(int error) noexcept {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

int write_to_socket(BIO* bio, const char* bytes, int size) noexcept {
  BIO_clear_retry_flags(bio);
  TlsWire* const wire = wire_of(bio);
  if (wire == nullptr) return -1;
  if (!wire->unsent.empty()) {
    BIO_set_retry_write(bio);
    return -1;
  }
  if (wire->gathered != nullptr) {
    auto& gathered = *wire->gathered;
    if (gathered.capacity() - gathered.size() < static_cast<std::size_t>(size)) {
      BIO_set_retry_write(bio);
      return -1;
    }
    const auto* const begin = reinterpret_cast<const std::byte*>(bytes);
    gathered.insert(gathered.end(), begin, begin + size);
    return size;
  }
  const ssize_t sent =
      send_some(wire->descriptor, std::as_bytes(std::span(bytes, static_cast<std::size_t>(size))));
  if (sent < 0 && is_passing(errno)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int read_from_socket(BIO* bio, char* bytes, int size) noexcept {
  BIO_clear_retry_flags(bio);
  TlsWire* const wire = wire_of(bio);
  if (wire == nullptr) return -1;
  const std::size_t most = std::min(static_cast<std::size_t>(size), wire->readable);
  if (most == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const ssize_t got = ::recv(wire->descriptor, bytes, most, 0);
  if (got < 0 && is_passing(errno)) BIO_set_retry_read(bio);
  if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  if (got > 0) wire->readable -= static_cast<std::size_t>(got);
  return static_cast<int>(got);
}

long control_socket(BIO* bio, int command, long, void*) noexcept {
  switch (command) {
    case BIO_CTRL_FLUSH: return 1;  // nothing is held back
    case BIO_CTRL_EOF: return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    default: return 0;
  }
}

// Lives as long as the process: an SSL may outlive every static object of ours.
const BIO_METHOD* socket_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* const made =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
    if (made == nullptr) throw std::bad_alloc();
    BIO_meth_set_write(made, write_to_socket);
    BIO_meth_set_read(made, read_from_socket);
    BIO_meth_set_ctrl(made, control_socket);
    return made;
  }();
  return method;
}

BIO* make_bio(TlsWire& wire) {
  BIO* const bio = BIO_new(socket_method());
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, &wire);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace

TlsEnd::TlsEnd(SslHandle ssl, Descriptor socket)
    : socket_(std::move(socket)),
      wire_{socket_.get(), std::numeric_limits<std::size_t>::max()},
      ssl_(std::move(ssl)) {
  BIO* const bio = make_bio(wire_);
  SSL_set_bio(ssl_.get(), bio, bio);
  // A quarter of the memory of an idle connection, and writes of which a part may be taken from
  // a buffer that has moved when the rest follows.
  SSL_set_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                               SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Else a record costs two reads of the socket, one of them for five bytes.
  SSL_set_read_ahead(ssl_.get(), 1);
  SSL_set_default_read_buffer_len(ssl_.get(), k_read_buffer);
}

TlsEnd::~TlsEnd() {
  // The session may be resumed although the peer's close_notify was not waited for.
  SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  BIO_set_data(SSL_get_wbio(ssl_.get()), nullptr);
}

IoResult TlsEnd::read(std::span<std::byte> into) noexcept {
  read_waits_for_writable_ = false;
  input_buffered_ = false;
  if (broken_) return {IoStatus::failed};
  wire_.readable = std::max(k_most_read, 2 * into.size());
  std::size_t filled = 0;
  do {
    ERR_clear_error();  // SSL_get_error() looks at this thread's queue
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data() + filled, into.size() - filled, &got);
    if (result != 1) {
      const int error = SSL_get_error(ssl_.get(), result);
      read_waits_for_writable_ = error == SSL_ERROR_WANT_WRITE;
      const IoResult last = outcome(error);
      if (filled == 0) {
        if (last.status == IoStatus::would_block) release_write_buffer();
        return last;
      }
      // What came before an end is handed out first; no poll will announce the end again.
      input_buffered_ = last.status != IoStatus::would_block;
      return {IoStatus::done, filled};
    }
    filled += got;
  } while (filled < into.size() && SSL_has_pending(ssl_.get()) == 1);
  input_buffered_ = SSL_has_pending(ssl_.get()) == 1;
  if (std::exchange(nothing_read_yet_, false)) release_write_buffer();
  return {IoStatus::done, filled};
}

// What TLS 1.3 sends behind its handshake, the tickets of a target above all, makes OpenSSL
// allocate a write buffer (16 KiB) that it releases only after a write. Writing nothing writes no
// record either.
void TlsEnd::release_write_buffer() noexcept {
  if (write_pending_ || finishing_ || SSL_version(ssl_.get()) < TLS1_3_VERSION) return;
  std::size_t sent = 0;
  SSL_write_ex(ssl_.get(), "", 0, &sent);
}

IoResult TlsEnd::write(std::span<const std::byte> from) noexcept {
  write_waits_for_readable_ = false;
  if (broken_) return {IoStatus::failed};
  if (!wire_.unsent.empty()) {
    if (send_unsent() == IoStatus::failed) return {IoStatus::failed};
    if (!wire_.unsent.empty()) return {IoStatus::would_block};
  }
  wire_.readable = k_most_read;
  return from.size() > SSL3_RT_MAX_PLAIN_LENGTH ? write_gathered(from) : write_records(from);
}

IoResult TlsEnd::write_records(std::span<const std::byte> from) noexcept {
  std::size_t taken = 0;
  while (taken < from.size()) {
    ERR_clear_error();
    std::size_t sent = 0;
    const int result = SSL_write_ex(ssl_.get(), from.data() + taken, from.size() - taken, &sent);
    write_pending_ = result != 1;
    if (result == 1) {
      taken += sent;
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), result);
    write_waits_for_readable_ = error == SSL_ERROR_WANT_READ;
    IoResult last = outcome(error);
    if (last.status == IoStatus::ended) {
      // What the peer has ended is its own way to us. OpenSSL says so of every later failure too.
      broken_ = true;
      last.status = IoStatus::failed;
    }
    return taken != 0 ? IoResult{IoStatus::done, taken} : last;
  }
  return {IoStatus::done, taken};
}

// OpenSSL writes record by record; a send() for each would wake the peer as often.
IoResult TlsEnd::write_gathered(std::span<const std::byte> from) noexcept try {
  constexpr std::size_t k_record_overhead = SSL3_RT_MAX_PACKET_SIZE - SSL3_RT_MAX_PLAIN_LENGTH;
  std::vector<std::byte> records;
  records.reserve(from.size() + (from.size() / SSL3_RT_MAX_PLAIN_LENGTH + 2) * k_record_overhead);
  wire_.gathered = &records;
  const IoResult result = write_records(from);
  wire_.gathered = nullptr;
  if (records.empty()) return result;
  const ssize_t sent = send_some(wire_.descriptor, records);
  if (sent < 0 && !is_passing(errno)) {
    broken_ = true;
    return {IoStatus::failed};
  }
  wire_.unsent.append(std::span(records).subspan(sent < 0 ? 0 : static_cast<std::size_t>(sent)));
  return result;
} catch (const std::bad_alloc&) {
  // Records that were sealed cannot be taken back.
  broken_ = true;
  return {IoStatus::failed};
}

IoStatus TlsEnd::send_unsent() noexcept {
  const ssize_t sent = send_some(wire_.descriptor, wire_.unsent.front());
  if (sent < 0 && is_passing(errno)) return IoStatus::would_block;
  if (sent < 0) {
    broken_ = true;
    wire_.unsent.clear();
    return IoStatus::failed;
  }
  wire_.unsent.consume(static_cast<std::size_t>(sent));
  return IoStatus::done;
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

// Without its close_notify the peer would have to take a FIN for an attacker's, and all that came
// before it for a part.
IoStatus TlsEnd::drain_output() noexcept {
  if (!wire_.unsent.empty()) {
    const IoStatus sent = send_unsent();
    if (sent != IoStatus::done || !wire_.unsent.empty()) return sent;
  }
  if (!finishing_) return IoStatus::done;
  if (!broken_) {
    ERR_clear_error();
    const int result = SSL_shutdown(ssl_.get());
    finish_waits_ = result < 0 && SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_WRITE;
    if (finish_waits_) return IoStatus::would_block;
  }
  finish_waits_ = false;
  ::shutdown(socket_.get(), SHUT_WR);
  return IoStatus::done;
}

void TlsEnd::finish_writing() noexcept {
  finishing_ = true;
  drain_output();
}

}  // namespace websocket::tunnel
