// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace policy::tool {

/// One line as it may be written to a terminal: controls and what is not ASCII become \xNN, the
/// rest stays. Every line of text output passes here, so that no document, DNS record or file name
/// can move the cursor or forge a line (CWE-150).
std::string terminal_line(std::string_view text);

}  // namespace policy::tool
