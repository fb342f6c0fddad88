// SPDX-License-Identifier: Apache-2.0
// The certificates of a file that a policy pins its target's TLS to.
#pragma once

#include <openssl/x509.h>

#include <memory>
#include <string>

#include <tl/expected.hpp>

namespace websocket::apache {

using Authorities = std::shared_ptr<X509_STORE>;

// Reads a PEM file, or finds it among those that were read before and have not changed since. Who
// writes policies names any path: only a regular file is opened, and no more than 1 MiB read. The
// error is for the log: it names the path and what is wrong with it. Any thread.
tl::expected<Authorities, std::string> authorities_in(const std::string& path);

}  // namespace websocket::apache
