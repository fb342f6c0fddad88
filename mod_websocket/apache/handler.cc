// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/handler.hh"

#include <optional>
#include <string>
#include <variant>

#include "mod_websocket/apache/agreement.hh"
#include "mod_websocket/apache/answer.hh"
#include "mod_websocket/apache/capture.hh"
#include "mod_websocket/apache/config.hh"
#include "mod_websocket/apache/counting.hh"
#include "mod_websocket/apache/notes.hh"
#include "mod_websocket/apache/page.hh"
#include "mod_websocket/apache/preparation.hh"
#include "mod_websocket/apache/said.hh"
#include "mod_websocket/apache/source.hh"
#include "mod_websocket/apache/upgrade.hh"
#include "mod_websocket/handshake/request.hh"
#include "mod_websocket/handshake/token.hh"
#include "policy/media_type.hh"
#include "policy/quoted.hh"

namespace websocket::apache {

namespace {

template <class T>
using Step = tl::expected<T, Refusal>;

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

handshake::Request request_of(const request_rec* r) {
  return {
      .method = r->method,
      .major = r->proto_num / 1000,
      .minor = r->proto_num % 1000,
      .upgrade = header_of(r, "Upgrade"),
      .connection = header_of(r, "Connection"),
      .key = header_of(r, "Sec-WebSocket-Key"),
      .version = header_of(r, "Sec-WebSocket-Version"),
      .protocol = header_of(r, "Sec-WebSocket-Protocol"),
      .extensions = header_of(r, "Sec-WebSocket-Extensions"),
      .has_body = has_body(r),
  };
}

Refusal upgrade_required(const request_rec* r) {
  return {HTTP_UPGRADE_REQUIRED, Severity::unlogged, refusal::k_upgrade_required,
          "a request that is no upgrade to websocket",
          r->connection->master == nullptr
              ? "This resource is a WebSocket endpoint: upgrade the connection to websocket."
              : "This resource is a WebSocket endpoint: use extended CONNECT (RFC 8441)."};
}

Refusal bad_handshake(const handshake::Refused& refused) {
  return {refused.status, Severity::refused, refusal::rule_of(refused.reason),
          "handshake: " + std::string(refused.why), std::string(refused.why)};
}

Refusal unusable_policy(const std::string& name, const ::policy::DocumentError& error) {
  return {HTTP_INTERNAL_SERVER_ERROR, Severity::broken, refusal::k_policy_invalid,
          describe(name, error), "The policy of this endpoint is not usable."};
}

// A page or a text may have what others wrote in it: a script that repeats its query, a file that
// somebody stored. It is no policy, though it reads like one.
Refusal not_xml(const std::string& name, const char* type) {
  return {HTTP_INTERNAL_SERVER_ERROR, Severity::broken, refusal::k_policy_type,
          name + ": a policy " +
              (type != nullptr ? "of the type " + ::policy::quoted(type) : "without a type") +
              "; if it is meant as one say Content-Type: application/xml",
          "The policy of this endpoint is not usable."};
}

bool is_xml(const char* type) { return type != nullptr && ::policy::is_xml_type(type); }

Step<DocumentHandle> policy_document(request_rec* r, const SectionConfig& config) {
  auto document = config.policy_file != nullptr ? read_document(config.policy_file, r->pool)
                                                : read_document(r->filename, r->finfo, r->pool);
  if (document) return std::move(*document);
  if (APR_STATUS_IS_EMFILE(document.error().status) ||
      APR_STATUS_IS_ENFILE(document.error().status)) {
    return tl::unexpected(
        no_room(Severity::broken, refusal::k_no_descriptor, document.error().log));
  }
  const bool forbidden =
      APR_STATUS_IS_EACCES(document.error().status) && config.policy_file == nullptr;
  return tl::unexpected(
      Refusal{forbidden ? HTTP_FORBIDDEN : HTTP_INTERNAL_SERVER_ERROR, Severity::broken,
              forbidden ? refusal::k_policy_unreadable : refusal::k_policy_invalid,
              document.error().log, "The policy of this endpoint is not usable."});
}

// A handshake, or else a request to explain what one would be told. Both are judged alike, down to
// the connection to the target; only the end differs.
using Wish = std::optional<handshake::Accepted>;

Asked asked(const Wish& wish) { return wish ? Asked::tunnel : Asked::explanation; }

Wish wish_of(handshake::Judgement judgement) {
  auto* const accepted = std::get_if<handshake::Accepted>(&judgement);
  return accepted != nullptr ? Wish(std::move(*accepted)) : std::nullopt;
}

bool wants_explanation(const request_rec* r) {
  return r->method_number == M_GET && prefers_problem(r);  // HEAD is a GET to httpd
}

HookResult turn_away(request_rec* r, const Wish& wish, const Refusal& refusal) {
  // Nobody is there to be told, and no count or line of the log is to say that somebody was.
  if (r->connection->aborted != 0) return HookResult::done;
  return wish ? refuse(r, refusal) : explain(r, refusal);
}

template <class Agree>
HookResult grant(request_rec* r, const Wish& wish, tl::expected<Prepared, Refusal> prepared,
                 Agree&& agree_with) {
  if (!prepared) return turn_away(r, wish, prepared.error());
  if (wish) {
    return upgrade(r, *wish, agree_with(*wish), std::move(prepared->target),
                   std::move(prepared->seat));
  }
  // Closed and given back before the client reads that nothing stands in the way.
  prepared = tl::unexpected(upgrade_required(r));
  return explain(r, prepared.error());
}

HookResult decide(request_rec* r, const SectionConfig& config, const Wish& wish,
                  const ::policy::Document& document) {
  confirm_endpoint(r);
  note_target(r, document.target.to_string());
  const auto page = admit_page(r, asked(wish), config, document);
  if (!page) return turn_away(r, wish, page.error());
  return grant(r, wish, prepare(r, config, document), [&](const handshake::Accepted& accepted) {
    return agree(config, document, accepted);
  });
}

HookResult by_file(request_rec* r, const SectionConfig& config, const Wish& wish) {
  const auto document = policy_document(r, config);
  if (!document) return turn_away(r, wish, document.error());
  // A name whose ending says nothing is a name like others.
  const char* const type = config.policy_file != nullptr ? nullptr : r->content_type;
  if (type != nullptr && !is_xml(type)) return turn_away(r, wish, not_xml(r->filename, type));
  return decide(r, config, wish, **document);
}

HookResult by_body(const CapturedBody& body, const char* uri, const SectionConfig& config,
                   const Wish& wish) {
  const auto document = ::policy::parse_document(body.text);
  if (!document && !document.error().is_policy()) return release(body);
  const char* const type = body.answer->content_type;
  forget_body(body);
  if (!document) {
    return turn_away(body.answer, wish, unusable_policy(uri, document.error()));
  }
  if (!is_xml(type)) return turn_away(body.answer, wish, not_xml(uri, type));
  return decide(body.answer, config, wish, *document);
}

// The script decides: a policy is judged like any other, all else is its answer to the client.
HookResult by_script(request_rec* r, const SectionConfig& config, const Wish& wish) {
  if (!wish) apr_table_setn(r->subprocess_env, "WEBSOCKET_EXPLAIN", "1");
  const Captured captured = capture(r);
  if (const auto* answered = std::get_if<AnsweredItself>(&captured)) return answered->result;
  const auto& body = std::get<CapturedBody>(captured);
  pass_endpoint(r, body.answer);
  const HookResult result = by_body(body, r->uri, config, wish);
  if (body.answer == r) return result;
  // httpd took the request that was redirected to for answered.
  ap_die(static_cast<int>(result), body.answer);
  return HookResult::done;
}

constexpr std::string_view k_echo_handler = "websocket-echo";

bool is_echo(const request_rec* r) { return r->handler != nullptr && r->handler == k_echo_handler; }

// A page that stands among endpoints is a page, and never an endpoint; a policy is not shown here
// either.
HookResult error_page(request_rec* r) {
  if (!is_echo(r) && content_of(r) == Content::script) return HookResult::declined;
  const auto document = read_document(r->filename, r->finfo, r->pool);
  const bool is_page = !document && !document.error().is_policy;
  return is_page ? HookResult::declined : status(HTTP_FORBIDDEN);
}

// ---- websocket-echo ------------------------------------------------------------------------

HookResult echo(request_rec* r, const SectionConfig& config) {
  if (r->main != nullptr) return status(HTTP_FORBIDDEN);
  if (r->method_number == M_OPTIONS) return answer_options(r);
  name_endpoint(r, k_echo_handler.data(), true);
  auto judgement = handshake::judge(request_of(r));
  const bool is_plain = std::holds_alternative<handshake::NotAnUpgrade>(judgement);
  if (is_plain && !wants_explanation(r)) return refuse(r, upgrade_required(r));
  if (const auto* refused = std::get_if<handshake::Refused>(&judgement)) {
    return refuse(r, bad_handshake(*refused));
  }
  const Wish wish = wish_of(std::move(judgement));
  const auto page = admit_page_to_echo(r, asked(wish), config);
  if (!page) return turn_away(r, wish, page.error());
  return grant(r, wish, prepare_echo(r), [&](const handshake::Accepted& accepted) {
    return agree_on_echo(config, accepted);
  });
}

// The place of the file below DocumentRoot or Alias, whatever URL led there: that is the client's
// word, and any may lead to the same file. Null where there is none. httpd has prefix and root as
// they were written, with slashes at their ends or without.
const char* place_of_file(request_rec* r) {
  if (!is_file(r)) return nullptr;
  const std::string_view file(r->filename);
  const std::string_view root(ap_context_document_root(r));
  if (root.empty() || !file.starts_with(root)) return r->filename;
  const std::string_view rest = file.substr(root.size());
  std::string_view prefix(ap_context_prefix(r));
  const bool is_aliased_itself = rest.empty() && !prefix.empty();
  const bool is_below = rest.starts_with('/') || root.ends_with('/');
  if (!is_aliased_itself && !is_below) return r->filename;  // in a folder beside it
  while (is_below && prefix.ends_with('/')) prefix.remove_suffix(1);
  std::string place(prefix);
  if (is_below && !rest.starts_with('/')) place += '/';
  return apr_pstrdup(r->pool, place.append(rest).c_str());
}

// What follows a script in its URL is the client's word.
const char* policy_name(request_rec* r, const SectionConfig& config) {
  if (config.policy_file != nullptr) return config.policy_file;
  if (const char* const place = place_of_file(r)) return ap_escape_uri(r->pool, place);
  const std::string_view uri(r->uri);
  const std::string_view info(has_path_info(r) ? r->path_info : "");
  const std::string_view own = uri.substr(0, uri.size() - (uri.ends_with(info) ? info.size() : 0));
  return ap_escape_uri(r->pool, apr_pstrmemdup(r->pool, own.data(), own.size()));
}

// What httpd would show as it stands, were nobody there for the handler that was configured.
bool is_policy_file(request_rec* r) {
  const bool may_be = is_file(r) && (r->content_type == nullptr || is_xml(r->content_type));
  return may_be && read_document(r->filename, r->finfo, r->pool).has_value();
}

// A script answers for itself. A policy that stands in a file is never shown, though a filter may
// have had a hand in it.
HookResult answer_plainly(request_rec* r, Content content) {
  if (content == Content::file || is_policy_file(r)) return refuse(r, upgrade_required(r));
  if (content == Content::script) return HookResult::declined;
  const Captured captured = capture(r);
  if (const auto* answered = std::get_if<AnsweredItself>(&captured)) return answered->result;
  const CapturedBody& body = std::get<CapturedBody>(captured);
  const auto document = ::policy::parse_document(body.text);
  if (!document && !document.error().is_policy()) return release(body);
  forget_body(body);
  return refuse(r, upgrade_required(r));
}

}  // namespace

HookResult prepare_request(request_rec* r) {
  remember_said(r);
  const auto upgrade = header_of(r, "Upgrade");
  if (upgrade && handshake::list_contains_token(*upgrade, "websocket")) {
    r->connection->keepalive = AP_CONN_CLOSE;
  }
  return HookResult::declined;
}

HookResult handle(request_rec* r) {
  const SectionConfig& config = section_config(r);
  if (!is_echo(r) && !config.is_endpoint()) return HookResult::declined;
  if (is_error_page(r)) return error_page(r);
  if (is_echo(r)) return echo(r, config);
  const Content content = config.policy_file != nullptr ? Content::file : content_of(r);
  const bool scripted = content != Content::file;
  if (scripted && is_capturing(r)) return HookResult::declined;
  // The text of a policy names inner hosts: nothing includes it either.
  if (r->main != nullptr) return status(HTTP_FORBIDDEN);
  if (!scripted && config.policy_file == nullptr && has_path_info(r)) {
    return status(HTTP_NOT_FOUND);
  }
  if (!scripted && r->method_number == M_OPTIONS) return answer_options(r);
  // A document that a script or mod_rewrite led to is judged where it stands.
  if (!scripted) stop_capturing(r);
  name_endpoint(r, policy_name(r, config), !scripted);

  auto judgement = handshake::judge(request_of(r));
  if (std::holds_alternative<handshake::NotAnUpgrade>(judgement) && !wants_explanation(r)) {
    return answer_plainly(r, content);
  }
  if (const auto* refused = std::get_if<handshake::Refused>(&judgement)) {
    return refuse(r, bad_handshake(*refused));
  }
  const Wish wish = wish_of(std::move(judgement));
  return scripted ? by_script(r, config, wish) : by_file(r, config, wish);
}

}  // namespace websocket::apache
