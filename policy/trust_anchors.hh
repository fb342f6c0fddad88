// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "policy/ldns_handles.hh"

namespace policy {

/// DS and DNSKEY records of zones whose keys are trusted as they stand. Read once, then shared by
/// any number of threads.
class TrustAnchors {
 public:
  /// Zone-file text (RFC 1035 5.1): DS and DNSKEY records of one or more zones, nothing else. The
  /// error names the line.
  static tl::expected<TrustAnchors, std::string> parse(std::string_view text);
  static tl::expected<TrustAnchors, std::string> load(const std::string& path);

  /// The anchors of the nearest zone at or above the name, which share one owner; none where there
  /// is no such zone. The records stay ours.
  RrListView closest(const ldns_rdf* name) const;

  /// Tells other anchors from these, on every machine: of the text that they were read from,
  /// SHA-256 in hexadecimal digits.
  const std::string& digest() const { return digest_; }

 private:
  TrustAnchors(RrListPtr records, std::string digest)
      : records_(std::move(records)), digest_(std::move(digest)) {}

  RrListPtr records_;  // never null, never empty
  std::string digest_;
};

/// True for a zone itself and every name below it.
bool is_at_or_below(const ldns_rdf* name, const ldns_rdf* zone);

}  // namespace policy
