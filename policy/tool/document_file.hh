// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "policy/document.hh"
#include "policy/source_text.hh"

namespace policy::tool {

struct DocumentFile {
  std::string text;
  Document document;
};

/// Why there is no document: the file cannot be read, or what it holds is no policy.
struct FileFault {
  std::string fault;  ///< "unreadable", or name_of(DocumentFault)
  std::string message;
  std::optional<Place> place;
};

/// `-` is standard input. Never reads more than a policy may hold.
tl::expected<DocumentFile, FileFault> read_document_file(const std::string& path);

/// The path for messages: "standard input" for `-`.
std::string shown_path(const std::string& path);

}  // namespace policy::tool
