// SPDX-License-Identifier: Apache-2.0
#include "test/unit/support/tls_pair.hh"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>

#include "test/unit/catch.hh"

namespace websocket::tunnel::test {

namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;

Key make_key() {
  const std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>> maker(
      EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nullptr));
  REQUIRE(EVP_PKEY_keygen_init(maker.get()) == 1);
  REQUIRE(EVP_PKEY_CTX_ctrl_str(maker.get(), "ec_paramgen_curve", "P-256") == 1);
  EVP_PKEY* key = nullptr;
  REQUIRE(EVP_PKEY_keygen(maker.get(), &key) == 1);
  return Key(key);
}

Certificate make_certificate(EVP_PKEY* key) {
  Certificate made(X509_new());
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), key);
  X509_NAME* const name = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(made.get(), name);
  REQUIRE(X509_sign(made.get(), key, EVP_sha256()) > 0);
  return made;
}

SslHandle make_ssl(SSL_CTX* context, const Descriptor& socket) {
  SslHandle ssl(SSL_new(context));
  BIO* const bio = BIO_new_socket(socket.get(), BIO_NOCLOSE);
  SSL_set_bio(ssl.get(), bio, bio);
  return ssl;
}

void set_blocking(const Descriptor& socket, bool blocks) {
  REQUIRE(fcntl(socket.get(), F_SETFL, blocks ? 0 : O_NONBLOCK) == 0);
}

}  // namespace

TlsPair tls_pair(int version) {
  const Key key = make_key();
  const Certificate certificate = make_certificate(key.get());
  const Context server(SSL_CTX_new(TLS_server_method()));
  const Context client(SSL_CTX_new(TLS_client_method()));
  REQUIRE(SSL_CTX_use_certificate(server.get(), certificate.get()) == 1);
  REQUIRE(SSL_CTX_use_PrivateKey(server.get(), key.get()) == 1);
  REQUIRE(SSL_CTX_set_max_proto_version(client.get(), version) == 1);
  REQUIRE(SSL_CTX_set_min_proto_version(client.get(), version) == 1);

  SocketPair sockets = tcp_pair();
  TlsPair pair{make_ssl(server.get(), sockets.near), std::move(sockets.near),
               make_ssl(client.get(), sockets.far), std::move(sockets.far)};
  set_blocking(pair.client_socket, false);
  SSL_set_accept_state(pair.server.get());
  SSL_set_connect_state(pair.client.get());
  bool done = false;
  while (!done) {
    const int connected = SSL_do_handshake(pair.client.get());
    const int accepted = SSL_do_handshake(pair.server.get());
    done = connected == 1 && accepted == 1;
    REQUIRE((connected == 1 || SSL_get_error(pair.client.get(), connected) == SSL_ERROR_WANT_READ));
    REQUIRE((accepted == 1 || SSL_get_error(pair.server.get(), accepted) == SSL_ERROR_WANT_READ));
  }
  set_blocking(pair.client_socket, true);
  return pair;
}

std::unique_ptr<TlsEnd> take_end(TlsPair& pair) {
  return std::make_unique<TlsEnd>(std::move(pair.server), std::move(pair.server_socket));
}

void send_all(const TlsPair& pair, const Bytes& bytes) {
  std::size_t sent = 0;
  expect(SSL_write_ex(pair.client.get(), bytes.data(), bytes.size(), &sent) == 1 &&
             sent == bytes.size(),
         "the TLS client cannot send");
}

Bytes receive(const TlsPair& pair, std::size_t size) {
  Bytes all(size);
  std::size_t at = 0;
  while (at < size) {
    std::size_t got = 0;
    expect(SSL_read_ex(pair.client.get(), all.data() + at, size - at, &got) == 1,
           "the TLS client receives less than it should");
    at += got;
  }
  return all;
}

}  // namespace websocket::tunnel::test
