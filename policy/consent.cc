// SPDX-License-Identifier: Apache-2.0
#include "policy/consent.hh"

#include <algorithm>
#include <optional>
#include <utility>

#include "policy/dns_name.hh"
#include "policy/host_name.hh"
#include "policy/txt_record.hh"

namespace policy {
namespace {

using std::chrono::seconds;

constexpr std::string_view k_service_label = "_websocket.";
constexpr std::size_t k_max_name = 253;

std::string shown(const Record& record) {
  if (const auto* address = std::get_if<Address>(&record)) return address->to_string();
  if (const auto* pointer = std::get_if<HostPointer>(&record)) return printable_name(pointer->name);
  return "\"" + printable(std::get<Text>(record).joined, 512) + "\"";
}

// What would change a fault of DNSSEC, for whoever reads the log.
std::string_view remedy(SecurityFault fault) {
  switch (fault) {
    case SecurityFault::unsigned_zone:
      return "sign the zone and have the zone above publish its DS record, or use"
             " WebSocketConsent dns";
    case SecurityFault::bogus: return "check the zone's signatures and its DS record";
    case SecurityFault::expired: return "sign the zone again";
    case SecurityFault::not_yet_valid: return "check the clocks, of the signer and of this machine";
    case SecurityFault::unsupported:
      return "sign with RSA/SHA-256, ECDSA or EdDSA, with SHA-256 digests";
    case SecurityFault::no_anchor: return "add one by WebSocketTrustAnchor";
    case SecurityFault::wildcard: return "publish the record at the name itself";
    case SecurityFault::untrusted_resolver:
      return "set WebSocketTrustAnchor, or have WebSocketResolver name a validating resolver on"
             " 127.0.0.1 or ::1";
    case SecurityFault::too_much_work: return "use fewer keys and signatures";
    case SecurityFault::chain_unavailable: return "check the resolver and the zones on the way";
    case SecurityFault::not_vouched_for:
      return "have the resolver validate; where it does, have the zone above publish the zone's DS"
             " record";
    case SecurityFault::dname: return "publish a CNAME at the name, or the record itself";
    case SecurityFault::none: break;
  }
  return "";
}

std::string_view remedy(LookupStatus status) {
  switch (status) {
    case LookupStatus::too_large: return "publish fewer there";
    case LookupStatus::no_tcp:
      return "have the resolver answer over TCP, and firewalls on the way let that through";
    default: return "check the resolver and the zone's servers";
  }
}

class Judgement {
 public:
  Judgement(const Address& target, std::uint16_t port, std::string_view served_by, Lookup& lookup,
            ConsentMode mode, const ConsentLimits& limits, StepObserver* observer)
      : target_(target),
        port_(port),
        served_by_(served_by),
        lookup_(lookup),
        mode_(mode),
        limits_(limits),
        observer_(observer),
        budget_(Budget::Clock::now() + limits.time, limits.queries, limits.signatures) {}

  ConsentVerdict judge() {
    auto record = consent_record(port_, served_by_);
    if (!record) {
      refuse(ConsentReason::bad_served_by, "the virtual host " + record.error());
      return conclude();
    }
    record_ = std::move(*record);
    for (const auto& name : reverse_names()) {
      if (granted_ || is_spent_) break;
      if (confirm(name)) read_records(name);
    }
    return conclude();
  }

 private:
  // The deciding refusal so far.
  struct Refusal {
    ConsentReason reason;
    std::string text;
    LookupStatus status = LookupStatus::ok;
    SecurityFault fault = SecurityFault::none;
  };

  std::vector<std::string> reverse_names() {
    const auto reverse = reverse_name(target_);
    const auto answer = ask(reverse, RecordType::ptr);
    if (answer) path_ttl_ = answer->ttl;
    std::vector<std::string> names;
    const auto pointers = answer ? answer->all<HostPointer>() : std::vector<HostPointer>{};
    for (std::size_t i = 0; i < pointers.size(); ++i) {
      auto& remark = step_.records[i].remark;
      auto name = parse_host_name(pointers[i].name, HostNameStyle::browser_sent);
      if (!name) {
        remark = "no host name";
      } else if (std::ranges::find(names, *name) != names.end()) {
        remark = "seen already";
      } else if (names.size() == limits_.names) {
        remark = "not looked at, too many names";
      } else {
        names.push_back(std::move(*name));
      }
    }
    if (answer && answer->status != LookupStatus::ok) {
      refuse(ConsentReason::no_reverse_name,
             target_.to_string() + " has no reverse name; its owner may publish PTR " + reverse +
                 ". and, at the name that this gives, TXT \"" + record_ + "\"");
    } else if (answer && names.empty()) {
      refuse(ConsentReason::bad_reverse_name,
             "the PTR records of " + target_.to_string() + " hold no host name");
    }
    finish_step(std::to_string(names.size()) + (names.size() == 1 ? " name" : " names"));
    return names;
  }

