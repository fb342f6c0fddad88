// SPDX-License-Identifier: Apache-2.0
//
// The TXT record by which the owner of a service agrees to be reached through somebody's WebSocket:
//
//   v=websocket1; port=6667,6660-6669; from=www.example.com *.example.org
//
// A tag list in the manner of RFC 6376 3.2: tag=value, `;` between them and optionally at the end,
// blanks round tags and values ignored, tag names compared with case, unknown tags ignored. What
// cannot be read in exactly one way is not consent: one fault makes the whole record ignored.
//
// `v=websocket1` stands first, as the version does in SPF, DMARC and MTA-STS (RFC 7208 4.5,
// RFC 7489 6.3, RFC 8461 3.1). A name's TXT records serve many purposes; one that says first what
// it is cannot be taken for another's, and another's is never called a faulty one of ours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "policy/ports.hh"

namespace policy {

enum class TxtFaultKind {
  other_purpose,  ///< not `v=websocket1` first: some other TXT record, nobody's error
  too_long,       ///< longer than k_max_txt_length
  bad_character,  ///< an octet that is not printable ASCII, space or tab
  bad_tag,        ///< no `=`, an empty item, or a name that is not ALPHA *(ALPHA / DIGIT / "_")
  duplicate_tag,  ///< the same tag twice, known or not
  bad_port,       ///< an entry of `port` that is no port and no range
  bad_name,       ///< an entry of `from` that is no name, no `*.` name and no address
};

struct TxtFault {
  TxtFaultKind kind;
  std::string text;  ///< what is wrong, for a report; the record's own octets escaped
};

/// A record needs a few strings of 255 octets. The bound stops the owner of a zone from having us
/// read and compare tens of kilobytes for every name.
inline constexpr std::size_t k_max_txt_length = 4096;

class TxtRecord {
 public:
  /// `joined`: the strings of one record in order, nothing between them (RFC 7208 3.3).
  static tl::expected<TxtRecord, TxtFault> parse(std::string_view joined);

  /// One record must grant both.
  bool grants(std::uint16_t port, std::string_view served_by) const;

  bool grants_port(std::uint16_t port) const;
  /// `served_by`: the virtual host that served the policy, in any case, with or without a trailing
  /// dot; an address literal where it was asked for by address. Nothing else is granted, not even
  /// by `*`. A `*.` name stands for any depth below, never for the name itself or for an address.
  bool grants_name(std::string_view served_by) const;

 private:
  tl::expected<void, TxtFault> read_ports(std::string_view value);
  tl::expected<void, TxtFault> read_names(std::string_view value);

  // An absent tag and an empty value alike leave these empty, and empty grants nothing.
  std::optional<Ports> ports_;
  bool any_name_ = false;
  std::vector<std::string> names_;    // canonical
  std::vector<std::string> parents_;  // canonical, without the `*.`
};

/// The text of a record that grants one port to one virtual host, for the target's owner to
/// publish. An error where `served_by` is neither a host name nor an address.
tl::expected<std::string, std::string> consent_record(std::uint16_t port,
                                                      std::string_view served_by);

}  // namespace policy
