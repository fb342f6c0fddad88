// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/frame/violation.hh"

#include <algorithm>
#include <set>
#include <string>

#include "mod_websocket/frame/close_code.hh"
#include "test/unit/catch.hh"

namespace websocket::frame {
namespace {

constexpr int k_count = static_cast<int>(k_last_violation) + 1;

TEST_CASE("every violation tells the peer something of its own, short and in ASCII",
          "[frame][rfc6455-5.5.1]") {
  std::set<std::string> seen;
  for (int i = 0; i < k_count; ++i) {
    const auto text = describe(static_cast<Violation>(i));
    CAPTURE(i, text);
    CHECK(text.size() >= 10);
    CHECK(text.size() <= 100);
    CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }));
    CHECK(seen.emplace(text).second);
  }
  CHECK(seen.count(std::string(describe(static_cast<Violation>(k_count)))) == 0);
}

TEST_CASE("every violation has the close code that its section asks for",
          "[frame][rfc6455-7.4.1]") {
  const auto code_of = [](Violation violation) {
    switch (violation) {
      case Violation::message_too_big: return 1009;
      case Violation::invalid_utf8:
      case Violation::close_reason_not_utf8:
      case Violation::deflate_corrupt:
      case Violation::line_break: return 1007;
      case Violation::text_not_accepted:
      case Violation::binary_not_accepted: return 1003;
      default: return 1002;
    }
  };
  for (int i = 0; i < k_count; ++i) {
    const auto violation = static_cast<Violation>(i);
    CAPTURE(i, describe(violation));
    CHECK(static_cast<int>(close_code(violation)) == code_of(violation));
  }
}

}  // namespace
}  // namespace websocket::frame
