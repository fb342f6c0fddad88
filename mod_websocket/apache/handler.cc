// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/handler.hh"

#include <optional>
#include <string>
#include <variant>

#include "mod_websocket/apache/admission.hh"
#include "mod_websocket/apache/agreement.hh"
#include "mod_websocket/apache/answer.hh"
#include "mod_websocket/apache/capture.hh"
#include "mod_websocket/apache/config.hh"
#include "mod_websocket/apache/route.hh"
#include "mod_websocket/apache/source.hh"
#include "mod_websocket/apache/stream_place.hh"
#include "mod_websocket/apache/upgrade.hh"
#include "mod_websocket/handshake/request.hh"
#include "mod_websocket/handshake/token.hh"
#include "mod_websocket/tunnel/echo_end.hh"
#include "policy/decide.hh"

namespace websocket::apache {

namespace {

template <class T>
using Step = tl::expected<T, Refusal>;

std::optional<std::string_view> header(const request_rec* r, const char* name) {
  const char* const value = apr_table_get(r->headers_in, name);
  if (value == nullptr) return std::nullopt;
  return value;
}

bool has_body(const request_rec* r) {
  // HTTP/2 has no Transfer-Encoding; mod_http2 writes one for a stream that is still open.
  const bool is_stream = r->connection->master != nullptr;
  if (!is_stream && apr_table_get(r->headers_in, "Transfer-Encoding") != nullptr) return true;
  const char* const length = apr_table_get(r->headers_in, "Content-Length");
  // httpd has refused what is not a number.
  return length != nullptr && apr_strtoi64(length, nullptr, 10) != 0;
}

bool has_path_info(const request_rec* r) {
  return r->path_info != nullptr && *r->path_info != '\0';
}

// A missing file, or a directory, is nobody's policy: httpd's other handlers answer.
bool has_own_handler(const request_rec* r) {
  return r->proxyreq != PROXYREQ_NONE || r->finfo.filetype == APR_REG ||
         (r->handler != nullptr && std::string_view(r->handler) != "default-handler" &&
          r->finfo.filetype != APR_DIR);
}

handshake::Request request_of(const request_rec* r) {
  return {
      .method = r->method,
      .major = r->proto_num / 1000,
      .minor = r->proto_num % 1000,
      .upgrade = header(r, "Upgrade"),
      .connection = header(r, "Connection"),
      .key = header(r, "Sec-WebSocket-Key"),
      .version = header(r, "Sec-WebSocket-Version"),
      .protocol = header(r, "Sec-WebSocket-Protocol"),
      .extensions = header(r, "Sec-WebSocket-Extensions"),
      .has_body = has_body(r),
  };
}

Refusal upgrade_required(const request_rec* r) {
  return {HTTP_UPGRADE_REQUIRED, Severity::unlogged, "upgrade-required",
          "a request that is no upgrade to websocket",
          r->connection->master == nullptr
              ? "This resource is a WebSocket endpoint: upgrade the connection to websocket."
              : "This resource is a WebSocket endpoint: use extended CONNECT (RFC 8441)."};
}

Refusal bad_handshake(const handshake::Refused& refused) {
  return {refused.status, Severity::refused, handshake::name(refused.reason),
          "handshake: " + std::string(refused.why), std::string(refused.why)};
}

// RFC 6454: of the page that this very virtual host would serve.
Step<::policy::Origin> own_origin(request_rec* r) {
  const char* const host = r->hostname != nullptr ? r->hostname : r->server->server_hostname;
  auto own = ::policy::Origin::of(ap_http_scheme(r), host, ap_get_server_port(r));
  if (own) return *own;
  return tl::unexpected(Refusal{HTTP_BAD_REQUEST, Severity::refused, "host", "Host: " + own.error(),
                                "The Host of the request is unusable."});
}

Step<void> check_origin(request_rec* r, const SectionConfig& config,
                        const ::policy::Document& document) {
  const auto own = own_origin(r);
  if (!own) return tl::unexpected(own.error());
  const auto decision = ::policy::decide_origin(document, header(r, "Origin"), *own);
  if (decision) return {};
  const auto& refused = decision.error();
  return tl::unexpected(Refusal{config.refused_origin_status(), Severity::refused,
                                ::policy::name_of(refused.rule), refused.log_text,
                                std::string(::policy::client_text(refused.rule))});
}

// A page of another site is refused. A client without an Origin is no page, has no user's cookies
// to misuse, and could send any Origin: here, where nothing is reached, it is welcome.
Step<void> check_echo_origin(request_rec* r, const SectionConfig& config) {
  if (!header(r, "Origin")) return {};
  return check_origin(r, config, ::policy::Document{});
}

Refusal unusable_policy(const std::string& name, const ::policy::DocumentError& error) {
  return {HTTP_INTERNAL_SERVER_ERROR, Severity::broken, "policy-invalid", describe(name, error),
          "The policy of this endpoint is not usable."};
}

Step<DocumentHandle> policy_document(request_rec* r, const SectionConfig& config) {
  auto document = config.policy_file != nullptr ? read_document(config.policy_file, r->pool)
                                                : read_document(r->filename, r->finfo, r->pool);
  if (document) return std::move(*document);
  if (APR_STATUS_IS_EMFILE(document.error().status) ||
      APR_STATUS_IS_ENFILE(document.error().status)) {
    return tl::unexpected(no_room(Severity::broken, "no-descriptor", document.error().log));
  }
  const bool forbidden =
      APR_STATUS_IS_EACCES(document.error().status) && config.policy_file == nullptr;
  return tl::unexpected(
      Refusal{forbidden ? HTTP_FORBIDDEN : HTTP_INTERNAL_SERVER_ERROR, Severity::broken,
              forbidden ? "policy-unreadable" : "policy-invalid", document.error().log,
              "The policy of this endpoint is not usable."});
}

// Another child, or another minute, may have room; and a client that is told so can use HTTP/1.1.
Refusal no_stream_place() {
  return {HTTP_SERVICE_UNAVAILABLE, Severity::refused, "no-worker",
          "tunnels on streams have three quarters of this child's HTTP/2 workers already (see "
          "H2MaxWorkers)",
          "The server has no room for another WebSocket on HTTP/2."};
}

HookResult open_tunnel(request_rec* r, const SectionConfig& config,
                       const handshake::Accepted& accepted, const ::policy::Document& document) {
  if (const auto origin = check_origin(r, config, document); !origin) {
    return refuse(r, origin.error());
  }
  const auto route = find_route(r, config, document);
  if (!route) return refuse(r, route.error());
  const StreamPlace place(r);
  if (!place) return refuse(r, no_stream_place());
  // Behind the refusals, which tell nobody who is refused how full the server is, and before the
  // target is connected to, so that no flood gets through to it.
  auto seat = Admission::instance().admit(r);
  if (!seat) return refuse(r, seat.error());
  auto target = connect_target(r, config, document, *route);
  if (!target) return refuse(r, target.error());
  return upgrade(r, accepted, agree(config, document, accepted), std::move(*target),
                 std::move(*seat));
}

HookResult by_file(request_rec* r, const SectionConfig& config,
                   const handshake::Accepted& accepted) {
  const auto document = policy_document(r, config);
  if (!document) return refuse(r, document.error());
  return open_tunnel(r, config, accepted, **document);
}

HookResult by_body(const CapturedBody& body, const char* uri, const SectionConfig& config,
                   const handshake::Accepted& accepted) {
  const auto document = ::policy::parse_document(body.text);
  if (!document && !document.error().is_policy()) return release(body);
  forget_body(body);
  if (!document) return refuse(body.answer, unusable_policy(uri, document.error()));
  return open_tunnel(body.answer, config, accepted, *document);
}

// The script decides: a policy is judged like any other, all else is its answer to the client.
HookResult by_script(request_rec* r, const SectionConfig& config,
                     const handshake::Accepted& accepted) {
  const Captured captured = capture(r);
  if (const auto* answered = std::get_if<AnsweredItself>(&captured)) return answered->result;
  const auto& body = std::get<CapturedBody>(captured);
  const HookResult result = by_body(body, r->uri, config, accepted);
  if (body.answer == r) return result;
  // httpd took the request that was redirected to for answered.
  ap_die(static_cast<int>(result), body.answer);
  return HookResult::done;
}

// An ErrorDocument of this server, reached by redirection.
bool is_error_page(const request_rec* r) { return r->prev != nullptr && r->status != HTTP_OK; }

// A page that stands among endpoints is a page; a policy is not shown here either.
HookResult error_page(request_rec* r) {
  const auto document = read_document(r->filename, r->finfo, r->pool);
  const bool is_page = !document && !document.error().is_policy;
  return is_page ? HookResult::declined : status(HTTP_FORBIDDEN);
}

// ---- websocket-echo ------------------------------------------------------------------------

constexpr std::string_view k_echo_handler = "websocket-echo";

bool is_echo(const request_rec* r) { return r->handler != nullptr && r->handler == k_echo_handler; }

// What SetHandler will say, which may be an expression: httpd asks it only when access was granted.
bool will_echo(request_rec* r) {
  const auto* const core =
      static_cast<const core_dir_config*>(ap_get_core_module_config(r->per_dir_config));
  if (core == nullptr || core->expr_handler == nullptr) return false;
  const char* failed = nullptr;
  const char* const handler = ap_expr_str_exec(r, core->expr_handler, &failed);
  return failed == nullptr && handler != nullptr && handler == k_echo_handler;
}

HookResult echo(request_rec* r, const SectionConfig& config) {
  if (r->main != nullptr) return status(HTTP_FORBIDDEN);
  if (r->method_number == M_OPTIONS) return answer_options(r);
  const auto judgement = handshake::judge(request_of(r));
  if (std::holds_alternative<handshake::NotAnUpgrade>(judgement)) {
    return refuse(r, upgrade_required(r));
  }
  // Where the handler was set for a single request, by mod_rewrite say.
  r->connection->keepalive = AP_CONN_CLOSE;
  if (const auto* refused = std::get_if<handshake::Refused>(&judgement)) {
    return refuse(r, bad_handshake(*refused));
  }
  if (const auto origin = check_echo_origin(r, config); !origin) return refuse(r, origin.error());
  const StreamPlace place(r);
  if (!place) return refuse(r, no_stream_place());
  auto seat = Admission::instance().admit(r);
  if (!seat) return refuse(r, seat.error());
  const auto& accepted = std::get<handshake::Accepted>(judgement);
  return upgrade(r, accepted, agree_on_echo(config, accepted),
                 Target{std::make_unique<tunnel::EchoEnd>(), "websocket-echo"}, std::move(*seat));
}

// A script answers for itself. A policy that stands in a file is never shown, though a filter may
// have had a hand in it.
HookResult answer_plainly(request_rec* r, Content content) {
  if (content == Content::script) return HookResult::declined;
  if (content == Content::filtered_file) {
    const Captured captured = capture(r);
    if (const auto* answered = std::get_if<AnsweredItself>(&captured)) return answered->result;
    const CapturedBody& body = std::get<CapturedBody>(captured);
    const auto document = ::policy::parse_document(body.text);
    if (!document && !document.error().is_policy()) return release(body);
    forget_body(body);
  }
  return refuse(r, upgrade_required(r));
}

}  // namespace

HookResult forbid_reuse(request_rec* r) {
  // Also where another resource redirected to an endpoint.
  if (r->main != nullptr) return HookResult::declined;
  if (!section_config(r).is_endpoint() && !will_echo(r)) return HookResult::declined;
  const auto upgrade = header(r, "Upgrade");
  if (upgrade && handshake::list_contains_token(*upgrade, "websocket")) {
    r->connection->keepalive = AP_CONN_CLOSE;
  }
  return HookResult::declined;
}

HookResult handle(request_rec* r) {
  const SectionConfig& config = section_config(r);
  if (is_echo(r)) return echo(r, config);
  if (!config.is_endpoint()) return HookResult::declined;
  const Content content = config.policy_file != nullptr ? Content::file : content_of(r);
  const bool scripted = content != Content::file;
  if (scripted && (!has_own_handler(r) || is_capturing(r))) return HookResult::declined;
  // The text of a policy names inner hosts: nothing includes it either.
  if (r->main != nullptr) return status(HTTP_FORBIDDEN);
  if (!scripted && config.policy_file == nullptr && is_error_page(r)) return error_page(r);
  if (!scripted && config.policy_file == nullptr && has_path_info(r)) {
    return status(HTTP_NOT_FOUND);
  }
  if (!scripted && r->method_number == M_OPTIONS) return answer_options(r);
  // A document that a script or mod_rewrite led to is judged where it stands.
  if (!scripted) stop_capturing(r);

  const auto judgement = handshake::judge(request_of(r));
  if (std::holds_alternative<handshake::NotAnUpgrade>(judgement)) {
    return answer_plainly(r, content);
  }
  if (const auto* refused = std::get_if<handshake::Refused>(&judgement)) {
    return refuse(r, bad_handshake(*refused));
  }
  const auto& accepted = std::get<handshake::Accepted>(judgement);
  return scripted ? by_script(r, config, accepted) : by_file(r, config, accepted);
}

}  // namespace websocket::apache
