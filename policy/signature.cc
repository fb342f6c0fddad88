// SPDX-License-Identifier: Apache-2.0
#include "policy/signature.hh"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "policy/packet.hh"

namespace policy {
namespace {

using std::chrono::seconds;

constexpr std::uint16_t k_zone_key = 0x0100;  // RFC 4034 2.1.1
constexpr std::uint16_t k_revoked = 0x0080;   // RFC 5011 3
constexpr std::uint8_t k_dnssec_protocol = 3;
// 4096 bits of RSA and its exponent. Stops a zone from having us do arithmetic on 64 KiB numbers.
constexpr std::size_t k_max_key_size = 520;
// Keys that share a tag and an algorithm. In honest zones this is one, after an unlucky roll two.
constexpr unsigned k_max_lookalikes = 4;

unsigned number_8(const ldns_rdf* field) { return ldns_rdf2native_int8(field); }
unsigned number_16(const ldns_rdf* field) { return ldns_rdf2native_int16(field); }
std::uint32_t number_32(const ldns_rdf* field) { return ldns_rdf2native_int32(field); }

unsigned algorithm_of(const ldns_rr* signature) {
  return number_8(ldns_rr_rrsig_algorithm(signature));
}

// Seconds from `from` to `to` in the serial arithmetic of RFC 4034 3.1.5.
std::int32_t elapsed(std::uint32_t from, std::uint32_t to) {
  return static_cast<std::int32_t>(to - from);
}

bool is_usable_key(const ldns_rr* key) {
  const auto flags = number_16(ldns_rr_dnskey_flags(key));
  return (flags & k_zone_key) != 0 && (flags & k_revoked) == 0 &&
         number_8(ldns_rr_dnskey_protocol(key)) == k_dnssec_protocol &&
         ldns_rdf_size(ldns_rr_dnskey_key(key)) <= k_max_key_size;
}

tl::unexpected<ChainFault> fault(SecurityFault kind, std::string detail) {
  return tl::make_unexpected(ChainFault{kind, std::move(detail)});
}

tl::unexpected<ChainFault> too_much_work(std::string_view what) {
  return fault(SecurityFault::too_much_work, "too much to check for " + std::string(what));
}

struct DelegationSigner {
  unsigned tag;
  unsigned algorithm;
  unsigned digest;
};

DelegationSigner read_delegation_signer(const ldns_rr* record) {
  return {number_16(ldns_rr_rdf(record, 0)), number_8(ldns_rr_rdf(record, 1)),
          number_8(ldns_rr_rdf(record, 2))};
}

bool digest_fits(const ldns_rr* key, const ldns_rr* delegation, unsigned digest) {
  // The numbers of ldns_hash are those of the registry.
  const RrPtr computed(ldns_key_rr2ds(key, static_cast<ldns_hash>(digest)));
  return computed &&
         ldns_rdf_compare(ldns_rr_rdf(computed.get(), 3), ldns_rr_rdf(delegation, 3)) == 0;
}

// Not ldns_rr_compare, which calls records equal that it cannot encode.
bool is_same_key(const ldns_rr* left, const ldns_rr* right) {
  for (std::size_t field = 0; field < 4; ++field) {
    if (ldns_rdf_compare(ldns_rr_rdf(left, field), ldns_rr_rdf(right, field)) != 0) return false;
  }
  return true;
}

}  // namespace

bool is_supported_algorithm(unsigned algorithm) {
  constexpr std::array<unsigned, 6> supported{LDNS_RSASHA256,       LDNS_RSASHA512,
                                              LDNS_ECDSAP256SHA256, LDNS_ECDSAP384SHA384,
                                              LDNS_ED25519,         LDNS_ED448};
  return std::ranges::find(supported, algorithm) != supported.end();
}

bool is_supported_digest(unsigned digest) { return digest == LDNS_SHA256 || digest == LDNS_SHA384; }

std::string set_text(const ldns_rr_list* records) {
  const ldns_rr* first = ldns_rr_list_rr(records, 0);
  const Handle<char, std::free> type(ldns_rr_type2str(ldns_rr_get_type(first)));
  const auto name = name_text(ldns_rr_owner(first));
  return std::string(type.get()) + " " + (name.empty() ? "." : name);
}

tl::expected<void, ChainFault> check_shape(const ldns_rr_list* records, const ldns_rr* signature,
                                           std::time_t now) {
  if (!is_supported_algorithm(algorithm_of(signature))) {
    return fault(SecurityFault::unsupported,
                 set_text(records) + ": algorithm " + std::to_string(algorithm_of(signature)));
  }
  // RFC 4035 5.3.1 and 5.3.4. The count leaves the root out.
  const auto signed_labels = number_8(ldns_rr_rrsig_labels(signature));
  const auto labels = ldns_dname_label_count(ldns_rr_owner(ldns_rr_list_rr(records, 0)));
  if (signed_labels > labels) {
    return fault(SecurityFault::bogus, set_text(records) + ": signed for a longer name");
  }
  if (signed_labels < labels) {
    return fault(SecurityFault::wildcard, set_text(records));
  }
  const auto clock = static_cast<std::uint32_t>(now);
  const auto inception = number_32(ldns_rr_rrsig_inception(signature));
  const auto expiration = number_32(ldns_rr_rrsig_expiration(signature));
  const auto signer = ": signed by " + name_text(ldns_rr_rrsig_signame(signature));
  if (elapsed(inception, expiration) < 0) {
    return fault(SecurityFault::bogus, set_text(records) + signer + " to expire before it begins");
  }
  if (elapsed(inception, clock) < 0) {
    return fault(SecurityFault::not_yet_valid, set_text(records) + signer);
  }
  if (elapsed(clock, expiration) < 0) {
    return fault(SecurityFault::expired, set_text(records) + signer);
  }
  return {};
}

tl::expected<seconds, ChainFault> check_with_keys(const ldns_rr_list* records,
                                                  const ldns_rr* signature,
                                                  const ldns_rr_list* keys, std::time_t now,
                                                  Budget& budget) {
  unsigned lookalikes = 0;
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(keys); ++i) {
    ldns_rr* key = ldns_rr_list_rr(keys, i);
    if (!is_usable_key(key) || number_8(ldns_rr_dnskey_algorithm(key)) != algorithm_of(signature) ||
        ldns_calc_keytag(key) != number_16(ldns_rr_rrsig_keytag(signature))) {
      continue;
    }
    if (++lookalikes > k_max_lookalikes || !budget.take_signature()) {
      return too_much_work(set_text(records));
    }
    // ldns works on a copy of the records; of the signature it lowers the owner's case.
    const auto status = ldns_verify_rrsig_time(const_cast<ldns_rr_list*>(records),
                                               const_cast<ldns_rr*>(signature), key, now);
    if (status == LDNS_STATUS_OK) {
      const auto left =
          elapsed(static_cast<std::uint32_t>(now), number_32(ldns_rr_rrsig_expiration(signature)));
      const auto original = number_32(ldns_rr_rrsig_origttl(signature));
      return std::min(seconds(left), seconds(original));
    }
    if (status == LDNS_STATUS_CRYPTO_UNKNOWN_ALGO || status == LDNS_STATUS_CRYPTO_ALGO_NOT_IMPL) {
      return fault(SecurityFault::unsupported, set_text(records) + ": algorithm not built in");
    }
  }
  return fault(SecurityFault::bogus,
               set_text(records) + (lookalikes == 0 ? ": no key of the zone made its signature"
                                                    : ": the signature does not fit"));
}

