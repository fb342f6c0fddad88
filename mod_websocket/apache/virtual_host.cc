// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/virtual_host.hh"

#include "policy/address.hh"

namespace websocket::apache {

namespace {

bool has_server_name(const ap_directive_t* first) {
  for (const ap_directive_t* each = first; each != nullptr; each = each->next) {
    if (ap_cstr_casecmp(each->directive, "ServerName") == 0) return true;
  }
  return false;
}

// Where its section stands.
const ap_directive_t* section_of(const server_rec& server) {
  for (const ap_directive_t* each = ap_conftree; each != nullptr; each = each->next) {
    if (server.defn_name != nullptr && each->filename != nullptr &&
        each->line_num == static_cast<int>(server.defn_line_number) &&
        std::string_view(each->filename) == server.defn_name &&
        ap_cstr_casecmp(each->directive, "<VirtualHost") == 0) {
      return each;
    }
  }
  return nullptr;
}

template <class Matches>
bool any_of(const apr_array_header_t* names, Matches&& matches) {
  if (names == nullptr) return false;
  for (int i = 0; i < names->nelts; ++i) {
    const char* const name = reinterpret_cast<char* const*>(names->elts)[i];
    if (name != nullptr && matches(name)) return true;
  }
  return false;
}

bool has_name(const server_rec& server, const char* host) {
  if (ap_cstr_casecmp(host, server.server_hostname) == 0) return true;
  return any_of(server.names, [&](const char* name) { return ap_cstr_casecmp(host, name) == 0; });
}

// Of a ServerAlias with * or ?.
bool matches_pattern(const server_rec& server, const char* host) {
  return any_of(server.wild_names,
                [&](const char* pattern) { return ap_strcasecmp_match(host, pattern) == 0; });
}

// A browser that is at an address has asked nobody where it is, and knows itself where localhost
// is.
bool needs_no_dns(const char* host) {
  return ap_cstr_casecmp(host, "localhost") == 0 || ::policy::Address::parse(host).has_value();
}

}  // namespace

bool is_named(const server_rec& server) {
  const ap_directive_t* const section = section_of(server);
  if (section != nullptr && has_server_name(section->first_child)) return true;
  if (!has_server_name(ap_conftree)) return false;
  const server_rec* const main_server = ap_server_conf;
  return &server == main_server ||
         ap_cstr_casecmp(server.server_hostname, main_server->server_hostname) == 0;
}

bool is_own_name(const request_rec* r) {
  const char* const host = r->hostname;
  const server_rec& server = *r->server;
  return host == nullptr || has_name(server, host) || matches_pattern(server, host) ||
         needs_no_dns(host) || !is_named(server);
}

std::string_view written_name(const request_rec* r) {
  const server_rec& server = *r->server;
  const bool is_written = r->hostname != nullptr && has_name(server, r->hostname);
  return is_written ? r->hostname : server.server_hostname;
}

}  // namespace websocket::apache
