// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/status/html_table.hh"

#include <utility>

#include "mod_websocket/status/text.hh"

namespace websocket::status {

namespace {

std::string_view class_of(const Column& column) {
  switch (column.kind) {
    case Column::Kind::word: return "";
    case Column::Kind::number: return " class=\"number\"";
    case Column::Kind::name: return " class=\"name\"";
  }
  return "";
}

}  // namespace

HtmlTable::HtmlTable(std::string_view id, std::string_view caption, std::vector<Column> columns)
    : columns_(std::move(columns)) {
  head_.append("<section id=\"").append(id).append("\"><h2>").append(escape_html(caption));
  head_.append("</h2>\n");
  cell_ = columns_.size();
}

void HtmlTable::begin_row() {
  if (!rows_.empty()) rows_.append("</tr>\n");
  rows_.append("<tr>");
  cell_ = 0;
}

void HtmlTable::text(std::string_view text) { html(escape_html(text)); }

void HtmlTable::html(std::string_view html) {
  const Column& column = columns_.at(cell_++);
  rows_.append("<td").append(class_of(column)).append(" data-heading=\"");
  rows_.append(escape_html(column.heading)).append("\">").append(html).append("</td>");
}

std::string HtmlTable::take(std::string_view without_rows) && {
  std::string page = std::move(head_);
  if (rows_.empty()) {
    page.append("<p>").append(escape_html(without_rows)).append("</p></section>\n");
    return page;
  }
  page.append("<table><thead><tr>");
  for (const Column& column : columns_) {
    page.append("<th").append(class_of(column)).append(" scope=\"col\">");
    page.append(escape_html(column.heading)).append("</th>");
  }
  page.append("</tr></thead>\n<tbody>\n").append(rows_);
  page.append("</tr>\n</tbody></table></section>\n");
  return page;
}

}  // namespace websocket::status
