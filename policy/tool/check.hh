// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy/tool/arguments.hh"
#include "policy/tool/exit_status.hh"
#include "policy/tool/report.hh"

namespace policy::tool {

/// Reads the document, and where a virtual host is given walks the module's decision for a request
/// to it, by the module's own functions and in its order, up to what it would connect to. Nothing
/// is connected to; names are looked up, and owners are asked for consent, as the module would.
CheckResult check(const CheckArguments& arguments, Report& report);

ExitStatus exit_status(Verdict verdict);

}  // namespace policy::tool
