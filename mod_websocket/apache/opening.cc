// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/opening.hh"

#include <http_ssl.h>
#include <sys/socket.h>

#include "policy/address.hh"

namespace websocket::apache {

namespace {

using log::Item;
using Value = std::optional<std::string>;

Value text(const char* value) {
  if (value == nullptr) return std::nullopt;
  return value;
}

// As the client asked for it, whatever redirection followed.
const request_rec* original(const request_rec* r) {
  while (r->prev != nullptr) r = r->prev;
  return r;
}

// A password in the URL of a request line is a credential (mod_log_config leaves it out too).
Value request_line(request_rec* r) {
  if (r->parsed_uri.password == nullptr) return text(r->the_request);
  return std::string(r->method) + " " + apr_uri_unparse(r->pool, &r->parsed_uri, 0) + " " +
         r->protocol;
}

Value port(request_rec* r, const std::string& which) {
  if (which == "remote") return std::to_string(r->useragent_addr->port);
  if (which == "local") return std::to_string(r->connection->local_addr->port);
  return std::to_string(r->server->port != 0 ? r->server->port : ap_default_port(r));
}

Value query(const request_rec* r) {
  if (r->args == nullptr) return std::nullopt;
  return "?" + std::string(r->args);
}

Value peer_of(const tunnel::End& end) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  if (::getpeername(end.descriptor(), address, &size) != 0) return std::nullopt;
  const auto peer = ::policy::Address::from_sockaddr(address, size);
  if (!peer) return std::nullopt;
  const in_port_t port = storage.ss_family == AF_INET6
                             ? reinterpret_cast<const sockaddr_in6&>(storage).sin6_port
                             : reinterpret_cast<const sockaddr_in&>(storage).sin_port;
  const std::string name = peer->to_string();
  return (peer->is_v4() ? name : "[" + name + "]") + ":" + std::to_string(ntohs(port));
}

}  // namespace

std::optional<std::string> RequestOpening::value(Item item, const std::string& argument) const {
  conn_rec* const c = r_->connection;
  const bool of_connection = argument == "c";
  switch (item) {
    case Item::client_address: return text(of_connection ? c->client_ip : r_->useragent_ip);
    case Item::client_host:
      return text(of_connection ? ap_get_remote_host(c, r_->per_dir_config, REMOTE_NAME, nullptr)
                                : ap_get_useragent_host(r_, REMOTE_NAME, nullptr));
    case Item::server_address: return text(c->local_ip);
    case Item::identity: return text(ap_get_remote_logname(r_));
    case Item::user: return text(user_of(r_));
    case Item::method: return text(r_->method);
    case Item::path: return text(original(r_)->uri);
    case Item::query: return query(original(r_));
    case Item::request_line: return request_line(const_cast<request_rec*>(original(r_)));
    case Item::http_version: return text(r_->protocol);
    case Item::header: return text(apr_table_get(r_->headers_in, argument.c_str()));
    case Item::environment: return text(apr_table_get(r_->subprocess_env, argument.c_str()));
    case Item::note: return text(apr_table_get(r_->notes, argument.c_str()));
    case Item::log_id: return text(of_connection ? c->log_id : r_->log_id);
    case Item::virtual_host: return text(r_->server->server_hostname);
    case Item::server_name: return text(ap_get_server_name(r_));
    case Item::port: return port(r_, argument);
    case Item::tls_variable:
      return text(ap_ssl_var_lookup(r_->pool, r_->server, c, r_, argument.c_str()));
    case Item::target: return target_.name;
    case Item::target_address: return peer_of(*target_.end);
    case Item::target_tls: return target_.tls;
    case Item::subprotocol: return agreement_.subprotocol;
    case Item::framing: return std::string(framing::name(agreement_.protocol.style.form));
    case Item::compression:
      if (!agreement_.protocol.compression) return std::nullopt;
      return "permessage-deflate";
    case Item::time_to_connect: return std::to_string(target_.connected_in.count());
    default: return std::nullopt;
  }
}

}  // namespace websocket::apache
