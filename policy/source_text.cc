// SPDX-License-Identifier: Apache-2.0
#include "policy/source_text.hh"

#include <algorithm>
#include <cstdint>

namespace policy {
namespace {

constexpr std::string_view k_white = " \t\r\n";

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }

/// Octets of the well-formed UTF-8 character at the front; 0 where there is none (RFC 3629 4).
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) {
    return lead == 0 ? 0 : 1;
  }
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) {
    return 0;
  }
  const unsigned lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < lowest || byte(1) > highest) {
    return 0;
  }
  const std::string_view tail = text.substr(2, length - 2);
  return std::all_of(tail.begin(), tail.end(), is_continuation) ? length : 0;
}

}  // namespace

Place SourceText::place(std::size_t offset) const {
  Place place{1, 1};
  for (std::size_t i = 0; i < std::min(offset, text_.size()); ++i) {
    const bool inside_crlf = text_[i] == '\r' && i + 1 < text_.size() && text_[i + 1] == '\n';
    if ((text_[i] == '\n' || text_[i] == '\r') && !inside_crlf) {
      ++place.line;
      place.column = 1;
    } else if (!is_continuation(text_[i]) && !inside_crlf) {
      ++place.column;
    }
  }
  return place;
}

std::size_t SourceText::tag_start(std::size_t offset) const {
  if (offset == 0) {
    return 0;
  }
  const std::size_t found = text_.rfind('<', offset - 1);
  return found == std::string_view::npos ? 0 : found;
}

std::size_t SourceText::tag_end(std::size_t start) const {
  char quote = 0;
  for (std::size_t i = start; i < text_.size(); ++i) {
    const char c = text_[i];
    if (quote != 0) {
      quote = c == quote ? '\0' : quote;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return i + 1;
    }
  }
  return text_.size();
}

std::size_t SourceText::skip_ignorable(std::size_t offset) const {
  for (;;) {
    offset = std::min(text_.find_first_not_of(k_white, offset), text_.size());
    const std::string_view rest = text_.substr(offset);
    const bool comment = rest.starts_with("<!--");
    if (!comment && !rest.starts_with("<?")) {
      return offset;
    }
    const std::string_view end = comment ? "-->" : "?>";
    const std::size_t found = rest.find(end, comment ? 4 : 2);
    if (found == std::string_view::npos) {
      return offset;
    }
    offset += found + end.size();
  }
}

std::size_t SourceText::bad_utf8() const {
  for (std::size_t i = 0; i < text_.size();) {
    const std::size_t length = character_length(text_.substr(i));
    if (length == 0) {
      return i;
    }
    i += length;
  }
  return std::string_view::npos;
}

}  // namespace policy
