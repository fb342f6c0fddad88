// SPDX-License-Identifier: Apache-2.0
//
// Places in the text of a document. libxml2 knows lines but not the columns of what it hands out,
// so they are found in the text itself.
#pragma once

#include <cstddef>
#include <string_view>

namespace policy {

struct Place {
  int line;    ///< from 1
  int column;  ///< from 1, in characters
};

class SourceText {
 public:
  explicit SourceText(std::string_view text) : text_(text) {}

  /// Line and column of an octet. Lines end at LF, CR or CR LF (XML 2.11).
  Place place(std::size_t offset) const;

  /// The `<` that begins the tag which a parser has read up to `offset`: neither a tag's name nor
  /// its attributes can hold a `<`.
  std::size_t tag_start(std::size_t offset) const;
  /// Behind the `>` of the tag that begins at `start`.
  std::size_t tag_end(std::size_t start) const;
  /// The first octet from `offset` on that is neither white space, comment nor processing
  /// instruction.
  std::size_t skip_ignorable(std::size_t offset) const;

  /// Offset of the first octet that is not well-formed UTF-8 (RFC 3629) or is NUL; npos if none.
  std::size_t bad_utf8() const;

  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

}  // namespace policy
