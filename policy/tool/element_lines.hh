// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace policy::tool {

/// The lines, from 1, on which a valid document's elements stand; 0 where there is none.
struct ElementLines {
  int host = 0;
  int port = 0;
  std::vector<int> allow_origins;  ///< in the order of Document::allow_origins
};

/// `xml`: what parse_document has taken. A Document keeps no places, as the server needs none.
ElementLines find_element_lines(std::string_view xml);

}  // namespace policy::tool
