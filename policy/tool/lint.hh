// SPDX-License-Identifier: Apache-2.0
//
// What is allowed to be written in a policy and is seldom meant.
#pragma once

#include <string>
#include <vector>

#include "policy/document.hh"
#include "policy/tool/element_lines.hh"

namespace policy::tool {

struct Warning {
  std::string name;     ///< "origin-any": for JSON, and to be looked up in wspolicy(1)
  int line;             ///< 0 where there is none
  std::string message;  ///< one line: what follows from it, and what to write instead
};

/// By element: host, port, allow-origin (each in its turn), max-message, idle-timeout, tls.
std::vector<Warning> lint(const Document& document, const ElementLines& lines);

}  // namespace policy::tool
