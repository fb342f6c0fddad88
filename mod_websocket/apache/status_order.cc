// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/status_order.hh"

#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "mod_websocket/apache/counting.hh"
#include "mod_websocket/status/form.hh"
#include "mod_websocket/status/text.hh"
#include "mod_websocket/status/token.hh"
#include "policy/origin.hh"

namespace websocket::apache {

namespace {

using status::Board;

constexpr std::string_view k_form_type = "application/x-www-form-urlencoded";

// A token, a name and what browsers add. Stops a client from filling memory.
constexpr std::size_t k_longest_form = 4096;

std::string_view header(const request_rec* r, const char* name) {
  const char* const value = apr_table_get(r->headers_in, name);
  return value == nullptr ? std::string_view() : value;
}

// Who is shown the page, and where.
std::string subject(const request_rec* r) {
  return std::string(r->user != nullptr ? r->user : "").append("\n").append(status_host(r));
}

bool is_form(const request_rec* r) {
  const std::string_view type = header(r, "Content-Type");
  const std::string_view bare = type.substr(0, type.find_first_of("; \t"));
  return ap_cstr_casecmp(std::string(bare).c_str(), k_form_type.data()) == 0;
}

// A browser says it by the one or the other header; a program that says neither has no user whose
// credentials it could misuse, and needs the token all the same.
bool comes_from_here(request_rec* r) {
  const std::string_view site = header(r, "Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin") return false;
  const std::string_view from = header(r, "Origin");
  if (from.empty()) return true;
  const char* const host = r->hostname != nullptr ? r->hostname : r->server->server_hostname;
  const auto own = ::policy::Origin::of(ap_http_scheme(r), host, ap_get_server_port(r));
  const auto origin = ::policy::Origin::parse(from);
  return own && origin && origin->same_as(*own);
}

// The body, or the status that it is refused with.
tl::expected<std::string, int> read_form(request_rec* r) {
  if (const int failed = ap_setup_client_block(r, REQUEST_CHUNKED_DECHUNK)) {
    return tl::unexpected(failed);
  }
  std::string body;
  if (ap_should_client_block(r) == 0) return body;
  std::array<char, 1024> buffer{};
  while (true) {
    const long got = ap_get_client_block(r, buffer.data(), buffer.size());
    if (got < 0) return tl::unexpected(HTTP_BAD_REQUEST);
    if (got == 0) return body;
    body.append(buffer.data(), static_cast<std::size_t>(got));
    if (body.size() > k_longest_form) return tl::unexpected(HTTP_REQUEST_ENTITY_TOO_LARGE);
  }
}

std::optional<status::Endpoint> parse_endpoint(std::string_view text) {
  status::Endpoint number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number < Board::k_endpoints ? std::optional(number) : std::nullopt;
}

// How many were told to end; nothing where the form names neither one nor an endpoint.
std::optional<std::size_t> end_tunnels(const status::Fields& fields, Board& board) {
  const auto tunnel = fields.find("tunnel");
  const auto endpoint = fields.find("endpoint");
  if ((tunnel == fields.end()) == (endpoint == fields.end())) return std::nullopt;
  if (tunnel != fields.end()) {
    const auto name = status::parse_tunnel_name(tunnel->second);
    return name ? std::optional(board.dismiss(*name)) : std::nullopt;
  }
  const auto number = parse_endpoint(endpoint->second);
  return number ? std::optional(board.dismiss_all(*number)) : std::nullopt;
}

HookResult refuse_order(request_rec* r, const char* why) {
  ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "WS0252: no tunnel is ended: %s", why);
  return status(HTTP_FORBIDDEN);
}

}  // namespace

std::string status_host(const request_rec* r) {
  const char* const name = r->server->server_hostname;
  return name != nullptr ? name : "";
}

std::string status_token(const request_rec* r) {
  return status::make_token(Counting::instance().board()->secret(), subject(r),
                            apr_time_sec(r->request_time));
}

HookResult carry_out_order(request_rec* r) {
  if (r->args != nullptr && *r->args != '\0') return status(HTTP_BAD_REQUEST);
  if (!is_form(r)) return status(HTTP_UNSUPPORTED_MEDIA_TYPE);
  if (!comes_from_here(r)) return refuse_order(r, "another page sent the form");
  const auto body = read_form(r);
  if (!body) return status(body.error());
  const auto fields = status::parse_form(*body);
  if (!fields) return status(HTTP_BAD_REQUEST);
  Board& board = *Counting::instance().board();
  const auto token = fields->find("token");
  if (token == fields->end() ||
      !status::is_token(token->second, board.secret(), subject(r), apr_time_sec(r->request_time))) {
    return refuse_order(r, "the form has no token of this page, or an old one: load it again");
  }
  const auto ended = end_tunnels(*fields, board);
  if (!ended) return status(HTTP_BAD_REQUEST);
  // Over, or never there.
  if (*ended == 0) return status(HTTP_NOT_FOUND);
  ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r, "WS0251: %s ends %" APR_SIZE_T_FMT " tunnels",
                r->user != nullptr ? r->user : r->useragent_ip, *ended);
  apr_table_setn(r->headers_out, "Location", r->uri);
  return status(HTTP_SEE_OTHER);
}

}  // namespace websocket::apache
