// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/refusal/rule.hh"

#include <set>
#include <vector>

#include "test/unit/catch.hh"

namespace websocket::refusal {
namespace {

template <class Enum>
std::vector<Enum> up_to(Enum last) {
  std::vector<Enum> all;
  for (int i = 0; i <= static_cast<int>(last); ++i) all.push_back(static_cast<Enum>(i));
  return all;
}

TEST_CASE("each fault of a handshake has a number of its own and one reason", "[refusal]") {
  std::set<std::string_view> numbers;
  for (const auto fault : up_to(handshake::Reason::extensions_malformed)) {
    const Rule rule = rule_of(fault);
    CAPTURE(rule.number);
    CHECK(numbers.insert(rule.number).second);
    CHECK(rule.name == handshake::name(fault));
    CHECK(rule.reason == Reason::handshake);
  }
  CHECK(numbers.size() == 10);
}

TEST_CASE("each rule of the policy has a number of its own, and the reason that is in its name",
          "[refusal]") {
  std::set<std::string_view> numbers;
  for (const auto refused : up_to(::policy::RefusalRule::no_address)) {
    const Rule rule = rule_of(refused);
    CAPTURE(rule.number, rule.name);
    CHECK(numbers.insert(rule.number).second);
    CHECK(rule.name == ::policy::name_of(refused));
    CHECK((rule.reason == Reason::origin) == rule.name.starts_with("origin-"));
    CHECK((rule.reason == Reason::lookup) == (refused == ::policy::RefusalRule::no_address));
  }
  CHECK(numbers.size() == 14);
}

}  // namespace
}  // namespace websocket::refusal
