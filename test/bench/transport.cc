// SPDX-License-Identifier: Apache-2.0
#include "test/bench/transport.hh"

#include <openssl/err.h>
#include <sys/socket.h>

#include <cerrno>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace bench {

namespace {

[[noreturn]] void fail_tls(const std::string& what) {
  throw std::runtime_error(what + ": " + ERR_error_string(ERR_get_error(), nullptr));
}

int at_most_an_int(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

Tls::Tls(const std::string& cipher) : context_(SSL_CTX_new(TLS_client_method())), cipher_(cipher) {
  if (!context_ || SSL_CTX_set_min_proto_version(get(), TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_ciphersuites(get(), cipher.c_str()) != 1) {
    fail_tls("no TLS with " + cipher);
  }
  // The certificate was made for this run by whoever started it.
  SSL_CTX_set_verify(get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_mode(get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
}

Transport::Transport(Descriptor fd, const Tls* tls) : fd_(std::move(fd)), tls_(tls) {
  if (tls_ == nullptr) return;
  ssl_.reset(SSL_new(tls_->get()));
  if (!ssl_ || SSL_set_fd(ssl_.get(), fd_.get()) != 1) fail_tls("SSL_new");
  SSL_set_tlsext_host_name(ssl_.get(), "localhost");
  SSL_set_connect_state(ssl_.get());
}

bool Transport::establish() {
  if (state_ == State::connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) fail("getsockopt");
    if (error != 0) throw std::system_error(error, std::generic_category(), "connect");
    state_ = ssl_ ? State::shaking_hands : State::ready;
  }
  if (state_ == State::shaking_hands) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result != 1) {
      if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) return false;
      fail_tls("TLS handshake");
    }
    if (SSL_get_cipher(ssl_.get()) != tls_->cipher()) {
      throw std::runtime_error("the server chose another cipher than " + tls_->cipher());
    }
    state_ = State::ready;
  }
  return true;
}

Moved Transport::receive(std::span<std::byte> into) {
  if (!ssl_) return bench::receive(fd(), into);
  ERR_clear_error();
  return moved(SSL_read(ssl_.get(), into.data(), at_most_an_int(into.size())));
}

Moved Transport::send(std::span<const std::byte> bytes) {
  if (!ssl_) return bench::send(fd(), bytes);
  ERR_clear_error();
  return moved(SSL_write(ssl_.get(), bytes.data(), at_most_an_int(bytes.size())));
}

void Transport::say_goodbye() {
  if (ssl_ && state_ == State::ready) SSL_shutdown(ssl_.get());
}

Moved Transport::moved(int result) const {
  if (result > 0) return {result, false};
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return {-1, false};
    case SSL_ERROR_ZERO_RETURN: return {0, false};
    default: return {-1, true};
  }
}

}  // namespace bench
