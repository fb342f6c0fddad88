// SPDX-License-Identifier: Apache-2.0
#include "policy/media_type.hh"

#include <string>

#include "policy/ascii.hh"

namespace policy {

bool is_xml_type(std::string_view content_type) {
  const std::string type =
      ascii::lowered(ascii::trimmed(content_type.substr(0, content_type.find(';'))));
  if (type == "text/xml" || type == "application/xml") return true;
  constexpr std::string_view k_top = "application/";
  constexpr std::string_view k_suffix = "+xml";
  if (type.size() <= k_top.size() + k_suffix.size()) return false;
  if (!type.starts_with(k_top) || !type.ends_with(k_suffix)) return false;
  // One type: a list is none.
  return type.find_first_of("/, \t", k_top.size()) == std::string::npos;
}

}  // namespace policy
