// SPDX-License-Identifier: Apache-2.0
// A client's connection to the server that is measured, plain or TLS 1.3.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "test/bench/net.hh"

namespace bench {

// One set of parameters for all servers, and no resumption: each handshake is a full one.
class Tls {
 public:
  explicit Tls(const std::string& cipher);
  SSL_CTX* get() const { return context_.get(); }
  const std::string& cipher() const { return cipher_; }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
  std::string cipher_;
};

class Transport {
 public:
  // Without `tls` the connection is plain; otherwise it must live as long.
  Transport(Descriptor fd, const Tls* tls);

  int fd() const { return fd_.get(); }
  // Goes on with the connection's beginning; false while there is more to wait for. Throws
  // std::runtime_error where it fails.
  bool establish();
  bool establishing() const { return state_ != State::ready; }
  bool connecting() const { return state_ == State::connecting; }
  bool is_tls() const { return ssl_ != nullptr; }
  // As those of net.hh. What waits is either of the two directions, under TLS too: nobody
  // renegotiates with TLS 1.3.
  Moved receive(std::span<std::byte> into);
  Moved send(std::span<const std::byte> bytes);
  // Says under TLS that this is the end, as browsers do; then the connection may go.
  void say_goodbye();

 private:
  enum class State { connecting, shaking_hands, ready };
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  Moved moved(int result) const;

  Descriptor fd_;
  const Tls* tls_;
  std::unique_ptr<SSL, Free> ssl_;
  State state_ = State::connecting;
};

}  // namespace bench
