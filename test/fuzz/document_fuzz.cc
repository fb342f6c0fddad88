// SPDX-License-Identifier: Apache-2.0
// Policy documents: whatever is accepted can be written plainly and read again as the same, and
// every error has a place within the text and a message that may stand in a log.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/document.hh"
#include "policy/host_name.hh"
#include "policy/protocol.hh"
#include "policy/quantity.hh"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

std::string element(std::string_view name, std::string_view value) {
  const std::string tag(name);
  std::string escaped;
  for (const char c : value) {
    escaped += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
  }
  return "<" + tag + ">" + escaped + "</" + tag + ">";
}

std::string written(const policy::Document& document) {
  const policy::Endpoint& target = document.target;
  std::string xml = "<websocket>";
  if (target.kind == policy::Endpoint::Kind::unix_socket) {
    xml += element("host", "unix:" + target.text);
  } else {
    if (target.kind != policy::Endpoint::Kind::this_host) {
      xml += element("host", target.text);
    }
    xml += element("port", std::to_string(target.port));
  }
  for (const policy::OriginPattern& pattern : document.allow_origins) {
    xml += element("allow-origin", pattern.to_string());
  }
  for (const std::string& protocol : document.protocols) {
    xml += element("protocol", protocol);
  }
  if (document.framing) {
    xml += element("framing", name_of(*document.framing));
  }
  if (document.max_message) {
    xml += element("max-message", policy::size_text(*document.max_message));
  }
  if (document.idle_timeout) {
    xml += element("idle-timeout", policy::time_text(*document.idle_timeout));
  }
  if (document.tls) {
    xml += element("tls", document.tls->ca_file);
    xml += document.tls->name.empty() ? "" : element("tls-name", document.tls->name);
  }
  if (document.proxy_protocol) {
    xml += element("proxy-protocol", std::to_string(static_cast<int>(*document.proxy_protocol)));
  }
  return xml + "</websocket>";
}

void check_messages(const policy::Document& document) {
  for (const std::string& protocol : document.protocols) {
    require(policy::is_token(protocol));
    const auto own = policy::framing_of(protocol);
    require(!own || !document.framing || own == document.framing);
    const auto choice = policy::choose_protocol(document, std::array{protocol});
    require(choice.protocol == protocol);
  }
  require(document.max_message.value_or(1) > 0);
  require(document.max_message.value_or(1) <= policy::k_max_size);
  require(!document.idle_timeout || document.idle_timeout->count() > 0);
  require(!document.idle_timeout || *document.idle_timeout <= policy::k_max_time);
}

void check_tls(const policy::Document& document) {
  if (!document.tls) return;
  using Kind = policy::Endpoint::Kind;
  const Kind kind = document.target.kind;
  require(kind == Kind::name || kind == Kind::address || !document.tls->name.empty());
  const std::string& file = document.tls->ca_file;
  require(file.empty() || (file.front() == '/' && file.find("/../") == std::string::npos &&
                           !file.ends_with("/..")));
}

void check_document(const policy::Document& document) {
  const auto again = policy::parse_document(written(document));
  require(again.has_value());
  require(again->target.to_string() == document.target.to_string());
  require(again->target.kind == document.target.kind);
  require(again->allow_origins.size() == document.allow_origins.size());
  for (std::size_t i = 0; i < document.allow_origins.size(); ++i) {
    require(again->allow_origins[i].to_string() == document.allow_origins[i].to_string());
  }
  require(again->protocols == document.protocols);
  require(again->framing == document.framing);
  require(again->max_message == document.max_message);
  require(again->idle_timeout == document.idle_timeout);
  require(again->tls.has_value() == document.tls.has_value());
  if (document.tls) {
    require(again->tls->ca_file == document.tls->ca_file);
    require(again->tls->name == document.tls->name);
  }
  require(again->proxy_protocol == document.proxy_protocol);
  check_messages(document);
  check_tls(document);
  const bool is_name = document.target.kind == policy::Endpoint::Kind::name;
  require(!is_name || !policy::looks_numeric(document.target.text));
  const bool is_unix = document.target.kind == policy::Endpoint::Kind::unix_socket;
  require((document.target.port == 0) == is_unix);
}

void check_error(const policy::DocumentError& error, std::string_view text) {
  const auto is_line_end = [](char c) { return c == '\n' || c == '\r'; };
  const auto lines = 1 + std::count_if(text.begin(), text.end(), is_line_end);
  require(error.line >= 1 && error.line <= lines);
  require(error.column >= 1 && static_cast<std::size_t>(error.column) <= text.size() + 1);
  require(!error.message.empty() && error.message.size() < 1024);
  require(std::all_of(error.message.begin(), error.message.end(),
                      [](char c) { return c >= ' ' && c <= '~'; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = policy::parse_document(text);
  if (document) {
    require(text.find("<websocket") != std::string_view::npos);
    check_document(*document);
  } else {
    check_error(document.error(), text);
  }
  return 0;
}
