// SPDX-License-Identifier: Apache-2.0
#include "policy/tool/document_file.hh"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <utility>

namespace policy::tool {
namespace {

struct CloseFile {
  // Standard input is not ours to close.
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

tl::expected<std::string, std::string> read_text(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(path == "-" ? stdin
                                                               : std::fopen(path.c_str(), "rbe"));
  if (!file) return tl::unexpected(std::generic_category().message(errno));
  // One octet more than allowed tells the parser that there is too much.
  std::string text(k_max_document + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return tl::unexpected(std::generic_category().message(errno));
  return text;
}

}  // namespace

tl::expected<DocumentFile, FileFault> read_document_file(const std::string& path) {
  auto text = read_text(path);
  if (!text) {
    return tl::unexpected(FileFault{"unreadable", std::move(text.error()), std::nullopt});
  }
  auto document = parse_document(*text);
  if (!document) {
    DocumentError& error = document.error();
    if (!error.is_policy() && text->starts_with("#!")) {
      error.message += " (a script: check what it writes, SCRIPT | wspolicy check -)";
    }
    return tl::unexpected(FileFault{std::string(name_of(error.fault)), std::move(error.message),
                                    Place{error.line, error.column}});
  }
  return DocumentFile{std::move(*text), std::move(*document)};
}

std::string shown_path(const std::string& path) { return path == "-" ? "standard input" : path; }

}  // namespace policy::tool
