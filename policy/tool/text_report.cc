// SPDX-License-Identifier: Apache-2.0
#include "policy/tool/text_report.hh"

#include <ostream>
#include <vector>

#include "policy/protocol.hh"
#include "policy/quantity.hh"
#include "policy/tool/terminal.hh"

namespace policy::tool {
namespace {

template <typename Range, typename Text>
std::string joined(const Range& range, Text&& text) {
  std::string all;
  for (const auto& each : range) {
    all += all.empty() ? "" : " ";
    all += text(each);
  }
  return all;
}

std::string tls_text(const TargetTls& tls, const Endpoint& target) {
  return "tls: the target's certificate is for " + (tls.name.empty() ? target.text : tls.name) +
         ", by " + (tls.ca_file.empty() ? "the system's authorities" : tls.ca_file);
}

/// What is written beyond target and origins.
std::vector<std::string> further_elements(const Document& document) {
  std::vector<std::string> lines;
  for (const auto& protocol : document.protocols) lines.push_back("protocol: " + protocol);
  if (document.framing) lines.push_back("framing: " + std::string(name_of(*document.framing)));
  if (document.max_message) lines.push_back("max-message: " + size_text(*document.max_message));
  if (document.idle_timeout) lines.push_back("idle-timeout: " + time_text(*document.idle_timeout));
  if (document.tls) lines.push_back(tls_text(*document.tls, document.target));
  if (document.proxy_protocol) {
    const auto version = static_cast<int>(*document.proxy_protocol);
    lines.push_back("proxy-protocol: " + std::to_string(version));
  }
  return lines;
}

void write_line(std::ostream& out, std::string_view text) { out << terminal_line(text) << '\n'; }

}  // namespace

void TextReport::line(std::size_t depth, std::string_view text) {
  out_ << std::string(2 * depth, ' ') << terminal_line(text) << '\n' << std::flush;
}

void TextReport::heading(std::string_view text) {
  out_ << '\n';
  line(0, text);
}

void TextReport::document_failed(const FileFault& fault) {
  line(0, "policy " + shown_path(arguments_.file));
  line(1, fault_line(shown_path(arguments_.file), fault));
}

void TextReport::document_read(const Document& document) {
  line(0, "policy " + shown_path(arguments_.file));
  line(1, "target: " + document.target.to_string());
  if (document.allow_origins.empty()) {
    line(1, "allow-origin: none written, so only pages of the host that serves the policy");
  }
  for (const auto& pattern : document.allow_origins) {
    line(1, "allow-origin: " + pattern.to_string() +
                (pattern.counted_by_origin() ? " (written " + pattern.text() + ")" : ""));
  }
  for (const auto& each : further_elements(document)) line(1, each);
  if (arguments_.served_by) line(1, "served by: " + arguments_.served_by->own.to_string());
  if (arguments_.served_by && !arguments_.origin) {
    heading("origin");
    line(1, "not judged; --origin or --no-origin says what the request has");
  }
}

void TextReport::origin_judged(const Decision& decision) {
  const auto& header = arguments_.origin->header;
  heading("origin: " + header.value_or("none"));
  line(1, decision ? "granted: " + decision->log_text : "refused: " + decision.error().log_text);
}

void TextReport::target_judged(const Document& document, const TargetDecision& decision) {
  heading("target: " + document.target.to_string());
  if (arguments_.administrators) {
    line(1, "the policy is the administrator's own (WebSocketPolicyFile)");
  } else {
    line(1,
         "WebSocketTarget " +
             joined(arguments_.rules.rules(), [](const TargetRule& rule) { return rule.text; }) +
             (arguments_.rules_assumed ? " (taken for granted here; say others by --target)" : ""));
  }
  for (const auto& judgement : decision.judgements) {
    const bool refused = judgement.verdict == policy::Verdict::refused;
    line(1, (refused ? "refused: " : "") + judgement.log_text);
  }
}

void TextReport::consent_asked(const ConsentQuestion& question) {
  heading("consent of the owner of " + question.address.to_string() + ": port " +
          std::to_string(question.port) + " for " + arguments_.served_by->host);
  std::string how = "WebSocketConsent " + std::string(name_of(arguments_.consent));
  if (arguments_.consent == ConsentAsked::dnssec) {
    how += arguments_.trust_anchor ? ", validated here from " + *arguments_.trust_anchor
                                   : ", validated by the resolver";
  }
  line(1, how + ", resolver " +
              joined(question.resolvers, [](const DnsServer& one) { return one.to_string(); }));
}

void TextReport::step_done(const ConsentStep& step) {
  const auto status = std::string(name_of(step.status));
  std::string head = step.question;
  if (step.status == LookupStatus::ok) {
    head += "  (TTL " + std::to_string(step.ttl.count()) + " s";
    if (arguments_.consent == ConsentAsked::dnssec) {
      head += ", " + std::string(name_of(step.security));
    }
    head += ")";
  }
  line(1, head);
  for (const auto& alias : step.aliases) line(2, "alias of " + alias);
  for (const auto& record : step.records) {
    line(2, record.text + (record.remark.empty() ? "" : "  <- " + record.remark));
  }
  if (step.status != LookupStatus::ok) line(2, status);
  if (step.conclusion != status) line(2, "=> " + step.conclusion);
}

void TextReport::consent_judged(const ConsentVerdict& verdict) {
  line(1, (verdict.is_granted() ? "consent, which the server remembers for "
                                : "no consent, which the server remembers for ") +
              std::to_string(verdict.ttl.count()) + " s");
}

void TextReport::concluded(const Conclusion& conclusion) {
  switch (conclusion.verdict) {
    case Verdict::valid:
      heading("VALID");
      line(1, conclusion.text + "; with --served-by HOST the whole decision is walked");
      break;
    case Verdict::granted:
      heading("GRANTED");
      line(1, conclusion.text);
      line(1, "the server would connect to " +
                  joined(conclusion.connect_to, [](const std::string& one) { return one; }));
      break;
    case Verdict::refused:
      heading("REFUSED: " + conclusion.reason);
      line(1, conclusion.text);
      break;
    case Verdict::unusable:
      heading("UNUSABLE: " + conclusion.reason);
      line(1, conclusion.text);
      break;
  }
}

std::string fault_line(const std::string& file, const FileFault& fault) {
  std::string text = file + ":";
  if (fault.place) {
    text += std::to_string(fault.place->line) + ":" + std::to_string(fault.place->column) + ":";
  }
  return text + " " + fault.message;
}

void write_warnings(const std::string& file, std::span<const Warning> warnings, std::ostream& out) {
  for (const auto& warning : warnings) {
    const auto place = warning.line > 0 ? ":" + std::to_string(warning.line) : std::string{};
    write_line(out, file + place + ": " + warning.message + " [" + warning.name + "]");
  }
  const auto count = std::to_string(warnings.size());
  write_line(out, file + ": " + (warnings.empty() ? "no" : count) +
                      (warnings.size() == 1 ? " warning" : " warnings"));
}

void write_record(const ConsentRecord& record, std::ostream& out, std::ostream& explanation) {
  write_line(out, record.text);
  out << std::flush;
  write_line(explanation, "");
  write_line(explanation, "In the lines of a zone file:");
  for (const auto& line : zone_lines(record)) write_line(explanation, "  " + line);
  if (record.owners.back() == k_unknown_name) {
    write_line(explanation, std::string(k_unknown_name) +
                                " stands for the service's host name, the one that its address"
                                " leads back to (PTR) and that leads to the address (A, AAAA).");
  }
  write_line(explanation, "The TXT record may also stand at " + record.owners.back() + ".");
}

}  // namespace policy::tool
