// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/target_tls.hh"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <exception>
#include <new>
#include <stdexcept>
#include <system_error>

#include "mod_websocket/tunnel/tls_end.hh"
#include "policy/address.hh"
#include "policy/handle.hh"
#include "policy/quoted.hh"

namespace websocket::apache {

namespace {

using ::policy::Address;

// ---- what was wrong ----------------------------------------------------------------------------

// The first thing that was wrong with the target's certificate, or with one above it.
struct CertificateFault {
  int error = X509_V_OK;
  std::string text;
};

std::string subject_of(const X509* certificate) {
  const ::policy::Handle<BIO, BIO_free> bio(BIO_new(BIO_s_mem()));
  if (!bio || certificate == nullptr) return {};
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return ::policy::quoted({text, static_cast<std::size_t>(size)});
}

std::string name_text(const GENERAL_NAME& name) {
  const ASN1_STRING* const value = name.type == GEN_DNS     ? name.d.dNSName
                                   : name.type == GEN_IPADD ? name.d.iPAddress
                                                            : nullptr;
  if (value == nullptr) return {};
  const unsigned char* const data = ASN1_STRING_get0_data(value);
  const auto size = static_cast<std::size_t>(ASN1_STRING_length(value));
  if (name.type == GEN_DNS) return ::policy::quoted({reinterpret_cast<const char*>(data), size});
  std::array<std::uint8_t, 16> bytes{};
  if (size != 4 && size != 16) return {};
  std::copy_n(data, size, bytes.begin());
  return (size == 4 ? Address::v4({bytes[0], bytes[1], bytes[2], bytes[3]}) : Address::v6(bytes))
      .to_string();
}

// For whom the certificate is; the first few names.
std::string names_in(const X509* certificate) {
  constexpr int k_most = 4;
  const ::policy::Handle<GENERAL_NAMES, GENERAL_NAMES_free> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string all;
  const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < count; ++i) {
    if (i == k_most) return all + ", ...";
    const std::string text = name_text(*sk_GENERAL_NAME_value(names.get(), i));
    if (text.empty()) continue;
    all.append(all.empty() ? "" : ", ").append(text);
  }
  return all.empty() ? "no name" : all;
}

bool is_mismatch(int error) {
  return error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH;
}

CertificateFault describe(X509_STORE_CTX* context) {
  const int error = X509_STORE_CTX_get_error(context);
  const X509* const certificate = X509_STORE_CTX_get_current_cert(context);
  std::string text = X509_verify_cert_error_string(error);
  text += " (depth " + std::to_string(X509_STORE_CTX_get_error_depth(context)) + ", subject " +
          subject_of(certificate) + ")";
  if (is_mismatch(error)) text += "; it is for " + names_in(certificate);
  return {error, std::move(text)};
}

// The place in an SSL for its CertificateFault.
int fault_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int on_certificate(int accepted, X509_STORE_CTX* context) noexcept try {
  if (accepted == 1) return 1;
  const auto* const ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* const fault = static_cast<CertificateFault*>(SSL_get_ex_data(ssl, fault_index()));
  if (fault != nullptr && fault->error == X509_V_OK) *fault = describe(context);
  return 0;
} catch (const std::exception&) {
  return 0;
}

std::string handshake_fault(int ssl_error, int system_error) {
  const unsigned long error = ERR_peek_error();
  if (ssl_error == SSL_ERROR_SYSCALL || error == 0) {
    return system_error != 0 ? std::generic_category().message(system_error)
                             : "the target ended the connection";
  }
  const char* const reason = ERR_reason_error_string(error);
  std::string text = reason != nullptr ? reason : "error " + std::to_string(error);
  if (ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER) {
    text += " (what the target sends is not TLS)";
  }
  return text;
}

std::string hint(const CertificateFault& fault, const CertificateWanted& wanted) {
  if (is_mismatch(fault.error))
    return "; name the target as its certificate does, or in <tls-name>";
  if (wanted.authorities) return "; the certificates in the file that <tls> names decide";
  return "; the system's authorities decide, unless <tls> names a file";
}

// ---- the handshake -----------------------------------------------------------------------------

// One for the process, never freed: tunnels may outlive every static object of ours.
SSL_CTX& client_context() {
  static SSL_CTX* const context = [] {
    ::policy::Handle<SSL_CTX, SSL_CTX_free> made(SSL_CTX_new(TLS_client_method()));
    if (!made || SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_default_verify_paths(made.get()) != 1 || fault_index() < 0) {
      throw std::runtime_error("TLS toward targets: OpenSSL gives no context");
    }
    SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(made.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    return made.release();
  }();
  return *context;
}

void want(SSL* ssl, const CertificateWanted& wanted) {
  X509_VERIFY_PARAM* const rules = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(
      rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  bool done = false;
  if (const auto address = Address::parse(wanted.name)) {
    done = X509_VERIFY_PARAM_set1_ip(rules, address->bytes().data(), address->bytes().size()) == 1;
  } else {
    done = X509_VERIFY_PARAM_set1_host(rules, wanted.name.data(), wanted.name.size()) == 1 &&
           SSL_set_tlsext_host_name(ssl, wanted.name.c_str()) == 1;
  }
  if (wanted.authorities) {
    // Whatever stands in the file is trusted as it stands: a root, an authority below it, or the
    // target's own certificate.
    done = done && SSL_set1_verify_cert_store(ssl, wanted.authorities.get()) == 1 &&
           X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN) == 1;
  }
  if (!done) throw std::bad_alloc();
  SSL_set_verify(ssl, SSL_VERIFY_PEER, on_certificate);
}

// Before each read of the handshake: a target that never stops sending what TLS ignores
// (HelloRequest in TLS 1.2) must not keep this thread. Reading fails when the time is up.
long stop_in_time(BIO* bio, int operation, const char*, std::size_t, int, long, int result,
                  std::size_t*) noexcept {
  if (operation != BIO_CB_READ) return result;
  const auto* const until =
      static_cast<const ConnectTime*>(static_cast<const void*>(BIO_get_callback_arg(bio)));
  return ConnectClock::now() < *until ? 1 : -1;
}

tl::expected<void, TlsError> shake_hands(SSL* ssl, int socket, const CertificateWanted& wanted,
                                         ConnectTime until) {
  CertificateFault fault;
  SSL_set_ex_data(ssl, fault_index(), &fault);
  BIO* const bio = SSL_get_rbio(ssl);
  BIO_set_callback_arg(bio, reinterpret_cast<char*>(&until));
  BIO_set_callback_ex(bio, stop_in_time);
  while (true) {
    ERR_clear_error();  // SSL_get_error() looks at this thread's queue
    errno = 0;
    const int result = SSL_connect(ssl);
    const int system_error = errno;
    if (result == 1) break;
    const int error = SSL_get_error(ssl, result);
    const bool waits = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
    if (waits && wait_until_ready(socket, error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, until)) {
      continue;
    }
    std::string log = "TLS for the name " + ::policy::quoted(wanted.name) + ": ";
    if (fault.error != X509_V_OK) {
      log += "the certificate is refused: " + fault.text + hint(fault, wanted);
    } else if (waits || ConnectClock::now() >= until) {
      return tl::unexpected(TlsError{true, log + "the handshake was not over in time"});
    } else {
      log += "the handshake failed: " + handshake_fault(error, system_error);
    }
    ERR_clear_error();
    return tl::unexpected(TlsError{false, std::move(log)});
  }
  BIO_set_callback_ex(bio, nullptr);
  SSL_set_ex_data(ssl, fault_index(), nullptr);
  return {};
}

std::string describe(const SSL* ssl) {
  return std::string(SSL_get_version(ssl)) + "/" + SSL_get_cipher_name(ssl);
}

}  // namespace

tl::expected<Secured, TlsError> secure(tunnel::Descriptor socket, const CertificateWanted& wanted,
                                       ConnectTime until) {
  SSL* const ssl = SSL_new(&client_context());
  if (ssl == nullptr) throw std::bad_alloc();
  auto end = std::make_unique<tunnel::TlsEnd>(tunnel::SslHandle(ssl), std::move(socket));
  want(ssl, wanted);
  const auto shaken = shake_hands(ssl, end->descriptor(), wanted, until);
  if (!shaken) return tl::unexpected(shaken.error());
  // The tunnel lives longer than the file's certificates need to.
  SSL_set0_verify_cert_store(ssl, nullptr);
  return Secured{std::move(end), describe(ssl)};
}

}  // namespace websocket::apache