  // A PTR record says whatever the holder of the address likes; the name's owner must agree.
  bool confirm(const std::string& name) {
    const auto type = target_.is_v4() ? RecordType::a : RecordType::aaaa;
    const auto answer = ask(name, type);
    if (!answer) return false;
    const auto addresses = answer->all<Address>();
    const bool holds = std::ranges::find(addresses, target_) != addresses.end();
    forward_ttl_ = answer->ttl;
    finish_step(holds ? "confirms the reverse name" : "does not confirm the reverse name");
    if (!holds) {
      refuse(addresses.empty() ? ConsentReason::no_forward_address
                               : ConsentReason::other_forward_address,
             name + ", reverse name of " + target_.to_string() + ", has " +
                 (addresses.empty() ? "no address" : "other addresses only") +
                 "; its owner may publish " + name + ". " + std::string(name_of(type)) + " " +
                 target_.to_string());
    }
    return holds;
  }

  void read_records(const std::string& name) {
    bool any = false;
    bool port_granted = false;
    bool host_granted = false;
    const auto service = std::string(k_service_label) + name;
    for (const auto& owner : {name, service}) {
      if (owner.size() > k_max_name) continue;
      const auto answer = ask(owner, RecordType::txt);
      if (!answer) {
        if (is_spent_) return;
        continue;
      }
      const auto texts = answer->all<Text>();
      for (std::size_t i = 0; i < texts.size(); ++i) {
        auto& remark = step_.records[i].remark;
        const auto record = TxtRecord::parse(texts[i].joined);
        if (!record) {
          remark = "ignored: " + record.error().text;
          if (record.error().kind != TxtFaultKind::other_purpose) {
            refuse(ConsentReason::bad_record, "the TXT record at " + owner + " is ignored: " +
                                                  record.error().text + "; " + publish(owner));
          }
          continue;
        }
        any = true;
        const bool port = record->grants_port(port_);
        const bool host = record->grants_name(served_by_);
        port_granted |= port;
        host_granted |= host;
        remark = port && host ? "grants"
                 : port       ? "grants the port, not the host"
                 : host       ? "grants the host, not the port"
                              : "grants neither";
        if (port && host) {
          granted_ = owner;
          path_ttl_ = std::min({path_ttl_, forward_ttl_, answer->ttl});
          break;
        }
      }
      finish_step(granted_ ? "consent" : "no consent");
      if (granted_) return;
    }
    const auto where = " at " + name + " or " + service + "; " + publish(service);
    if (!any) {
      refuse(ConsentReason::no_record, "no consent record" + where);
    } else if (port_granted && host_granted) {
      refuse(ConsentReason::not_in_one_record,
             "port and virtual host are granted by different records" + where);
    } else if (host_granted) {
      refuse(ConsentReason::port_not_granted,
             "port " + std::to_string(port_) + " is granted by no record" + where);
    } else if (port_granted) {
      refuse(ConsentReason::host_not_granted,
             "virtual host " + printable(served_by_) + " is granted by no record" + where);
    } else {
      refuse(ConsentReason::nothing_granted,
             "neither port nor virtual host is granted by a record" + where);
    }
  }

  // The answer, where it is one: records, or that there are none. step_ then waits for its
  // conclusion. Nothing: the refusal is noted and the step done.
  std::optional<Answer> ask(const std::string& name, RecordType type) {
    const auto question = std::string(name_of(type)) + " " + printable_name(name);
    if (budget_.is_late()) {
      is_spent_ = true;
      refuse(ConsentReason::out_of_time,
             "out of time (" + std::to_string(limits_.time.count()) + " ms) before " + question);
      return std::nullopt;
    }
    Answer answer = lookup_.query(name, type, budget_);
    step_ = {question, answer.status, answer.security, answer.ttl, {}, {}, {}};
    for (const auto& alias : answer.aliases) step_.aliases.push_back(printable_name(alias));
    for (const auto& record : answer.records) step_.records.push_back({shown(record), {}});

    if (mode_ == ConsentMode::dnssec && answer.status == LookupStatus::ok &&
        answer.security != Security::secure) {
      answer.status = LookupStatus::not_validated;
      answer.fault = SecurityFault::unsigned_zone;
    }
    switch (answer.status) {
      case LookupStatus::ok:
      case LookupStatus::no_such_name:
      case LookupStatus::no_data: any_ttl_ = std::min(any_ttl_, answer.ttl); return answer;
      case LookupStatus::over_budget:
        is_spent_ = true;
        refuse(ConsentReason::too_many_queries,
               "more than " + std::to_string(limits_.queries) + " queries, at " + question);
        break;
      case LookupStatus::not_validated: {
        auto text = question + " is not validated: " + std::string(name_of(answer.fault));
        if (!answer.detail.empty()) text += " (" + printable(answer.detail) + ")";
        refuse(ConsentReason::not_validated, text + "; " + std::string(remedy(answer.fault)),
               answer.status, answer.fault);
        break;
      }
      default: {
        auto text = question + ": " + std::string(name_of(answer.status));
        if (!answer.detail.empty()) text += " (" + printable(answer.detail) + ")";
        refuse(ConsentReason::lookup_failed, text + "; " + std::string(remedy(answer.status)),
               answer.status);
        break;
      }
    }
    if (budget_.lacks_descriptor()) {
      is_spent_ = true;
      refuse(ConsentReason::no_descriptor,
             question + ": " + std::string(name_of(LookupStatus::no_descriptor)),
             LookupStatus::no_descriptor);
    }
    any_failed_ = true;
    finish_step(std::string(name_of(answer.status)));
    return std::nullopt;
  }

