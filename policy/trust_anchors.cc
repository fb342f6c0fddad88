// SPDX-License-Identifier: Apache-2.0
#include "policy/trust_anchors.hh"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <system_error>

#include "policy/ascii.hh"

namespace policy {
namespace {

using FilePtr = Handle<std::FILE, std::fclose>;

// Files of anchors are a few hundred octets long; this is no place for a zone.
constexpr std::size_t k_max_anchor_file = 1 << 20;
constexpr std::uint32_t k_default_ttl = 3600;

bool is_anchor(const ldns_rr* record) {
  const auto type = ldns_rr_get_type(record);
  return (type == LDNS_RR_TYPE_DS || type == LDNS_RR_TYPE_DNSKEY) &&
         ldns_rr_get_class(record) == LDNS_RR_CLASS_IN && ldns_rr_rd_count(record) == 4;
}

// What ldns's reader says when a line held no record and no fault either.
bool is_directive(ldns_status status) {
  return status == LDNS_STATUS_SYNTAX_TTL || status == LDNS_STATUS_SYNTAX_ORIGIN ||
         status == LDNS_STATUS_SYNTAX_EMPTY;
}

// Unbound notes beside each key of its auto-trust-anchor-file how far it has come by RFC 5011. Only
// one that is valid, or missing for the moment, is trusted: one that is pending may have been
// announced by a thief of its predecessor, against whom it waits for a month (RFC 5011 2.4.1).
bool is_distrusted(std::string_view line) {
  constexpr std::string_view k_state = ";;state=";
  const auto at = line.find(k_state);
  if (at == std::string_view::npos) return false;
  const auto state = line.substr(at + k_state.size(), 1);
  return state != "2" && state != "3";
}

// Blanks and not nothing, so that lines and their numbers stay.
std::string without_distrusted(std::string text) {
  for (std::size_t start = 0; start < text.size();) {
    const auto end = std::min(text.find('\n', start), text.size());
    if (is_distrusted(std::string_view(text).substr(start, end - start))) {
      text.replace(start, end - start, end - start, ' ');
    }
    start = end + 1;
  }
  return text;
}

std::string digest_of(const std::string& text) {
  std::array<unsigned char, LDNS_SHA256_DIGEST_LENGTH> octets;
  ldns_sha256(reinterpret_cast<const unsigned char*>(text.data()),
              static_cast<unsigned>(text.size()), octets.data());
  std::string digest;
  for (const unsigned char octet : octets) digest += ascii::hex(octet);
  return digest;
}

// Where relative names and omitted owners come from, carried from line to line.
struct ReaderState {
  std::uint32_t ttl = k_default_ttl;
  ldns_rdf* origin = nullptr;
  ldns_rdf* previous = nullptr;
  int line = 0;

  ~ReaderState() {
    ldns_rdf_deep_free(origin);
    ldns_rdf_deep_free(previous);
  }
};

}  // namespace

bool is_at_or_below(const ldns_rdf* name, const ldns_rdf* zone) {
  // Equality first: ldns_dname_is_subdomain is strict, except where only the case differs.
  return ldns_dname_compare(name, zone) == 0 || ldns_dname_is_subdomain(name, zone);
}

tl::expected<TrustAnchors, std::string> TrustAnchors::parse(std::string_view text) {
  if (text.size() > k_max_anchor_file) return tl::make_unexpected("larger than 1 MiB");
  std::string copy = without_distrusted(std::string(text));
  const FilePtr file(copy.empty() ? nullptr : ::fmemopen(copy.data(), copy.size(), "r"));
  RrListPtr records(ldns_rr_list_new());
  ReaderState state;
  while (file && std::feof(file.get()) == 0) {
    ldns_rr* parsed = nullptr;
    const auto status = ldns_rr_new_frm_fp_l(&parsed, file.get(), &state.ttl, &state.origin,
                                             &state.previous, &state.line);
    RrPtr record(status == LDNS_STATUS_OK ? parsed : nullptr);
    if (is_directive(status)) continue;
    const auto line = "line " + std::to_string(state.line) + ": ";
    if (!record) return tl::make_unexpected(line + ldns_get_errorstr_by_id(status));
    if (!is_anchor(record.get())) {
      return tl::make_unexpected(line + "a DS or DNSKEY record of class IN is needed");
    }
    ldns_rr_list_push_rr(records.get(), record.release());
  }
  if (ldns_rr_list_rr_count(records.get()) == 0) {
    return tl::make_unexpected("there is no DS or DNSKEY record in it");
  }
  return TrustAnchors(std::move(records), digest_of(copy));
}

tl::expected<TrustAnchors, std::string> TrustAnchors::load(const std::string& path) {
  const FilePtr file(std::fopen(path.c_str(), "rbe"));
  if (!file) return tl::make_unexpected(path + ": " + std::generic_category().message(errno));
  // One octet more than allowed tells the parser that there is too much.
  std::string text(k_max_anchor_file + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    return tl::make_unexpected(path + ": " + std::generic_category().message(errno));
  }
  auto anchors = parse(text);
  if (!anchors) return tl::make_unexpected(path + ": " + anchors.error());
  return anchors;
}

RrListView TrustAnchors::closest(const ldns_rdf* name) const {
  RrListView nearest(ldns_rr_list_new());
  int most_labels = -1;  // the root has none
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(records_.get()); ++i) {
    ldns_rr* record = ldns_rr_list_rr(records_.get(), i);
    const int labels = ldns_dname_label_count(ldns_rr_owner(record));
    if (labels < most_labels || !is_at_or_below(name, ldns_rr_owner(record))) continue;
    if (labels > most_labels) nearest.reset(ldns_rr_list_new());
    most_labels = labels;
    ldns_rr_list_push_rr(nearest.get(), record);
  }
  return nearest;
}

}  // namespace policy
