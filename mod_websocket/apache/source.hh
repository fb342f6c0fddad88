// SPDX-License-Identifier: Apache-2.0
// The policy document of a resource: read once, kept until its file changes.
#pragma once

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "mod_websocket/apache/httpd.hh"
#include "policy/document.hh"

namespace websocket::apache {

struct SourceError {
  apr_status_t status;  // APR_SUCCESS where the file could be read
  std::string log;      // one line with path, and line and column where the text is at fault
  bool is_policy;       // false where the file was read and is some other thing altogether
};

// One line for the log: where in which document what is wrong.
std::string describe(const std::string& name, const ::policy::DocumentError& error);

using DocumentHandle = std::shared_ptr<const ::policy::Document>;

// Any thread. `info` is what the caller knows of the file, whose last change it carries.
tl::expected<DocumentHandle, SourceError> read_document(const char* path, const apr_finfo_t& info,
                                                        apr_pool_t* scratch);

// The same for a file that nobody has looked at yet.
tl::expected<DocumentHandle, SourceError> read_document(const char* path, apr_pool_t* scratch);

}  // namespace websocket::apache
