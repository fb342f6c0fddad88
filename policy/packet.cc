// SPDX-License-Identifier: Apache-2.0
#include "policy/packet.hh"

#include <algorithm>

namespace policy {
namespace {

constexpr std::size_t k_header_size = 12;
constexpr std::uint8_t k_truncated = 0x02;  // TC, in the third octet (RFC 1035 4.1.1)
constexpr std::uint32_t k_ttl_sign_bit = 0x80000000u;
constexpr std::size_t k_soa_minimum_field = 6;
constexpr std::uint16_t k_extended_error_option = 15;

RdfPtr parse_name(const std::string& text) {
  return RdfPtr(ldns_dname_new_frm_str((text + ".").c_str()));
}

std::uint16_t read_16(std::span<const std::uint8_t> octets, std::size_t at) {
  return static_cast<std::uint16_t>(octets[at] << 8u | octets[at + 1]);
}

std::span<const std::uint8_t> octets_of(std::span<const std::byte> message) {
  return {reinterpret_cast<const std::uint8_t*>(message.data()), message.size()};
}

// Owner and class of a record are what a question asked.
bool belongs_to(const ldns_rr* record, const ldns_rdf* owner) {
  return ldns_rr_get_class(record) == LDNS_RR_CLASS_IN &&
         ldns_dname_compare(ldns_rr_owner(record), owner) == 0;
}

template <typename Wanted>
RrListView select(const ldns_rr_list* section, const ldns_rdf* owner, Wanted&& wanted) {
  RrListView found(ldns_rr_list_new());
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(section); ++i) {
    ldns_rr* record = ldns_rr_list_rr(section, i);
    if (belongs_to(record, owner) && wanted(record)) ldns_rr_list_push_rr(found.get(), record);
  }
  return found;
}

}  // namespace

std::string name_text(const ldns_rdf* name) {
  const Handle<char, std::free> text(ldns_rdf2str(name));
  if (!text) return {};
  std::string lower = text.get();
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (lower.ends_with('.')) lower.pop_back();
  return lower;
}

std::optional<std::vector<std::byte>> encode_question(const Question& question, std::uint16_t id) {
  RdfPtr name = parse_name(question.name);
  if (!name) return std::nullopt;
  const std::uint16_t flags = static_cast<std::uint16_t>(
      LDNS_RD | (question.dnssec_ok ? LDNS_AD : 0) | (question.checking_disabled ? LDNS_CD : 0));
  const PacketPtr packet(ldns_pkt_query_new(
      name.release(), static_cast<ldns_rr_type>(question.type), LDNS_RR_CLASS_IN, flags));
  if (!packet) return std::nullopt;
  ldns_pkt_set_id(packet.get(), id);
  ldns_pkt_set_edns_udp_size(packet.get(), k_edns_size);
  ldns_pkt_set_edns_do(packet.get(), question.dnssec_ok);

  std::uint8_t* wire = nullptr;
  std::size_t size = 0;
  if (ldns_pkt2wire(&wire, packet.get(), &size) != LDNS_STATUS_OK) return std::nullopt;
  const Handle<std::uint8_t, std::free> owned(wire);
  const auto octets = std::as_bytes(std::span(wire, size));
  return std::vector<std::byte>(octets.begin(), octets.end());
}

tl::expected<PacketPtr, ReplyFault> decode_reply(std::span<const std::byte> message,
                                                 const Question& question, std::uint16_t id) {
  const auto octets = octets_of(message);
  if (octets.size() < k_header_size || read_16(octets, 0) != id) {
    return tl::make_unexpected(ReplyFault::not_ours);
  }
  // Counted before anything is allocated for them.
  const unsigned found = read_16(octets, 6) + 0u + read_16(octets, 8);
  const unsigned records = found + read_16(octets, 10);
  const unsigned questions = read_16(octets, 4);
  const bool is_bare = questions == 0 && found == 0;
  if (questions != 1 && !is_bare) return tl::make_unexpected(ReplyFault::malformed);
  if (records > k_max_records) return tl::make_unexpected(ReplyFault::too_large);

  std::vector<std::uint8_t> readable(octets.begin(), octets.end());
  if (readable[2] & k_truncated) {
    // It is asked again over TCP, and may be cut anywhere behind the question.
    std::fill_n(readable.begin() + 6, 6, std::uint8_t{0});
  }
  ldns_pkt* parsed = nullptr;
  if (ldns_wire2pkt(&parsed, readable.data(), readable.size()) != LDNS_STATUS_OK) {
    return tl::make_unexpected(ReplyFault::malformed);
  }
  PacketPtr packet(parsed);
  if (is_bare) {
    const bool is_refusal = ldns_pkt_qr(parsed) && !ldns_pkt_tc(parsed) && !is_of_use(parsed);
    if (is_refusal) return packet;
    return tl::make_unexpected(ReplyFault::malformed);
  }
  const RdfPtr name = parse_name(question.name);
  const ldns_rr* asked = ldns_rr_list_rr(ldns_pkt_question(parsed), 0);
  if (!name || !ldns_pkt_qr(parsed) || ldns_pkt_get_opcode(parsed) != LDNS_PACKET_QUERY ||
      !belongs_to(asked, name.get()) ||
      ldns_rr_get_type(asked) != static_cast<ldns_rr_type>(question.type)) {
    return tl::make_unexpected(ReplyFault::not_ours);
  }
  return packet;
}

