// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace policy::tool {

/// On which lines, from 1, a valid document's elements stand.
class ElementLines {
 public:
  ElementLines() = default;
  /// `xml`: what parse_document has taken. A Document keeps no places, as the server needs none.
  explicit ElementLines(std::string_view xml);

  /// Of the `index`th element of that name, in the order of the document; 0 where there is none.
  int line_of(std::string_view element, std::size_t index = 0) const;

 private:
  std::map<std::string, std::vector<int>, std::less<>> lines_;
};

}  // namespace policy::tool
