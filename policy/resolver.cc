// SPDX-License-Identifier: Apache-2.0
#include "policy/resolver.hh"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "policy/packet.hh"
#include "policy/signature.hh"

namespace policy {
namespace {

using std::chrono::seconds;

LookupStatus status_of(ExchangeFault fault) {
  switch (fault) {
    case ExchangeFault::timed_out: return LookupStatus::timed_out;
    case ExchangeFault::unreachable: return LookupStatus::unreachable;
    case ExchangeFault::malformed: return LookupStatus::malformed;
    case ExchangeFault::too_large: return LookupStatus::too_large;
    case ExchangeFault::no_tcp: return LookupStatus::no_tcp;
    case ExchangeFault::over_budget: return LookupStatus::over_budget;
    case ExchangeFault::no_descriptor: return LookupStatus::no_descriptor;
    case ExchangeFault::bad_name: return LookupStatus::malformed;
  }
  return LookupStatus::malformed;
}

Answer failed(LookupStatus status, std::string detail = {}) {
  Answer answer;
  answer.status = status;
  answer.detail = std::move(detail);
  return answer;
}

Answer not_validated(ChainFault fault) {
  Answer answer = failed(LookupStatus::not_validated, std::move(fault.detail));
  answer.fault = fault.kind;
  switch (fault.kind) {
    case SecurityFault::bogus:
    case SecurityFault::expired:
    case SecurityFault::not_yet_valid: answer.security = Security::bogus; break;
    case SecurityFault::unsigned_zone: answer.security = Security::insecure; break;
    default: break;
  }
  return answer;
}

// What a validating resolver says of its SERVFAIL (RFC 8914 4).
SecurityFault fault_of_extended_error(std::uint16_t code) {
  switch (code) {
    case 1:  // unsupported DNSKEY algorithm
    case 2:  // unsupported DS digest type
      return SecurityFault::unsupported;
    case 5:   // DNSSEC indeterminate
    case 6:   // DNSSEC bogus
    case 9:   // DNSKEY missing
    case 10:  // RRSIGs missing
    case 11:  // no zone key bit set
    case 12:  // NSEC missing
      return SecurityFault::bogus;
    case 7: return SecurityFault::expired;
    case 8: return SecurityFault::not_yet_valid;
    default: return SecurityFault::none;
  }
}

// What is plainly wrong with the signatures of an answer that somebody else found bogus.
SecurityFault fault_in_view(const ldns_pkt* packet) {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  const ldns_rr_list* answer = ldns_pkt_answer(packet);
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(answer); ++i) {
    const ldns_rr* first = ldns_rr_list_rr(answer, i);
    const auto type = ldns_rr_get_type(first);
    const auto records = select_records(answer, ldns_rr_owner(first), type);
    const auto signatures = select_signatures(answer, ldns_rr_owner(first), type);
    if (count_of(records) == 0 || count_of(signatures) == 0) continue;
    const auto shape = check_shape(records.get(), ldns_rr_list_rr(signatures.get(), 0), now);
    if (!shape && shape.error().kind != SecurityFault::wildcard) return shape.error().kind;
  }
  return SecurityFault::bogus;
}

std::span<const std::uint8_t> octets_of(const ldns_rdf* field) {
  return {ldns_rdf_data(field), ldns_rdf_size(field)};
}

template <std::size_t size>
std::optional<std::array<std::uint8_t, size>> exactly(std::span<const std::uint8_t> octets) {
  if (octets.size() != size) return std::nullopt;
  std::array<std::uint8_t, size> copy;
  std::ranges::copy(octets, copy.begin());
  return copy;
}

// RFC 1035 3.3.14: each string behind its length.
Text join_strings(const ldns_rr* record) {
  Text text;
  for (std::size_t i = 0; i < ldns_rr_rd_count(record); ++i) {
    const auto octets = octets_of(ldns_rr_rdf(record, i));
    if (octets.empty()) continue;
    text.joined.append(octets.begin() + 1, octets.end());
  }
  return text;
}

std::optional<Record> typed(const ldns_rr* record) {
  const ldns_rdf* first = ldns_rr_rdf(record, 0);
  switch (ldns_rr_get_type(record)) {
    case LDNS_RR_TYPE_A:
      if (const auto octets = exactly<4>(octets_of(first))) return Address::v4(*octets);
      return std::nullopt;
    case LDNS_RR_TYPE_AAAA:
      if (const auto octets = exactly<16>(octets_of(first))) return Address::v6(*octets);
      return std::nullopt;
    case LDNS_RR_TYPE_PTR: return HostPointer{name_text(first)};
    case LDNS_RR_TYPE_TXT: return join_strings(record);
    default: return std::nullopt;
  }
}

// The servers make such an alias up and sign the DNAME alone, which a validator has to derive it
// from (RFC 6672 5.3). Whether that signature is good is not known here, so this says no more than
// where to look.
bool is_below_signed_dname(const ldns_pkt* packet, const ldns_rdf* alias) {
  const ldns_rr_list* answer = ldns_pkt_answer(packet);
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(answer); ++i) {
    const ldns_rr* record = ldns_rr_list_rr(answer, i);
    const ldns_rdf* owner = ldns_rr_owner(record);
    if (ldns_rr_get_type(record) == LDNS_RR_TYPE_DNAME && ldns_dname_is_subdomain(alias, owner) &&
        count_of(select_signatures(answer, owner, LDNS_RR_TYPE_DNAME)) > 0) {
      return true;
    }
  }
  return false;
}

