// SPDX-License-Identifier: Apache-2.0
// A table of the page. On a phone each row becomes a list, so that every cell carries the heading
// of its column.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace websocket::status {

struct Column {
  enum class Kind : unsigned char {
    word,    // is not broken
    number,  // the same, and stands to the right
    name,    // as long as somebody made it
  };

  std::string_view heading;
  Kind kind = Kind::word;
};

class HtmlTable {
 public:
  // `id` is the table's on the page; the script puts a newer one in its place.
  HtmlTable(std::string_view id, std::string_view caption, std::vector<Column> columns);

  void begin_row();
  // Cells in the order of the columns. Text is escaped, HTML is not.
  void text(std::string_view text);
  void html(std::string_view html);

  // With a line that says so where there is no row.
  std::string take(std::string_view without_rows) &&;

 private:
  std::string head_;
  std::string rows_;
  std::vector<Column> columns_;
  std::size_t cell_ = 0;
};

}  // namespace websocket::status
