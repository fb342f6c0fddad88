// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "policy/address.hh"
#include "policy/ports.hh"

namespace policy::tool {

struct RecordRequest {
  std::vector<std::string> from;  ///< virtual hosts: names, `*.` names, addresses, or `*` alone
  Ports ports;
  std::optional<Address> address;   ///< of the target, where it is known
  std::optional<std::string> name;  ///< of the target, canonical, where it is known
};

/// What the target's owner publishes.
struct ConsentRecord {
  std::string text;                  ///< the TXT record
  std::vector<std::string> strings;  ///< the same in pieces of at most 255 octets (RFC 1035 3.3.14)
  std::vector<std::string> owners;   ///< where it may stand, the usual place first; no trailing dot
  std::optional<Address> address;
  std::optional<std::string> reverse_name;  ///< of the address: where PTR is to stand
};

/// Stands for the target's name where that is not known.
inline constexpr std::string_view k_unknown_name = "NAME";

/// The record has been read back by TxtRecord::parse. The error says what to write.
tl::expected<ConsentRecord, std::string> make_record(const RecordRequest& request);

/// Lines of a zone file: PTR and A or AAAA where the address is known, then TXT.
std::vector<std::string> zone_lines(const ConsentRecord& record);

}  // namespace policy::tool