tl::expected<RrListView, ChainFault> select_trusted(const ldns_rr_list* keys,
                                                    const ldns_rr_list* trusted, Budget& budget) {
  RrListView chosen(ldns_rr_list_new());
  bool any_supported = false;
  for (std::size_t t = 0; t < ldns_rr_list_rr_count(trusted); ++t) {
    const ldns_rr* anchor = ldns_rr_list_rr(trusted, t);
    const bool is_key = ldns_rr_get_type(anchor) == LDNS_RR_TYPE_DNSKEY;
    const auto signer = is_key ? DelegationSigner{} : read_delegation_signer(anchor);
    const auto algorithm = is_key ? number_8(ldns_rr_dnskey_algorithm(anchor)) : signer.algorithm;
    if (!is_supported_algorithm(algorithm) || (!is_key && !is_supported_digest(signer.digest))) {
      continue;
    }
    any_supported = true;

    unsigned lookalikes = 0;
    for (std::size_t k = 0; k < ldns_rr_list_rr_count(keys); ++k) {
      ldns_rr* key = ldns_rr_list_rr(keys, k);
      if (!is_usable_key(key) || number_8(ldns_rr_dnskey_algorithm(key)) != algorithm) continue;
      bool fits = false;
      if (is_key) {
        fits = is_same_key(key, anchor);
      } else if (ldns_calc_keytag(key) == signer.tag) {
        if (++lookalikes > k_max_lookalikes || !budget.take_signature()) {
          return too_much_work(set_text(keys));
        }
        fits = digest_fits(key, anchor, signer.digest);
      }
      if (fits) ldns_rr_list_push_rr(chosen.get(), key);
    }
  }
  if (count_of(chosen) > 0) return chosen;
  return any_supported
             ? fault(SecurityFault::bogus, set_text(keys) +
                                               ": none is the one that the zone above (or the"
                                               " trust anchor) names")
             : fault(SecurityFault::unsupported,
                     set_text(keys) + ": named by unsupported algorithms only");
}

}  // namespace policy
