// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "policy/document.hh"
#include "policy/source_text.hh"

namespace policy {

inline constexpr std::string_view k_document_root = "websocket";
inline constexpr std::string_view k_byte_order_mark = "\xef\xbb\xbf";

struct TextFault {
  DocumentFault fault;
  std::string message;
  std::size_t offset;
};

/// What can be said of a document before it is parsed: that it is something else altogether, too
/// large, not UTF-8, or has a DOCTYPE. None of these reaches libxml2.
std::optional<TextFault> text_fault(const SourceText& source);

/// Whether a text that begins like this, and goes on, is something else altogether.
bool begins_otherwise(std::string_view text);

}  // namespace policy
