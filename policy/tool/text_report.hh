// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

#include "policy/tool/lint.hh"
#include "policy/tool/record.hh"
#include "policy/tool/report.hh"

namespace policy::tool {

/// For a person at a terminal: each step as it is done.
class TextReport final : public Report {
 public:
  TextReport(const CheckArguments& arguments, std::ostream& out)
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
  void heading(std::string_view text);
  void line(std::size_t depth, std::string_view text);

  const CheckArguments& arguments_;
  std::ostream& out_;
};

/// `FILE:LINE:COLUMN: message`
std::string fault_line(const std::string& file, const FileFault& fault);

/// A line a warning, `FILE:LINE: message [name]`, and how many there were.
void write_warnings(const std::string& file, std::span<const Warning> warnings, std::ostream& out);

/// The record alone to `out`, so that it can be piped; where to publish it to `explanation`.
void write_record(const ConsentRecord& record, std::ostream& out, std::ostream& explanation);

}  // namespace policy::tool
