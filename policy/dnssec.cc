// SPDX-License-Identifier: Apache-2.0
#include "policy/dnssec.hh"

#include <algorithm>
#include <utility>

#include "policy/denial.hh"
#include "policy/packet.hh"
#include "policy/signature.hh"

namespace policy {
namespace {

using std::chrono::seconds;

// Honest RRsets carry one or two, a few during a roll of algorithms. These stop a zone's owner from
// having us work through hundreds (CVE-2023-50387).
constexpr std::size_t k_max_signatures = 8;
constexpr std::size_t k_max_keys = 16;
// Of NSEC and NSEC3 records: an honest denial has three at most, for the closest encloser, the next
// closer name and the wildcard (RFC 5155 7.2). Stops many that are dear to hash (CVE-2023-50868).
constexpr std::size_t k_max_denials = 4;

std::string shown(const ldns_rdf* name) {
  auto text = name_text(name);
  return text.empty() ? "." : text;
}

std::string no_ds_text(const ldns_rdf* zone) {
  return shown(zone) + " is delegated without a DS record";
}

std::string too_dear_text(const ldns_rdf* zone) {
  return "what is proven of the DS record of " + shown(zone) +
         " takes so many iterations of NSEC3 that it counts as unsigned (RFC 9276)";
}

tl::unexpected<ChainFault> refuse(SecurityFault kind, std::string detail) {
  return tl::make_unexpected(ChainFault{kind, std::move(detail)});
}

// Of several signatures that were refused, the reason that tells most: that one is out of date says
// more than that another's key is unknown.
unsigned weight(SecurityFault fault) {
  switch (fault) {
    case SecurityFault::too_much_work: return 5;
    case SecurityFault::expired: return 4;
    case SecurityFault::not_yet_valid: return 3;
    case SecurityFault::bogus: return 1;
    default: return 2;
  }
}

bool is_same(const ldns_rdf* left, const ldns_rdf* right) {
  return ldns_dname_compare(left, right) == 0;
}

RrListPtr clone(const RrListView& records) { return RrListPtr(ldns_rr_list_clone(records.get())); }

std::string_view text_of(ExchangeFault fault) {
  switch (fault) {
    case ExchangeFault::timed_out: return "no answer in time";
    case ExchangeFault::unreachable: return "the resolver is unreachable";
    case ExchangeFault::malformed: return "a malformed answer";
    case ExchangeFault::too_large: return "an answer of too many records";
    case ExchangeFault::no_tcp: return "an answer too long for UDP, and none over TCP";
    case ExchangeFault::over_budget: return "too many queries";
    case ExchangeFault::no_descriptor: return "there is no descriptor left";
    case ExchangeFault::bad_name: return "no DNS name";
  }
  return "?";
}

}  // namespace

Validator::Validator(const TrustAnchors& anchors, Exchange& exchange, TimePoint now)
    : anchors_(anchors), exchange_(exchange), now_(std::chrono::system_clock::to_time_t(now)) {}

tl::expected<seconds, ChainFault> Validator::validate(const ldns_rr_list* records,
                                                      const ldns_rr_list* signatures,
                                                      Budget& budget) {
  const ldns_rdf* owner = ldns_rr_owner(ldns_rr_list_rr(records, 0));
  if (count_of(anchors_.closest(owner)) == 0) {
    return refuse(SecurityFault::no_anchor, shown(owner));
  }
  const auto count = ldns_rr_list_rr_count(signatures);
  if (count == 0) return tl::make_unexpected(why_unsigned(owner, budget));

  std::optional<ChainFault> worst;
  for (std::size_t i = 0; i < std::min(count, k_max_signatures); ++i) {
    auto result = check_signature(records, ldns_rr_list_rr(signatures, i), budget);
    if (result) return result;
    if (!worst || weight(result.error().kind) > weight(worst->kind)) {
      worst = std::move(result.error());
    }
  }
  return tl::make_unexpected(std::move(*worst));
}

Validator::Result<seconds> Validator::check_signature(const ldns_rr_list* records,
                                                      const ldns_rr* signature, Budget& budget) {
  const ldns_rr* first = ldns_rr_list_rr(records, 0);
  const ldns_rdf* owner = ldns_rr_owner(first);
  const ldns_rdf* signer = ldns_rr_rrsig_signame(signature);
  if (const auto shape = check_shape(records, signature, now_); !shape) {
    return tl::make_unexpected(shape.error());
  }
  // The signer is the zone that holds the name (RFC 4035 5.3.1), which for a DS is the one above;
  // and never a zone above the nearest anchor, which would make that anchor worthless.
  const auto anchors = anchors_.closest(owner);
  const bool from_above = ldns_rr_get_type(first) == LDNS_RR_TYPE_DS && is_same(signer, owner);
  if (from_above || !is_at_or_below(owner, signer) ||
      !is_at_or_below(signer, ldns_rr_owner(ldns_rr_list_rr(anchors.get(), 0)))) {
    return refuse(SecurityFault::bogus, set_text(records) + ": signed by " + shown(signer));
  }
  const auto keys = keys_of(signer, budget);
  if (!keys) return tl::make_unexpected(keys.error());
  const auto kept = check_with_keys(records, signature, keys->records.get(), now_, budget);
  if (!kept) return kept;
  return std::min(*kept, keys->kept);
}

// Ends: a zone's keys are asked for by its DS records, whose signer is strictly above it.
Validator::Result<Validator::Link> Validator::keys_of(const ldns_rdf* zone, Budget& budget) {
  const auto name = name_text(zone);
  // What stands there meanwhile is for a zone whose delegation is vouched for by its own keys.
  const auto [known, is_new] =
      keys_.try_emplace(name, refuse(SecurityFault::bogus, shown(zone) + " vouches for itself"));
  if (is_new) known->second = fetch_keys(zone, budget);
  return known->second;
}

Validator::Result<Validator::Link> Validator::fetch_keys(const ldns_rdf* zone, Budget& budget) {
  const auto anchors = anchors_.closest(zone);
  if (count_of(anchors) == 0) return refuse(SecurityFault::no_anchor, shown(zone));
  Link trusted{nullptr, seconds::max()};
  if (is_same(ldns_rr_owner(ldns_rr_list_rr(anchors.get(), 0)), zone)) {
    trusted.records = clone(anchors);
  } else {
    auto delegation = fetch_delegation(zone, budget);
    if (!delegation) return tl::make_unexpected(std::move(delegation.error()));
    trusted = std::move(*delegation);
  }

  const auto packet = fetch(zone, RecordType::dnskey, budget);
  if (!packet) return tl::make_unexpected(packet.error());
  const ldns_rr_list* answer = ldns_pkt_answer(packet->get());
  const auto keys = select_records(answer, zone, LDNS_RR_TYPE_DNSKEY);
  if (count_of(keys) == 0) {
    return refuse(SecurityFault::bogus, shown(zone) + " has lost its DNSKEY records");
  }
  if (count_of(keys) > k_max_keys) {
    return refuse(SecurityFault::too_much_work, shown(zone) + " has too many keys");
  }
  const auto entry_keys = select_trusted(keys.get(), trusted.records.get(), budget);
  if (!entry_keys) return tl::make_unexpected(entry_keys.error());

  // One of the keys that are trusted vouches for all of them (RFC 4035 5.2).
  ChainFault why{SecurityFault::bogus, set_text(keys.get()) + ": not signed by itself"};
  const auto signatures = select_signatures(answer, zone, LDNS_RR_TYPE_DNSKEY);
  for (std::size_t i = 0; i < std::min(count_of(signatures), k_max_signatures); ++i) {
    const ldns_rr* signature = ldns_rr_list_rr(signatures.get(), i);
    if (!is_same(ldns_rr_rrsig_signame(signature), zone)) continue;
    const auto checked = check_shape(keys.get(), signature, now_).and_then([&] {
      return check_with_keys(keys.get(), signature, entry_keys->get(), now_, budget);
    });
    if (checked) {
      return Link{clone(keys), std::min({*checked, least_ttl(keys), trusted.kept})};
    }
    if (weight(checked.error().kind) >= weight(why.kind)) why = checked.error();
  }
  return tl::make_unexpected(std::move(why));
}

Validator::Result<Validator::Link> Validator::fetch_delegation(const ldns_rdf* zone,
                                                               Budget& budget) {
  const auto packet = fetch(zone, RecordType::ds, budget);
  if (!packet) return tl::make_unexpected(packet.error());
  const ldns_rr_list* answer = ldns_pkt_answer(packet->get());
  const auto records = select_records(answer, zone, LDNS_RR_TYPE_DS);
  if (count_of(records) == 0) {
    if (auto fault = unsigned_delegation(packet->get(), zone, budget)) {
      return tl::make_unexpected(std::move(*fault));
    }
    // Without a proof here there may be one further up, that this is below an unsigned zone.
    auto why = why_unsigned(zone, budget);
    if (why.kind == SecurityFault::bogus) {
      why.detail = no_ds_text(zone) + ", but nothing proves that";
    }
    return tl::make_unexpected(std::move(why));
  }
  if (count_of(records) > k_max_keys) {
    return refuse(SecurityFault::too_much_work, shown(zone) + " has too many DS records");
  }
  const auto signatures = select_signatures(answer, zone, LDNS_RR_TYPE_DS);
  const auto valid = validate(records.get(), signatures.get(), budget);
  if (!valid) return tl::make_unexpected(valid.error());
  return Link{clone(records), std::min(*valid, least_ttl(records))};
}

Validator::Result<PacketPtr> Validator::fetch(const ldns_rdf* name, RecordType type,
                                              Budget& budget) {
  const auto what = std::string(name_of(type)) + " " + shown(name) + ": ";
  auto reply = exchange_.ask({name_text(name), type, true, true}, budget);
  if (!reply) {
    const bool spent = reply.error() == ExchangeFault::over_budget;
    return refuse(spent ? SecurityFault::too_much_work : SecurityFault::chain_unavailable,
                  what + std::string(text_of(reply.error())));
  }
  if (!is_of_use(reply->packet.get())) {
    const auto rcode = ldns_pkt_get_rcode(reply->packet.get());
    return refuse(SecurityFault::chain_unavailable,
                  what + "RCODE " + std::to_string(static_cast<int>(rcode)));
  }
  return std::move(reply->packet);
}

// Records came without signatures, or a zone without DS records: because a zone on the way is
// unsigned, which the zone above it proves, or because somebody took them away. Goes up from zone
// to zone by the SOA records of negative answers, each time asking for the DS records, until one of
// the two is shown.
ChainFault Validator::why_unsigned(const ldns_rdf* name, Budget& budget) {
  const auto stripped = [&](const ldns_rdf* zone) {
    return ChainFault{SecurityFault::bogus,
                      shown(name) + " came without signatures, but " + shown(zone) +
                          " is signed: they are lost there, or the resolver hands none on"};
  };
  const auto anchors = anchors_.closest(name);
  const ldns_rdf* top = ldns_rr_owner(ldns_rr_list_rr(anchors.get(), 0));
  RdfPtr zone(ldns_rdf_clone(name));
  while (!is_same(zone.get(), top) && is_at_or_below(zone.get(), top)) {
    const auto packet = fetch(zone.get(), RecordType::ds, budget);
    if (!packet) return packet.error();
    const ldns_rr_list* answer = ldns_pkt_answer(packet->get());
    const auto delegation = select_records(answer, zone.get(), LDNS_RR_TYPE_DS);
    const auto signatures = select_signatures(answer, zone.get(), LDNS_RR_TYPE_DS);
    // A DS record that nobody signed shows nothing: it may itself stand in an unsigned zone.
    if (count_of(delegation) > 0 && count_of(signatures) > 0) {
      auto valid = validate(delegation.get(), signatures.get(), budget);
      return valid ? stripped(zone.get()) : std::move(valid.error());
    }
    if (auto fault = unsigned_delegation(packet->get(), zone.get(), budget)) {
      return std::move(*fault);
    }
    // Beside an alias it is that of the zone which the alias leads to.
    const bool is_negative = ldns_rr_list_rr_count(answer) == 0;
    const ldns_rr* soa = is_negative ? find_soa(packet->get()) : nullptr;
    const bool leads_up = soa != nullptr && !is_same(ldns_rr_owner(soa), zone.get()) &&
                          is_at_or_below(zone.get(), ldns_rr_owner(soa));
    zone.reset(leads_up ? ldns_rdf_clone(ldns_rr_owner(soa)) : ldns_dname_left_chop(zone.get()));
  }
  return stripped(top);
}

std::optional<ChainFault> Validator::unsigned_delegation(const ldns_pkt* negative,
                                                         const ldns_rdf* zone, Budget& budget) {
  const ldns_rr_list* authority = ldns_pkt_authority(negative);
  std::size_t tried = 0;
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(authority); ++i) {
    const ldns_rr* denial = ldns_rr_list_rr(authority, i);
    const auto type = ldns_rr_get_type(denial);
    if (type != LDNS_RR_TYPE_NSEC && type != LDNS_RR_TYPE_NSEC3) continue;
    // Each counts, whatever comes of it: to know that, an NSEC3 has the name hashed as often as it
    // says, and nobody has checked yet who wrote it.
    if (++tried > k_max_denials) break;
    const auto said = denies_delegation_signer(denial, zone);
    if (said == Denial::none) continue;
    const auto records = select_records(authority, ldns_rr_owner(denial), type);
    const auto signatures = select_signatures(authority, ldns_rr_owner(denial), type);
    // Without signatures there is nothing to check, and validate() would come back here to ask why.
    if (count_of(records) == 0 || count_of(signatures) == 0) continue;
    if (!validate(records.get(), signatures.get(), budget)) continue;
    return ChainFault{SecurityFault::unsigned_zone,
                      said == Denial::shown ? no_ds_text(zone) : too_dear_text(zone)};
  }
  return std::nullopt;
}

}  // namespace policy
