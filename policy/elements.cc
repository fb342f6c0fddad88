// SPDX-License-Identifier: Apache-2.0
#include "policy/elements.hh"

#include <algorithm>
#include <array>
#include <utility>

#include "policy/host_name.hh"
#include "policy/protocol.hh"
#include "policy/quantity.hh"
#include "policy/quoted.hh"

namespace policy {
namespace {

using Taken = tl::expected<void, std::string>;

Taken take_host(Draft& draft, std::string_view value) {
  return parse_endpoint_host(value).map([&](Endpoint&& host) { draft.host = std::move(host); });
}

Taken take_port(Draft& draft, std::string_view value) {
  return parse_port(value).map([&](std::uint16_t port) { draft.port = port; });
}

Taken take_allow_origin(Draft& draft, std::string_view value) {
  return OriginPattern::parse(value).map(
      [&](OriginPattern&& origin) { draft.document.allow_origins.push_back(std::move(origin)); });
}

Taken take_protocol(Draft& draft, std::string_view value) {
  std::vector<std::string>& protocols = draft.document.protocols;
  if (!is_token(value)) {
    return tl::unexpected(quoted(value) +
                          " is no name of a subprotocol; write one of letters, digits and"
                          " !#$%&'*+-.^_`|~ alone");
  }
  if (std::find(protocols.begin(), protocols.end(), value) != protocols.end()) {
    return tl::unexpected(quoted(value) + " is written twice; write it once");
  }
  if (protocols.size() == k_max_protocols) {
    return tl::unexpected("more than " + std::to_string(k_max_protocols) +
                          " of them; leave some out");
  }
  protocols.emplace_back(value);
  return {};
}

Taken take_framing(Draft& draft, std::string_view value) {
  for (const Framing framing : {Framing::binary, Framing::text, Framing::lines, Framing::mqtt}) {
    if (name_of(framing) == value) {
      draft.document.framing = framing;
      return {};
    }
  }
  return tl::unexpected(quoted(value) + " is no framing; write binary, text, lines or mqtt");
}

Taken take_max_message(Draft& draft, std::string_view value) {
  return parse_size(value).map([&](std::uint64_t size) { draft.document.max_message = size; });
}

Taken take_idle_timeout(Draft& draft, std::string_view value) {
  return parse_time(value).map(
      [&](std::chrono::milliseconds time) { draft.document.idle_timeout = time; });
}

Taken take_tls(Draft& draft, std::string_view value) {
  if (value.empty() || value == "system") {
    draft.document.tls.emplace();
    return {};
  }
  if (!value.starts_with('/')) {
    return tl::unexpected(quoted(value) +
                          " is no absolute path; write that of a PEM file, or <tls/> for the"
                          " system's authorities");
  }
  if (std::optional<std::string> fault = path_fault(value, k_max_path)) {
    return tl::unexpected(std::move(*fault));
  }
  draft.document.tls = TargetTls{std::string(value), {}};
  return {};
}

Taken take_tls_name(Draft& draft, std::string_view value) {
  if (const std::optional<Address> address = Address::parse(value)) {
    draft.tls_name = address->to_string();
    return {};
  }
  return parse_host_name(value, HostNameStyle::ldh).map([&](std::string&& name) {
    draft.tls_name = std::move(name);
  });
}

Taken take_proxy_protocol(Draft& draft, std::string_view value) {
  if (value != "1" && value != "2") {
    return tl::unexpected(quoted(value) + " is no version of the PROXY protocol; write 1 or 2");
  }
  draft.document.proxy_protocol = value == "1" ? ProxyProtocol::v1 : ProxyProtocol::v2;
  return {};
}

constexpr std::array k_elements = {
    ElementRow{"host", false, take_host, "<host>irc.example.org</host>, or leave the element out"},
    ElementRow{"port", false, take_port, "<port>6667</port>"},
    ElementRow{"allow-origin", true, take_allow_origin,
               "<allow-origin>https://www.example.com</allow-origin>, or leave the element out"},
    ElementRow{"protocol", true, take_protocol,
               "<protocol>text.ircv3.net</protocol>, or leave the element out"},
    ElementRow{"framing", false, take_framing,
               "<framing>lines</framing>, or leave the element out"},
    ElementRow{"max-message", false, take_max_message,
               "<max-message>64K</max-message>, or leave the element out"},
    ElementRow{"idle-timeout", false, take_idle_timeout,
               "<idle-timeout>10min</idle-timeout>, or leave the element out"},
    ElementRow{"tls", false, take_tls, "<tls/>", true},
    ElementRow{"tls-name", false, take_tls_name,
               "<tls-name>irc.example.org</tls-name>, or leave the element out"},
    ElementRow{"proxy-protocol", false, take_proxy_protocol,
               "<proxy-protocol>2</proxy-protocol>, or leave the element out"},
};

void judge_port(const Draft& draft, std::vector<WholeFault>& faults) {
  const bool unix_socket = draft.host && draft.host->kind == Endpoint::Kind::unix_socket;
  if (!draft.port && !unix_socket) {
    faults.push_back({DocumentFault::missing, "", "no <port>; write <port>6667</port>"});
  } else if (draft.port && unix_socket) {
    faults.push_back(
        {DocumentFault::bad_value, "port", "a unix: host has no port; leave <port> out"});
  }
}

/// A client that is told `mqtt` and given lines, or the other way, would garble what it sends.
void judge_framing(const Draft& draft, std::vector<WholeFault>& faults) {
  if (!draft.document.framing) return;
  const Framing written = *draft.document.framing;
  for (const std::string& protocol : draft.document.protocols) {
    const std::optional<Framing> own = framing_of(protocol);
    if (!own || *own == written) continue;
    faults.push_back({DocumentFault::bad_value, "framing",
                      "framing: " + std::string(name_of(written)) +
                          " is not that of the protocol " + quoted(protocol) + "; write " +
                          std::string(name_of(*own)) + ", or leave <framing> out"});
    return;
  }
}

void judge_tls(const Draft& draft, std::vector<WholeFault>& faults) {
  if (!draft.document.tls && draft.tls_name) {
    faults.push_back({DocumentFault::bad_value, "tls-name",
                      "tls-name: without <tls/> nothing has a certificate; write <tls/> as well,"
                      " or leave <tls-name> out"});
  } else if (draft.document.tls && !draft.tls_name &&
             (!draft.host || draft.host->kind == Endpoint::Kind::unix_socket)) {
    faults.push_back({DocumentFault::missing, "tls",
                      std::string("tls: ") +
                          (draft.host ? "a unix: host" : "a document without <host>") +
                          " has no name to look for in the certificate; write"
                          " <tls-name>irc.example.org</tls-name> as well"});
  }
}

}  // namespace

std::span<const ElementRow> element_rows() { return k_elements; }

std::vector<WholeFault> whole_faults(const Draft& draft) {
  std::vector<WholeFault> faults;
  judge_port(draft, faults);
  judge_framing(draft, faults);
  judge_tls(draft, faults);
  return faults;
}

Document finish(Draft&& draft) {
  Document document = std::move(draft.document);
  document.target = std::move(draft.host).value_or(Endpoint{});
  document.target.port = draft.port.value_or(std::uint16_t{0});
  if (document.tls) document.tls->name = std::move(draft.tls_name).value_or(std::string{});
  return document;
}

}  // namespace policy
