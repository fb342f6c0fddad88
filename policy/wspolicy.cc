// SPDX-License-Identifier: Apache-2.0
//
// wspolicy: what the module would make of a policy, on the command line. Here is only who is
// called; policy/tool/ holds the commands, policy/ what they and the module decide by.
#include <exception>
#include <iostream>
#include <string_view>
#include <vector>

#include "policy/tool/arguments.hh"
#include "policy/tool/check.hh"
#include "policy/tool/element_lines.hh"
#include "policy/tool/exit_status.hh"
#include "policy/tool/json_report.hh"
#include "policy/tool/lint.hh"
#include "policy/tool/record.hh"
#include "policy/tool/terminal.hh"
#include "policy/tool/text_report.hh"
#include "policy/tool/usage.hh"

namespace policy::tool {
namespace {

ExitStatus complain(std::string_view why) {
  std::cerr << "wspolicy: " << terminal_line(why) << '\n';
  return ExitStatus::unusable;
}

ExitStatus run(const CheckArguments& arguments) {
  if (arguments.as_json) {
    Report unheard;
    const auto result = check(arguments, unheard);
    std::cout << json_of(arguments, result).to_string();
    return exit_status(result.conclusion.verdict);
  }
  TextReport report(arguments, std::cout);
  return exit_status(check(arguments, report).conclusion.verdict);
}

ExitStatus run(const LintArguments& arguments) {
  const auto file = read_document_file(arguments.file);
  if (!file) {
    if (arguments.as_json) std::cout << json_of(arguments.file, file.error()).to_string();
    return complain(fault_line(shown_path(arguments.file), file.error()));
  }
  const auto warnings = lint(file->document, ElementLines(file->text));
  if (arguments.as_json) {
    std::cout << json_of(arguments.file, warnings).to_string();
  } else {
    write_warnings(shown_path(arguments.file), warnings, std::cout);
  }
  return warnings.empty() ? ExitStatus::good : ExitStatus::refused;
}

ExitStatus run(const RecordArguments& arguments) {
  const auto record = make_record(arguments.request);
  if (!record) return complain(record.error());
  if (arguments.as_json) {
    std::cout << json_of(*record).to_string();
  } else {
    write_record(*record, std::cout, std::cerr);
  }
  return ExitStatus::good;
}

ExitStatus run(const HelpAsked&) {
  std::cout << usage_text();
  return ExitStatus::good;
}

ExitStatus run(const VersionAsked&) {
  std::cout << "wspolicy (mod_websocket) " MOD_WEBSOCKET_VERSION "\n";
  return ExitStatus::good;
}

ExitStatus dispatch(const std::vector<std::string_view>& words) {
  const auto command = parse_arguments(words);
  if (!command) return complain(command.error());
  const auto status = std::visit([](const auto& arguments) { return run(arguments); }, *command);
  // A report that could not be written (a full disk, a closed pipe) is none.
  if (!std::cout.flush()) return complain("cannot write the report");
  return status;
}

}  // namespace
}  // namespace policy::tool

int main(int count, char** words) {
  using policy::tool::ExitStatus;
  try {
    return static_cast<int>(policy::tool::dispatch({words + (count > 0 ? 1 : 0), words + count}));
  } catch (const std::exception& error) {
    std::cerr << "wspolicy: " << error.what() << '\n';
  }
  return static_cast<int>(ExitStatus::unusable);
}