  void finish_step(std::string conclusion) {
    if (step_.question.empty()) return;
    step_.conclusion = std::move(conclusion);
    verdict_.steps.push_back(std::exchange(step_, ConsentStep{}));
    if (observer_ != nullptr) observer_->step_done(verdict_.steps.back());
  }

  void refuse(ConsentReason reason, std::string text, LookupStatus status = LookupStatus::ok,
              SecurityFault fault = SecurityFault::none) {
    if (refusal_ && refusal_->reason >= reason) return;
    refusal_ = Refusal{reason, std::move(text), status, fault};
  }

  std::string publish(const std::string& owner) const {
    return "its owner may publish " + owner + ". TXT \"" + record_ + "\"";
  }

  ConsentVerdict conclude() {
    verdict_.ttl =
        std::clamp(granted_ ? path_ttl_ : any_ttl_, k_least_consent_ttl, k_most_consent_ttl);
    if (granted_) {
      verdict_.reason = ConsentReason::granted;
      verdict_.text = "granted by the TXT record at " + *granted_;
      return std::move(verdict_);
    }
    if (any_failed_ || is_spent_) verdict_.ttl = std::min(verdict_.ttl, k_failed_consent_ttl);
    if (budget_.lacks_descriptor()) verdict_.ttl = seconds::zero();
    verdict_.reason = refusal_->reason;
    verdict_.text = std::move(refusal_->text);
    verdict_.status = refusal_->status;
    verdict_.fault = refusal_->fault;
    return std::move(verdict_);
  }

  const Address& target_;
  std::uint16_t port_;
  std::string_view served_by_;
  Lookup& lookup_;
  ConsentMode mode_;
  const ConsentLimits& limits_;
  StepObserver* observer_;
  Budget budget_;

  std::string record_;                  // that would grant
  ConsentStep step_{};                  // under way while its question is not empty
  std::optional<std::string> granted_;  // where the granting record stands
  std::optional<Refusal> refusal_;
  bool any_failed_ = false;
  bool is_spent_ = false;              // time or queries: ask no more
  seconds any_ttl_ = seconds::max();   // the least of all answers: what a refusal rests on
  seconds path_ttl_ = seconds::max();  // the least on the way to the grant
  seconds forward_ttl_ = seconds::max();
  ConsentVerdict verdict_{};
};

}  // namespace

std::string_view name_of(ConsentReason reason) {
  switch (reason) {
    case ConsentReason::granted: return "granted";
    case ConsentReason::bad_served_by: return "bad-served-by";
    case ConsentReason::no_reverse_name: return "no-reverse-name";
    case ConsentReason::bad_reverse_name: return "bad-reverse-name";
    case ConsentReason::no_forward_address: return "no-forward-address";
    case ConsentReason::other_forward_address: return "other-forward-address";
    case ConsentReason::no_record: return "no-record";
    case ConsentReason::nothing_granted: return "nothing-granted";
    case ConsentReason::not_in_one_record: return "not-in-one-record";
    case ConsentReason::port_not_granted: return "port-not-granted";
    case ConsentReason::host_not_granted: return "host-not-granted";
    case ConsentReason::bad_record: return "bad-record";
    case ConsentReason::lookup_failed: return "lookup-failed";
    case ConsentReason::not_validated: return "not-validated";
    case ConsentReason::out_of_time: return "out-of-time";
    case ConsentReason::too_many_queries: return "too-many-queries";
    case ConsentReason::no_descriptor: return "no-descriptor";
  }
  return "?";
}

ConsentVerdict judge_consent(const Address& target, std::uint16_t port, std::string_view served_by,
                             Lookup& lookup, ConsentMode mode, const ConsentLimits& limits,
                             StepObserver* observer) {
  return Judgement(target, port, served_by, lookup, mode, limits, observer).judge();
}

}  // namespace policy
