// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/refusal/problem.hh"

#include <string>

#include "test/unit/catch.hh"

namespace websocket::refusal {
namespace {

TEST_CASE("a problem has the members of RFC 9457 and its reason", "[refusal][rfc9457-3.1]") {
  CHECK(problem(502, "Bad Gateway", "The target cannot be reached.", Reason::connect) == R"({
  "type": "about:blank",
  "title": "Bad Gateway",
  "status": 502,
  "detail": "The target cannot be reached.",
  "reason": "connect"
}
)");
}

TEST_CASE("no text breaks out of its member", "[refusal]") {
  const std::string text = problem(400, "Bad", "\"},\n\\", Reason::handshake);
  CHECK(text.find(R"("detail": "\"},\n\\",)") != std::string::npos);
}

}  // namespace
}  // namespace websocket::refusal
