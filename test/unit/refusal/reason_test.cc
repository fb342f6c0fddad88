// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/refusal/reason.hh"

#include <algorithm>
#include <set>

#include "test/unit/catch.hh"

namespace websocket::refusal {
namespace {

TEST_CASE("each reason has a name of its own, fit for JSON and for a label", "[refusal]") {
  std::set<std::string_view> names;
  for (const Reason reason : k_reasons) {
    const std::string_view text = name(reason);
    CAPTURE(text);
    CHECK_FALSE(text.empty());
    CHECK(std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; }));
    CHECK(names.insert(text).second);
  }
  CHECK(names.size() == static_cast<std::size_t>(Reason::internal) + 1);
}

}  // namespace
}  // namespace websocket::refusal
