// SPDX-License-Identifier: Apache-2.0
// The unit tests' main. Catch2's own would count a run without any test case as a success.
#define CATCH_CONFIG_RUNNER
#include "test/unit/catch.hh"

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace {

// How many test cases ran; -1 until a run has ended (--list-tests never runs any).
long cases_passed = -1;
long cases_failed = -1;
std::vector<std::string> failed_names;

#if __has_include(<catch2/catch_all.hpp>)
using Listener = Catch::EventListenerBase;
const std::string& name_of(const Catch::TestCaseStats& stats) { return stats.testInfo->name; }
#else
using Listener = Catch::TestEventListenerBase;
const std::string& name_of(const Catch::TestCaseStats& stats) { return stats.testInfo.name; }
#endif

struct CaseCounter : Listener {
  using Listener::Listener;
  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    if (stats.totals.testCases.failed > 0) failed_names.push_back(name_of(stats));
  }
  void testRunEnded(const Catch::TestRunStats& stats) override {
    cases_passed = static_cast<long>(stats.totals.testCases.passed);
    cases_failed = static_cast<long>(stats.totals.testCases.failed);
  }
};

CATCH_REGISTER_LISTENER(CaseCounter)

}  // namespace

// TEST_COUNTS names a file that gets "<passed> <failed>" in test cases, and the names of those that
// failed, for test/run.
int main(int argc, char** argv) {
  const int status = Catch::Session().run(argc, argv);
  if (cases_passed < 0) return status;
  if (const char* counts = std::getenv("TEST_COUNTS")) {
    std::ofstream out(counts);
    out << cases_passed << ' ' << cases_failed << '\n';
    for (const auto& name : failed_names) out << name << '\n';
  }
  return status == 0 && cases_passed + cases_failed == 0 ? EXIT_FAILURE : status;
}
