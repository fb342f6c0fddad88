// SPDX-License-Identifier: Apache-2.0
//
// DNS messages: a question to octets, octets to an answer that is known to be one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "policy/ldns_handles.hh"
#include "policy/lookup.hh"

namespace policy {

struct Question {
  std::string name;  ///< escaped text without a trailing dot; "" is the root
  RecordType type;
  bool dnssec_ok = false;          ///< DO and AD: signatures, and the resolver's own verdict
  bool checking_disabled = false;  ///< CD: we validate, the resolver need not (RFC 6840 5.9)
};

/// A datagram that is not cut by any path in use (DNS flag day 2020).
inline constexpr std::uint16_t k_edns_size = 1232;
/// Far above any answer that is of use here. Stops a large answer over TCP from costing thousands
/// of allocations.
inline constexpr unsigned k_max_records = 256;

/// Nothing where the name is no DNS name.
std::optional<std::vector<std::byte>> encode_question(const Question& question, std::uint16_t id);

enum class ReplyFault {
  not_ours,  ///< another id or question, or no reply at all: not from the server asked, or late
  malformed,
  too_large,  ///< more than k_max_records
};

/// Takes a message apart; its id and question must be those asked (RFC 5452 9.1). Of a truncated
/// message (TC) only the question is read. A refusal without a question is known by its id alone:
/// who could not read the query has none to repeat.
tl::expected<PacketPtr, ReplyFault> decode_reply(std::span<const std::byte> message,
                                                 const Question& question, std::uint16_t id);

/// Says what there is, or that there is nothing: no refusal, no failure.
bool is_of_use(const ldns_pkt* packet);
/// The records of a section with this owner, type and class IN; they stay the packet's.
RrListView select_records(const ldns_rr_list* section, const ldns_rdf* owner, ldns_rr_type type);
/// The RRSIG records of a section with this owner that cover the type; they stay the packet's.
RrListView select_signatures(const ldns_rr_list* section, const ldns_rdf* owner, ldns_rr_type type);

std::size_t count_of(const RrListView& records);
/// A record's TTL; what has its top bit set is 0 (RFC 2181 8).
std::chrono::seconds ttl_of(const ldns_rr* record);
/// The least of them all.
std::chrono::seconds least_ttl(const RrListView& records);
/// The SOA record of the authority section, or null.
const ldns_rr* find_soa(const ldns_pkt* packet);
/// How long a negative answer may be kept: min(SOA's TTL, SOA's MINIMUM), 0 without (RFC 2308 5).
std::chrono::seconds negative_ttl(const ldns_pkt* packet);
/// The first extended error that a reply carries (RFC 8914).
std::optional<std::uint16_t> extended_error(const ldns_pkt* packet);

}  // namespace policy
