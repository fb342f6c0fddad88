// SPDX-License-Identifier: Apache-2.0
#include "policy/tool/json_report.hh"

#include <optional>
#include <string_view>
#include <utility>

#include "policy/protocol.hh"

namespace policy::tool {
namespace {

Json or_null(const std::string& text) { return text.empty() ? Json::null() : Json(text); }

template <typename Range, typename Text>
Json texts(const Range& range, Text&& text) {
  Json array = Json::array();
  for (const auto& each : range) array.push(Json(text(each)));
  return array;
}

std::string_view kind_of(const Endpoint& target) {
  switch (target.kind) {
    case Endpoint::Kind::this_host: return "this-host";
    case Endpoint::Kind::name: return "name";
    case Endpoint::Kind::address: return "address";
    case Endpoint::Kind::unix_socket: return "unix-socket";
  }
  return "?";
}

std::string_view verdict_of(const Judgement& judgement) {
  switch (judgement.verdict) {
    case policy::Verdict::allowed: return "allowed";
    case policy::Verdict::needs_consent: return "needs-consent";
    case policy::Verdict::refused: return "refused";
  }
  return "?";
}

Json json_of(const Judgement& judgement) {
  Json object = Json::object();
  object.set("address", judgement.address ? Json(judgement.address->to_string()) : Json::null())
      .set("verdict", verdict_of(judgement))
      .set("rule", or_null(judgement.rule))
      .set("reason", judgement.refused_by ? Json(name_of(*judgement.refused_by)) : Json::null())
      .set("text", judgement.log_text);
  return object;
}

Json json_of(const ConsentStep& step) {
  Json records = Json::array();
  for (const auto& record : step.records) {
    Json object = Json::object();
    object.set("text", record.text).set("remark", or_null(record.remark));
    records.push(std::move(object));
  }
  Json object = Json::object();
  object.set("question", step.question)
      .set("status", name_of(step.status))
      .set("security", name_of(step.security))
      .set("ttl", step.ttl.count())
      .set("aliases", Json::array_of(step.aliases))
      .set("records", std::move(records))
      .set("conclusion", step.conclusion);
  return object;
}

template <typename Range>
Json objects(const Range& range) {
  Json array = Json::array();
  for (const auto& each : range) array.push(json_of(each));
  return array;
}

Json json_of(const FileFault& fault) {
  Json object = Json::object();
  object.set("fault", fault.fault)
      .set("message", fault.message)
      .set("line", fault.place ? Json(fault.place->line) : Json::null())
      .set("column", fault.place ? Json(fault.place->column) : Json::null());
  return object;
}

Json tls_of(const Document& document) {
  if (!document.tls) return Json::null();
  Json object = Json::object();
  object.set("ca_file", or_null(document.tls->ca_file))
      .set("name", document.tls->name.empty() ? document.target.text : document.tls->name);
  return object;
}

Json json_of(const Document& document) {
  const auto& target = document.target;
  Json object = Json::object();
  object.set("target", target.to_string())
      .set("kind", kind_of(target))
      .set("host", or_null(target.text))
      .set("port", target.port == 0 ? Json::null() : Json(target.port))
      .set("allow_origins", texts(document.allow_origins,
                                  [](const OriginPattern& pattern) { return pattern.to_string(); }))
      .set("protocols", Json::array_of(document.protocols))
      .set("framing", document.framing ? Json(name_of(*document.framing)) : Json::null())
      .set("max_message", document.max_message ? Json(*document.max_message) : Json::null())
      .set("idle_timeout_ms",
           document.idle_timeout ? Json(document.idle_timeout->count()) : Json::null())
      .set("tls", tls_of(document))
      .set("proxy_protocol", document.proxy_protocol
                                 ? Json(static_cast<int>(*document.proxy_protocol))
                                 : Json::null());
  return object;
}

Json json_of(const Decision& decision, const std::optional<std::string>& header) {
  Json object = Json::object();
  object.set("header", header ? Json(*header) : Json::null())
      .set("granted", decision.has_value())
      .set("reason", decision ? Json::null() : Json(name_of(decision.error().rule)))
      .set("text", decision ? decision->log_text : decision.error().log_text);
  return object;
}

Json json_of(const CheckArguments& arguments, const TargetDecision& decision) {
  Json object = Json::object();
  object
      .set("rules",
           texts(arguments.rules.rules(), [](const TargetRule& rule) { return rule.text; }))
      .set("rules_assumed", arguments.rules_assumed && !arguments.administrators)
      .set("administrators", arguments.administrators)
      .set("judgements", objects(decision.judgements));
  return object;
}

Json json_of(const CheckArguments& arguments, const AskedOwner& owner) {
  const ConsentVerdict& verdict = owner.verdict;
  Json object = Json::object();
  object.set("address", owner.question.address.to_string())
      .set("port", owner.question.port)
      .set("served_by", arguments.served_by->host)
      .set("mode", name_of(arguments.consent))
      .set("resolvers", texts(owner.question.resolvers,
                              [](const DnsServer& server) { return server.to_string(); }))
      .set("granted", verdict.is_granted())
      .set("reason", name_of(verdict.reason))
      .set("text", verdict.text)
      .set("ttl", verdict.ttl.count())
      .set("status", name_of(verdict.status))
      .set("fault",
           verdict.fault == SecurityFault::none ? Json::null() : Json(name_of(verdict.fault)))
      .set("steps", objects(verdict.steps));
  return object;
}

}  // namespace

Json json_of(const CheckArguments& arguments, const CheckResult& result) {
  const Conclusion& conclusion = result.conclusion;
  const auto& served_by = arguments.served_by;
  Json consent = Json::array();
  for (const auto& owner : result.owners) consent.push(json_of(arguments, owner));
  Json object = Json::object();
  object.set("file", arguments.file)
      .set("verdict", name_of(conclusion.verdict))
      .set("reason", or_null(conclusion.reason))
      .set("text", conclusion.text)
      .set("connect_to", Json::array_of(conclusion.connect_to))
      .set("error", result.fault ? json_of(*result.fault) : Json::null())
      .set("document", result.document ? json_of(*result.document) : Json::null())
      .set("served_by", served_by ? Json(served_by->own.to_string()) : Json::null())
      .set("origin",
           result.origin ? json_of(*result.origin, arguments.origin->header) : Json::null())
      .set("target", result.target ? json_of(arguments, *result.target) : Json::null())
      .set("consent", std::move(consent));
  return object;
}

Json json_of(const std::string& file, std::span<const Warning> warnings) {
  Json list = Json::array();
  for (const auto& warning : warnings) {
    Json object = Json::object();
    object.set("name", warning.name)
        .set("line", warning.line > 0 ? Json(warning.line) : Json::null())
        .set("message", warning.message);
    list.push(std::move(object));
  }
  Json object = Json::object();
  object.set("file", file).set("error", Json::null()).set("warnings", std::move(list));
  return object;
}

Json json_of(const std::string& file, const FileFault& fault) {
  Json object = Json::object();
  object.set("file", file).set("error", json_of(fault)).set("warnings", Json::array());
  return object;
}

Json json_of(const ConsentRecord& record) {
  Json object = Json::object();
  object.set("record", record.text)
      .set("strings", Json::array_of(record.strings))
      .set("owners", Json::array_of(record.owners))
      .set("address", record.address ? Json(record.address->to_string()) : Json::null())
      .set("reverse_name", record.reverse_name ? Json(*record.reverse_name) : Json::null())
      .set("zone_lines", Json::array_of(zone_lines(record)));
  return object;
}

}  // namespace policy::tool
