// SPDX-License-Identifier: Apache-2.0
// Consent records. The input is what a TXT record may hold; what it grants is held against the
// promises of txt_record.hh.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/txt_record.hh"

namespace {

using policy::TxtFaultKind;
using policy::TxtRecord;

void require(bool condition) {
  if (!condition) std::abort();
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

void check_grants(const TxtRecord& record, std::string_view text) {
  const bool any_host = record.grants_name("www.example.com");
  require(record.grants(6667, "www.example.com") == (record.grants_port(6667) && any_host));
  require(record.grants_name("WWW.EXAMPLE.COM.") == any_host);
  require(!record.grants_port(0));
  for (const auto* nobody : {"", ".", "a b", "a..b", "*", "*.example.com"}) {
    require(!record.grants_name(nobody));
  }
  // A grant rests on a tag that is there and not empty, and on a digit or a star in it.
  if (record.grants_port(6667))
    require(has(text, "port") && text.find_first_of("*6") < text.size());
  if (any_host)
    require(has(text, "from") && (has(text, "*") || has(text, ".") || has(text, "com")));
  require(!has(text, std::string_view("\0", 1)) && !has(text, "\n"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto record = TxtRecord::parse(text);
  if (record) {
    check_grants(*record, text);
    // A tag of ours a second time, or one that cannot be read, takes everything back.
    require(!TxtRecord::parse(text + (text.ends_with(';') ? "" : ";") + "v=websocket1"));
    require(!TxtRecord::parse(text + ";\n"));
  } else {
    const auto& fault = record.error();
    require(!fault.text.empty() && fault.text.size() < 1024);
    for (const char c : fault.text) require(c >= ' ' && c <= '~');
    require(fault.kind == TxtFaultKind::other_purpose || has(text, "websocket1"));
  }
  return 0;
}
