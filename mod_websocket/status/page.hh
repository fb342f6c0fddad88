// SPDX-License-Identifier: Apache-2.0
// The page for people. It is whole without a script; with one, it renews itself and draws plots.
#pragma once

#include <string>
#include <string_view>

#include "mod_websocket/status/snapshot.hh"

namespace websocket::status {

struct PageOptions {
  std::string_view server;  // whose page it is
  std::string_view token;   // for the forms
  std::string_view nonce;   // of the Content-Security-Policy, for script and style
  bool reloads = false;     // by itself, without a script
};

std::string to_page(const Snapshot& snapshot, const PageOptions& options);

// What the page asks for beside itself.
std::string_view page_script() noexcept;
std::string_view page_style() noexcept;

}  // namespace websocket::status