// The first of an answer's records that has no signature beside it: "A irc.example.org".
std::optional<std::string> first_unsigned(const ldns_pkt* packet) {
  const ldns_rr_list* answer = ldns_pkt_answer(packet);
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(answer); ++i) {
    const ldns_rr* record = ldns_rr_list_rr(answer, i);
    const ldns_rdf* owner = ldns_rr_owner(record);
    const auto type = ldns_rr_get_type(record);
    if (type == LDNS_RR_TYPE_RRSIG || count_of(select_signatures(answer, owner, type)) > 0)
      continue;
    if (type == LDNS_RR_TYPE_CNAME && is_below_signed_dname(packet, owner)) continue;
    const Handle<char, std::free> shown_type(ldns_rr_type2str(type));
    return std::string(shown_type.get()) + " " + name_text(owner);
  }
  return std::nullopt;
}

bool is_referral(const ldns_pkt* packet) {
  const ldns_rr_list* authority = ldns_pkt_authority(packet);
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(authority); ++i) {
    if (ldns_rr_get_type(ldns_rr_list_rr(authority, i)) == LDNS_RR_TYPE_NS) return true;
  }
  return false;
}

}  // namespace

Resolver::Resolver(Exchange& exchange, Validation validation)
    : exchange_(exchange), validation_(validation) {}

Resolver::Resolver(Exchange& exchange, const TrustAnchors& anchors, Validator::TimePoint now)
    : exchange_(exchange),
      validation_(Validation::by_chain),
      validator_(std::in_place, anchors, exchange, now) {}

Answer Resolver::query(const std::string& name, RecordType type, Budget& budget) {
  Answer answer;
  answer.ttl = seconds::max();
  Question question{name, type, validation_ != Validation::off,
                    validation_ == Validation::by_chain};
  // Each round asks for the end of the aliases that the round before led to. A recursive resolver
  // gives all of them and the records at once, so there is rarely a second one.
  for (;;) {
    const auto reply = exchange_.ask(question, budget);
    if (!reply) return failed(status_of(reply.error()));
    const ldns_pkt* packet = reply->packet.get();
    if (validation_ == Validation::by_resolver && !reply->server.address.is_loopback()) {
      return not_validated({SecurityFault::untrusted_resolver, reply->server.to_string()});
    }
    if (!is_of_use(packet)) return explain_failure(*reply, question, budget);
    const auto rcode = ldns_pkt_get_rcode(packet);

    RdfPtr owner(ldns_rdf_clone(ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(packet), 0))));
    bool moved = false;
    for (;;) {
      const auto alias = select_records(ldns_pkt_answer(packet), owner.get(), LDNS_RR_TYPE_CNAME);
      if (count_of(alias) == 0) break;
      if (count_of(alias) > 1) return failed(LookupStatus::malformed, "several CNAME records");
      auto kept = validate(*reply, question, alias, budget);
      if (!kept && kept.error().kind == SecurityFault::bogus &&
          is_below_signed_dname(packet, owner.get())) {
        kept.error() = {SecurityFault::dname, "CNAME " + name_text(owner.get())};
      }
      if (!kept) return not_validated(kept.error());
      answer.ttl = std::min({answer.ttl, least_ttl(alias), *kept});

      owner.reset(ldns_rdf_clone(ldns_rr_rdf(ldns_rr_list_rr(alias.get(), 0), 0)));
      auto target = name_text(owner.get());
      const bool is_loop = target == name || std::ranges::count(answer.aliases, target) > 0;
      if (is_loop || answer.aliases.size() == k_max_aliases) {
        return failed(LookupStatus::cname_loop, name + " to " + target);
      }
      answer.aliases.push_back(std::move(target));
      moved = true;
    }

    const auto records =
        select_records(ldns_pkt_answer(packet), owner.get(), static_cast<ldns_rr_type>(type));
    if (count_of(records) > 0) {
      const auto kept = validate(*reply, question, records, budget);
      if (!kept) return not_validated(kept.error());
      answer.ttl = std::min({answer.ttl, least_ttl(records), *kept});
      answer.status = LookupStatus::ok;
      if (validation_ != Validation::off) answer.security = Security::secure;
      for (std::size_t i = 0; i < count_of(records); ++i) {
        auto record = typed(ldns_rr_list_rr(records.get(), i));
        if (!record) return failed(LookupStatus::malformed, "a record of the wrong size");
        answer.records.push_back(std::move(*record));
      }
      return answer;
    }

    const bool is_final = rcode == LDNS_RCODE_NXDOMAIN || find_soa(packet) != nullptr;
    if (moved && !is_final) {
      question.name = answer.aliases.back();
      continue;
    }
    if (!is_final && is_referral(packet)) {
      return failed(LookupStatus::lame, reply->server.to_string());
    }
    answer.status =
        rcode == LDNS_RCODE_NXDOMAIN ? LookupStatus::no_such_name : LookupStatus::no_data;
    answer.ttl = std::min(answer.ttl, negative_ttl(packet));
    return answer;
  }
}

