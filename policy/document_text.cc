// SPDX-License-Identifier: Apache-2.0
#include "policy/document_text.hh"

#include <algorithm>

#include "policy/ascii.hh"
#include "policy/quoted.hh"

namespace policy {
namespace {

constexpr std::string_view k_doctype = "!doctype";
constexpr std::string_view k_name_end = " \t\r\n/>";

/// Also without a byte order mark, and with white space at the front.
bool looks_like_utf16(std::string_view text) {
  using namespace std::string_view_literals;
  for (const std::string_view mark : {"\xff\xfe"sv, "\xfe\xff"sv, "\0\0\xfe\xff"sv}) {
    if (text.starts_with(mark)) {
      return true;
    }
  }
  const std::size_t first = text.find_first_not_of(" \t\r\n\0"sv);
  return first != std::string_view::npos && text[first] == '<' &&
         text.substr(0, first + 2).find('\0') != std::string_view::npos;
}

/// XML 1.0 2.3, more or less: of an octet that is not ASCII no more is asked here.
bool begins_name(char c) {
  return ascii::is_alpha(c) || c == '_' || c == ':' || static_cast<unsigned char>(c) > 0x7f;
}

/// The encoding in `<?xml ... encoding="X"?>`, or nothing.
std::optional<std::string_view> declared_encoding(std::string_view text) {
  if (!text.starts_with("<?xml") || text.size() < 6 ||
      ascii::k_white.find(text[5]) == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view declaration = text.substr(0, text.find("?>"));
  const std::size_t name = declaration.find("encoding");
  const std::size_t open = declaration.find_first_of("\"'", std::min(name, declaration.size()));
  if (name == std::string_view::npos || open == std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t close = declaration.find(declaration[open], open + 1);
  return declaration.substr(open + 1, std::min(close, declaration.size()) - open - 1);
}

/// What is no policy at all, so that a script's own answer (HTML, an image) is told apart from a
/// policy with a mistake in it.
std::optional<TextFault> other_content(const SourceText& source) {
  const std::string_view text = source.text();
  if (text.find_first_not_of(ascii::k_white) == std::string_view::npos) {
    return TextFault{DocumentFault::empty,
                     "the document is empty; write <websocket>...</websocket>", 0};
  }
  if (looks_like_utf16(text)) {
    return TextFault{DocumentFault::encoding,
                     "the document is in UTF-16 or UTF-32; save it as UTF-8", 0};
  }
  const std::size_t start = source.skip_ignorable(0);
  if (start < text.size() && text[start] != '<') {
    return TextFault{DocumentFault::not_xml,
                     "this is no policy document; one begins with <websocket>", start};
  }
  const std::string_view rest = text.substr(std::min(start + 1, text.size()));
  if (ascii::equal_without_case(rest.substr(0, k_doctype.size()), k_doctype)) {
    const std::string_view name = ascii::trimmed(rest.substr(k_doctype.size(), 5));
    if (ascii::equal_without_case(name.substr(0, 4), "html")) {
      return TextFault{DocumentFault::other_root,
                       "this is an HTML page; a policy document's root is <websocket>", start};
    }
    return TextFault{DocumentFault::doctype, "a DOCTYPE is not allowed; leave it out", start};
  }
  const std::string_view name = rest.substr(0, rest.find_first_of(k_name_end));
  if (!name.empty() && begins_name(name.front()) && name != k_document_root) {
    return TextFault{DocumentFault::other_root,
                     "the root is " + quoted(name) + "; a policy document's root is <websocket>",
                     start};
  }
  return std::nullopt;
}

/// Text that is not UTF-8 never reaches libxml2, nor does any other encoding's name: no converter
/// is loaded, and an octet's offset is the same in its buffer and in ours.
std::optional<TextFault> unreadable(const SourceText& source) {
  const std::string_view text = source.text();
  if (text.size() > k_max_document) {
    return TextFault{DocumentFault::too_large, "the document is larger than 64 KiB",
                     k_max_document};
  }
  const std::size_t bad = source.bad_utf8();
  if (bad != std::string_view::npos && text[bad] == '\0') {
    return TextFault{DocumentFault::encoding, "this is a NUL, which no XML has; leave it out", bad};
  }
  if (bad != std::string_view::npos) {
    return TextFault{DocumentFault::encoding, "this is not UTF-8; save the document as UTF-8", bad};
  }
  const std::optional<std::string_view> encoding = declared_encoding(text);
  if (encoding && !ascii::equal_without_case(*encoding, "utf-8") &&
      !ascii::equal_without_case(*encoding, "us-ascii") &&
      !ascii::equal_without_case(*encoding, "ascii")) {
    return TextFault{DocumentFault::encoding,
                     "the encoding " + quoted(*encoding) +
                         " is not read here; save the document as "
                         "UTF-8 and write encoding=\"UTF-8\"",
                     static_cast<std::size_t>(encoding->data() - text.data())};
  }
  return std::nullopt;
}

}  // namespace

std::optional<TextFault> text_fault(const SourceText& source) {
  std::optional<TextFault> fault = other_content(source);
  return fault ? fault : unreadable(source);
}

bool begins_otherwise(std::string_view text) {
  if (text.size() <= k_byte_order_mark.size()) return false;
  if (text.starts_with(k_byte_order_mark)) text.remove_prefix(k_byte_order_mark.size());
  const SourceText source(text);
  const std::optional<TextFault> fault = other_content(source);
  if (!fault) return false;
  if (fault->fault == DocumentFault::not_xml) return true;
  // The name of the root may go on.
  return fault->fault == DocumentFault::other_root &&
         source.text().find_first_of(k_name_end, fault->offset) != std::string_view::npos;
}

}  // namespace policy
