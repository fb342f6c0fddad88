// SPDX-License-Identifier: Apache-2.0
#include "policy/tool/element_lines.hh"

#include <libxml/parser.h>
#include <libxml/tree.h>

#include <memory>

namespace policy::tool {
namespace {

struct FreeTree {
  void operator()(xmlDoc* tree) const { xmlFreeDoc(tree); }
};

}  // namespace

ElementLines find_element_lines(std::string_view xml) {
  ElementLines lines;
  const std::unique_ptr<xmlDoc, FreeTree> tree(xmlReadMemory(
      xml.data(), static_cast<int>(xml.size()), nullptr, nullptr,
      XML_PARSE_NONET | XML_PARSE_IGNORE_ENC | XML_PARSE_NOERROR | XML_PARSE_NOWARNING));
  const xmlNode* const root = tree ? xmlDocGetRootElement(tree.get()) : nullptr;
  if (root == nullptr) return lines;
  for (const xmlNode* each = root->children; each != nullptr; each = each->next) {
    if (each->type != XML_ELEMENT_NODE) continue;
    const std::string_view name = reinterpret_cast<const char*>(each->name);
    const int line = static_cast<int>(xmlGetLineNo(each));
    if (name == "host") lines.host = line;
    if (name == "port") lines.port = line;
    if (name == "allow-origin") lines.allow_origins.push_back(line);
  }
  return lines;
}

}  // namespace policy::tool