tl::expected<seconds, ChainFault> Resolver::validate(const Reply& reply, const Question& question,
                                                     const RrListView& records, Budget& budget) {
  if (validation_ == Validation::off) return seconds::max();
  const ldns_pkt* packet = reply.packet.get();
  if (validation_ == Validation::by_resolver) {
    if (ldns_pkt_ad(packet)) return seconds::max();
    return tl::make_unexpected(explain_no_word(reply, question, budget));
  }
  const ldns_rr* first = ldns_rr_list_rr(records.get(), 0);
  const auto signatures =
      select_signatures(ldns_pkt_answer(packet), ldns_rr_owner(first), ldns_rr_get_type(first));
  return validator_->validate(records.get(), signatures.get(), budget);
}

// What comes when nobody checks it; null where nothing does.
PacketPtr Resolver::ask_unchecked(Question question, Budget& budget) {
  question.checking_disabled = true;
  auto reply = exchange_.ask(question, budget);
  if (!reply || ldns_pkt_get_rcode(reply->packet.get()) != LDNS_RCODE_NOERROR) return nullptr;
  return std::move(reply->packet);
}

// An answer came without the AD bit, which is about all of it (RFC 4035 3.2.3).
ChainFault Resolver::explain_no_word(const Reply& reply, const Question& question, Budget& budget) {
  const auto server = reply.server.to_string();
  const auto record = first_unsigned(reply.packet.get());
  bool is_signed = !record;
  if (record) {
    // A resolver that does not validate may keep signatures to itself, unless it is asked for what
    // is not checked: systemd-resolved does.
    const auto unchecked = ask_unchecked(question, budget);
    is_signed =
        unchecked && ldns_pkt_ancount(unchecked.get()) > 0 && !first_unsigned(unchecked.get());
  }
  if (is_signed) {
    return {SecurityFault::not_vouched_for,
            "it is signed, but " + server + " does not set the AD bit"};
  }
  const auto heard = *record + " came without a signature, and without the AD bit, from " + server;
  return {SecurityFault::unsigned_zone, heard + ", which must be a validating resolver"};
}

Answer Resolver::explain_failure(const Reply& reply, const Question& question, Budget& budget) {
  const auto rcode = ldns_pkt_get_rcode(reply.packet.get());
  const auto extended = extended_error(reply.packet.get());
  auto detail = reply.server.to_string() + " said RCODE " + std::to_string(static_cast<int>(rcode));
  if (extended) detail += ", extended error " + std::to_string(*extended);
  if (rcode != LDNS_RCODE_SERVFAIL) return failed(LookupStatus::refused, std::move(detail));

  if (validation_ == Validation::by_resolver) {
    auto fault = fault_of_extended_error(extended.value_or(0));
    if (fault == SecurityFault::none || fault == SecurityFault::bogus) {
      // Many resolvers say no more than that. An answer that comes when nobody checks it does.
      const auto unchecked = ask_unchecked(question, budget);
      if (unchecked) fault = fault_in_view(unchecked.get());
    }
    if (fault != SecurityFault::none) return not_validated({fault, std::move(detail)});
  }
  return failed(LookupStatus::server_failure, std::move(detail));
}

}  // namespace policy
