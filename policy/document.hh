// SPDX-License-Identifier: Apache-2.0
//
// The policy document:
//
//   <websocket>
//     <host>irc.example.org</host>                          0..1; none: the host that served it
//     <port>6667</port>                                     exactly 1; none with a unix: host
//     <allow-origin>https://*.example.com</allow-origin>    0..n; none: only the page's own origin
//     <protocol>text.ircv3.net</protocol>                   0..n; subprotocols, see protocol.hh
//     <framing>lines</framing>                              0..1; binary, text, lines or mqtt
//     <max-message>64K</max-message>                        0..1; longest message of a client
//     <idle-timeout>10min</idle-timeout>                    0..1; without data either way
//     <tls/>                                                0..1; the target speaks TLS
//     <tls-name>irc.example.org</tls-name>                  0..1; the name in its certificate
//     <proxy-protocol>2</proxy-protocol>                    0..1; 1 or 2
//   </websocket>
//
// host is a name, an address, or `unix:/absolute/path`. Elements come in any order; comments,
// processing instructions and white space round values are ignored, everything else is an error.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "policy/endpoint.hh"
#include "policy/origin.hh"

namespace policy {

/// Octets. Stops scripts and uploads from feeding the parser without end.
inline constexpr std::size_t k_max_document = 64 * 1024;

/// How a client's messages and the target's bytes are made of each other.
enum class Framing : std::uint8_t {
  binary,  ///< bytes, without boundaries
  text,    ///< UTF-8, without boundaries
  lines,   ///< a message is a line (IRCv3's WebSocket specification)
  mqtt     ///< binary only (MQTT 5 section 6)
};

/// TLS toward the target. What its certificate must be.
struct TargetTls {
  std::string ca_file;  ///< absolute path of a PEM file; empty: the system's authorities
  std::string name;     ///< empty: the target's host
};

/// HAProxy's PROXY protocol, by version.
enum class ProxyProtocol : std::uint8_t { v1 = 1, v2 = 2 };

struct Document {
  Endpoint target;
  std::vector<OriginPattern> allow_origins;
  std::vector<std::string> protocols;  ///< in the order of the document
  std::optional<Framing> framing;
  std::optional<std::uint64_t> max_message;  ///< octets, above 0
  std::optional<std::chrono::milliseconds> idle_timeout;
  std::optional<TargetTls> tls;
  std::optional<ProxyProtocol> proxy_protocol;
};

enum class DocumentFault {
  empty,            ///< nothing but white space
  not_xml,          ///< does not begin with markup
  other_root,       ///< XML, but its root is not `websocket`
  too_large,        ///< more than k_max_document
  encoding,         ///< neither UTF-8 nor ASCII
  doctype,          ///< a DOCTYPE, whatever it holds
  not_well_formed,  ///< libxml2 says why
  unknown_element,
  attribute,  ///< any attribute or namespace
  duplicate,
  missing,     ///< a required element is not there
  stray_text,  ///< text between the elements
  empty_value,
  bad_value
};

/// "bad-value", for logs and JSON.
std::string_view name_of(DocumentFault fault);

struct DocumentError {
  DocumentFault fault;
  /// One line, says what to write instead. May quote the document (control characters escaped, cut
  /// to a bearable length): for the log, not for the client.
  std::string message;
  int line;    ///< from 1
  int column;  ///< from 1, in characters

  /// False where the text is some other thing altogether (HTML, JSON, nothing), such as a script's
  /// own answer to a person; true for a policy with a mistake in it.
  bool is_policy() const {
    return fault != DocumentFault::empty && fault != DocumentFault::not_xml &&
           fault != DocumentFault::other_root;
  }
};

/// Reads a document from memory. No network, no DTD, no entities but XML's own five, no
/// process-wide setting touched; may be called from any number of threads at once. The first error
/// in the order of the text is the one reported; what is wrong only between elements that are each
/// right (elements.hh) comes after all others.
tl::expected<Document, DocumentError> parse_document(std::string_view xml);

}  // namespace policy
