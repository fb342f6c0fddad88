// SPDX-License-Identifier: Apache-2.0
// Policy documents: whatever is accepted can be written plainly and read again as the same, and
// every error has a place within the text and a message that may stand in a log.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/document.hh"
#include "policy/host_name.hh"

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
  return xml + "</websocket>";
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
    check_document(*document);
  } else {
    check_error(document.error(), text);
  }
  return 0;
}
