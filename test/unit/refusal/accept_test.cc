// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/refusal/accept.hh"

#include <string>

#include "test/unit/catch.hh"

namespace websocket::refusal {
namespace {

TEST_CASE("problem+json is preferred where it is named", "[refusal][rfc9110-12.5.1]") {
  const std::string_view accept =
      GENERATE("application/problem+json", "Application/Problem+JSON", " application/problem+json ",
               "application/problem+json, */*", "application/json, application/problem+json;q=0.5",
               "text/html, application/problem+json;q=0.001", "application/problem+json ; q=1.000",
               "application/problem+json;Q=0.5", ", ,application/problem+json,",
               "*/*;q=0.8, application/problem+json;q=0.8", "application/problem+json;;q=1;",
               "text/*;q=0.9, application/problem+json;q=0.8, text/plain;q=0.1",
               R"(text/plain;x="a,b", application/problem+json;q=0.1)",
               "application/problem+json;q=0, application/problem+json");
  CAPTURE(accept);
  CHECK(prefers_problem(accept));
}

TEST_CASE("it is not where it is not named, refused, or wanted less than text",
          "[refusal][rfc9110-12.5.1]") {
  const std::string_view accept = GENERATE(
      "", "*/*", "application/*", "application/json", "text/html,application/xhtml+xml,*/*;q=0.8",
      "application/problem+json;q=0", "application/problem+json;q=0.000", "*/*, text/plain",
      "application/problem+json;q=0, */*", "application/problem+xml", "xapplication/problem+json",
      "application/problem+json;q=0.5, text/plain", "application/problem+json;q=0.5, text/*",
      "application/problem+json;q=0.5, */*", "text/plain;q=0.501, application/problem+json;q=0.5");
  CAPTURE(accept);
  CHECK_FALSE(prefers_problem(accept));
}

TEST_CASE("a weight that is none makes its range match nothing", "[refusal][rfc9110-12.4.2]") {
  const std::string weight = GENERATE("", "2", "1.001", "-1", "0.1234", "1.0000", ".5", "0,5", "a",
                                      "00", "1x", "\"1\"", "0.5 0.5");
  CAPTURE(weight);
  CHECK_FALSE(prefers_problem("application/problem+json;q=" + weight));
}

TEST_CASE("a weight has up to three digits", "[refusal][rfc9110-12.4.2]") {
  const std::string weight = GENERATE("1", "1.", "1.0", "1.00", "1.000", "0.1", "0.01", "0.001");
  CAPTURE(weight);
  CHECK(prefers_problem("application/problem+json;q=" + weight));
}

TEST_CASE("a range with parameters of its own is another", "[refusal][rfc9110-12.5.1]") {
  CHECK_FALSE(prefers_problem("application/problem+json;profile=x"));
  CHECK_FALSE(prefers_problem(R"(application/problem+json;x="a;q=1")"));
  CHECK(prefers_problem("text/plain;format=flowed, application/problem+json;q=0.2"));
}

}  // namespace
}  // namespace websocket::refusal
