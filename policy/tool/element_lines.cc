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

ElementLines::ElementLines(std::string_view xml) {
  const std::unique_ptr<xmlDoc, FreeTree> tree(xmlReadMemory(
      xml.data(), static_cast<int>(xml.size()), nullptr, nullptr,
      XML_PARSE_NONET | XML_PARSE_IGNORE_ENC | XML_PARSE_NOERROR | XML_PARSE_NOWARNING));
  const xmlNode* const root = tree ? xmlDocGetRootElement(tree.get()) : nullptr;
  if (root == nullptr) return;
  for (const xmlNode* each = root->children; each != nullptr; each = each->next) {
    if (each->type != XML_ELEMENT_NODE) continue;
    lines_[reinterpret_cast<const char*>(each->name)].push_back(
        static_cast<int>(xmlGetLineNo(each)));
  }
}

int ElementLines::line_of(std::string_view element, std::size_t index) const {
  const auto found = lines_.find(element);
  return found == lines_.end() || index >= found->second.size() ? 0 : found->second[index];
}

}  // namespace policy::tool
