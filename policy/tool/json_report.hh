// SPDX-License-Identifier: Apache-2.0
//
// The reports for programs. The keys are described in wspolicy(1) and are kept.
#pragma once

#include <span>
#include <string>

#include "policy/json.hh"
#include "policy/tool/lint.hh"
#include "policy/tool/record.hh"
#include "policy/tool/report.hh"

namespace policy::tool {

Json json_of(const CheckArguments& arguments, const CheckResult& result);
Json json_of(const std::string& file, std::span<const Warning> warnings);
Json json_of(const std::string& file, const FileFault& fault);  ///< of a lint without a policy
Json json_of(const ConsentRecord& record);

}  // namespace policy::tool
