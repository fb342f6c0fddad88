// SPDX-License-Identifier: Apache-2.0
#include "policy/denial.hh"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "policy/ascii.hh"

namespace policy {
namespace {

constexpr std::uint16_t k_max_iterations = 150;  // more is not worth its cost (RFC 9276 3.2)
constexpr std::uint8_t k_opt_out = 0x01;
constexpr std::uint8_t k_sha1 = 1;  // the only NSEC3 hash there is

// RFC 4034 4.1.2: window number, length, then a bit for each type. Our own, as ldns 1.8.3's reads
// the length of a window that is not there.
bool lists_type(const ldns_rdf* bitmap, ldns_rr_type type) {
  if (bitmap == nullptr) return false;
  std::span<const std::uint8_t> rest(ldns_rdf_data(bitmap), ldns_rdf_size(bitmap));
  const auto wanted = static_cast<unsigned>(type);
  while (rest.size() >= 2 && rest.size() - 2 >= rest[1]) {
    const std::size_t octet = (wanted & 0xffu) / 8;
    if (rest[0] == wanted >> 8u && octet < rest[1]) {
      return (rest[2 + octet] & (0x80u >> (wanted % 8))) != 0;
    }
    rest = rest.subspan(2u + rest[1]);
  }
  return false;
}

bool is_unsigned_delegation(const ldns_rdf* bitmap) {
  return lists_type(bitmap, LDNS_RR_TYPE_NS) && !lists_type(bitmap, LDNS_RR_TYPE_DS) &&
         !lists_type(bitmap, LDNS_RR_TYPE_SOA);
}

std::string first_label(const ldns_rdf* name) {
  const RdfPtr label(name == nullptr ? nullptr : ldns_dname_label(name, 0));
  return label ? name_text(label.get()) : std::string{};
}

// Base32hex without padding, in lower case: its order is that of the hashes (RFC 5155 1.3).
std::string next_hash(const ldns_rr* denial) {
  const Handle<char, std::free> text(ldns_rdf2str(ldns_nsec3_next_owner(denial)));
  return text ? ascii::lowered(text.get()) : std::string{};
}

bool denies_by_hash(const ldns_rr* denial, const ldns_rdf* zone) {
  const RdfPtr hashed(ldns_nsec3_hash_name_frm_nsec3(denial, zone));
  const auto hash = first_label(hashed.get());
  const auto owner = first_label(ldns_rr_owner(denial));
  if (hash.empty() || owner.empty()) return false;
  if (hash == owner) return is_unsigned_delegation(ldns_nsec3_bitmap(denial));

  const auto next = next_hash(denial);
  const bool wraps = next <= owner;  // the zone's last record points to its first
  const bool covered = wraps ? hash > owner || hash < next : hash > owner && hash < next;
  return (ldns_nsec3_flags(denial) & k_opt_out) != 0 && covered;
}

}  // namespace

Denial denies_delegation_signer(const ldns_rr* denial, const ldns_rdf* zone) {
  const auto type = ldns_rr_get_type(denial);
  bool denies = false;
  if (type == LDNS_RR_TYPE_NSEC && ldns_rr_rd_count(denial) == 2) {
    denies = ldns_dname_compare(ldns_rr_owner(denial), zone) == 0 &&
             is_unsigned_delegation(ldns_rr_rdf(denial, 1));
  } else if (type == LDNS_RR_TYPE_NSEC3 && ldns_rr_rd_count(denial) == 6 &&
             ldns_nsec3_algorithm(denial) == k_sha1) {
    if (ldns_nsec3_iterations(denial) > k_max_iterations) return Denial::too_dear;
    denies = denies_by_hash(denial, zone);
  }
  return denies ? Denial::shown : Denial::none;
}

}  // namespace policy