bool is_of_use(const ldns_pkt* packet) {
  const auto rcode = ldns_pkt_get_rcode(packet);
  return rcode == LDNS_RCODE_NOERROR || rcode == LDNS_RCODE_NXDOMAIN;
}

RrListView select_records(const ldns_rr_list* section, const ldns_rdf* owner, ldns_rr_type type) {
  // A record of too few fields is passed over; ldns lets it through.
  const auto fields = ldns_rr_descriptor_minimum(ldns_rr_descript(static_cast<uint16_t>(type)));
  return select(section, owner, [&](const ldns_rr* record) {
    return ldns_rr_get_type(record) == type && ldns_rr_rd_count(record) >= fields;
  });
}

RrListView select_signatures(const ldns_rr_list* section, const ldns_rdf* owner,
                             ldns_rr_type type) {
  return select(section, owner, [type](const ldns_rr* record) {
    const bool whole =
        ldns_rr_get_type(record) == LDNS_RR_TYPE_RRSIG && ldns_rr_rd_count(record) == 9;
    return whole && ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(record)) == type;
  });
}

std::size_t count_of(const RrListView& records) { return ldns_rr_list_rr_count(records.get()); }

std::chrono::seconds ttl_of(const ldns_rr* record) {
  const std::uint32_t ttl = ldns_rr_ttl(record);
  return std::chrono::seconds(ttl & k_ttl_sign_bit ? 0u : ttl);
}

std::chrono::seconds least_ttl(const RrListView& records) {
  auto least = std::chrono::seconds::max();
  for (std::size_t i = 0; i < count_of(records); ++i) {
    least = std::min(least, ttl_of(ldns_rr_list_rr(records.get(), i)));
  }
  return least;
}

const ldns_rr* find_soa(const ldns_pkt* packet) {
  const ldns_rr_list* authority = ldns_pkt_authority(packet);
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(authority); ++i) {
    const ldns_rr* record = ldns_rr_list_rr(authority, i);
    if (ldns_rr_get_type(record) == LDNS_RR_TYPE_SOA && ldns_rr_rd_count(record) == 7) {
      return record;
    }
  }
  return nullptr;
}

std::chrono::seconds negative_ttl(const ldns_pkt* packet) {
  const ldns_rr* soa = find_soa(packet);
  if (soa == nullptr) return std::chrono::seconds(0);
  const std::uint32_t minimum = ldns_rdf2native_int32(ldns_rr_rdf(soa, k_soa_minimum_field));
  const auto bounded = std::chrono::seconds(minimum & k_ttl_sign_bit ? 0u : minimum);
  return std::min(ttl_of(soa), bounded);
}

std::optional<std::uint16_t> extended_error(const ldns_pkt* packet) {
  const ldns_rdf* data = ldns_pkt_edns_data(packet);
  if (data == nullptr) return std::nullopt;
  // OPTION-CODE, OPTION-LENGTH, data, one after the other (RFC 6891 6.1.2).
  std::span<const std::uint8_t> rest(ldns_rdf_data(data), ldns_rdf_size(data));
  while (rest.size() >= 4) {
    const std::uint16_t code = read_16(rest, 0);
    const std::size_t length = read_16(rest, 2);
    if (rest.size() - 4 < length) return std::nullopt;
    if (code == k_extended_error_option && length >= 2) return read_16(rest, 4);
    rest = rest.subspan(4 + length);
  }
  return std::nullopt;
}

}  // namespace policy
