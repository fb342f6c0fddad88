// SPDX-License-Identifier: Apache-2.0
//
// The reports for programs. The keys are described in wspolicy(1) and are kept.
#pragma once

#include <iosfwd>
#include <span>
#include <string>

#include "policy/tool/json.hh"
#include "policy/tool/lint.hh"
#include "policy/tool/record.hh"
#include "policy/tool/report.hh"

namespace policy::tool {

/// One object, written when the check has come to its end.
class JsonReport final : public Report {
 public:
  JsonReport(const CheckArguments& arguments, std::ostream& out)
      : arguments_(arguments), out_(out) {}

  void document_failed(const FileFault& fault) override;
  void document_read(const Document& document) override;
  void origin_judged(const Decision& decision) override;
  void target_judged(const Document& document, const TargetDecision& decision) override;
  void consent_asked(const ConsentQuestion& question) override;
  void step_done(const ConsentStep& step) override;
  void consent_judged(const ConsentVerdict& verdict) override;
  void concluded(const Conclusion& conclusion) override;

 private:
  const CheckArguments& arguments_;
  std::ostream& out_;
  Json fault_ = Json::null();
  Json document_ = Json::null();
  Json origin_ = Json::null();
  Json target_ = Json::null();
  Json consent_ = Json::array();
  // Of the owner who is being asked.
  Json question_ = Json::null();
  Json steps_ = Json::array();
};

Json json_of(const FileFault& fault);
Json json_of(const std::string& file, std::span<const Warning> warnings);
Json json_of(const std::string& file, const FileFault& fault);  ///< of a lint without a policy
Json json_of(const ConsentRecord& record);

}  // namespace policy::tool
