// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "policy/decide.hh"
#include "test/unit/catch.hh"
#include "test/unit/policy/contains.hh"

using policy::decide_origin;
using policy::Document;
using policy::Origin;
using policy::OriginPattern;
using policy::RefusalRule;

namespace {

Document allowing(const std::vector<std::string>& patterns) {
  Document document;
  for (const std::string& pattern : patterns) {
    document.allow_origins.push_back(OriginPattern::parse(pattern).value());
  }
  return document;
}

const Origin& own() {
  static const Origin origin = Origin::parse("https://www.example.com").value();
  return origin;
}

}  // namespace

TEST_CASE("An origin is granted by the pattern that matches", "[policy][decide]") {
  struct Row {
    std::vector<std::string> patterns;
    std::optional<std::string_view> header;
    std::string_view reason;
  };
  const auto row = GENERATE(values<Row>({
      {{}, "https://www.example.com", "the document's own"},
      {{}, "https://WWW.example.com:443", "the document's own"},
      {{"*"}, "https://evil.net", "allow-origin *"},
      {{"*"}, "null", "allow-origin *"},
      {{"*"}, std::nullopt, "no Origin, allowed by allow-origin *"},
      {{"https://a.example", "*"}, std::nullopt, "allow-origin *"},
      {{"null"}, "null", "allow-origin null"},
      {{"https://a.example", "https://*.b.example"},
       "https://x.b.example",
       "allow-origin https://*.b.example"},
      {{"https://a.example"}, "  https://a.example\t", "allow-origin https://a.example"},
  }));
  const auto decision = decide_origin(allowing(row.patterns), row.header, own());
  REQUIRE(decision);
  INFO(decision->log_text);
  CHECK(contains(decision->log_text, row.reason));
}

TEST_CASE("An origin is refused by a named rule", "[policy][decide]") {
  struct Row {
    std::vector<std::string> patterns;
    std::optional<std::string_view> header;
    RefusalRule rule;
    std::string_view hint;
  };
  const auto row = GENERATE(values<Row>({
      {{}, std::nullopt, RefusalRule::origin_missing, "<allow-origin>*</allow-origin>"},
      {{"https://a.example"}, std::nullopt, RefusalRule::origin_missing, "no Origin"},
      {{"null"}, std::nullopt, RefusalRule::origin_missing, "no Origin"},
      {{}, "https://evil.net", RefusalRule::origin_not_own, "https://www.example.com"},
      {{},
       "http://www.example.com",
       RefusalRule::origin_not_own,
       "write <allow-origin>http://www.example.com</allow-origin>"},
      {{}, "https://www.example.com:8443", RefusalRule::origin_not_own, ":8443"},
      {{}, "https://www.example.com.evil.net", RefusalRule::origin_not_own, "evil.net"},
      {{}, "null", RefusalRule::origin_null, "<allow-origin>null</allow-origin>"},
      {{"https://a.example"}, "null", RefusalRule::origin_null, "sandboxed"},
      // With a list the page's own origin has to be on it as well.
      {{"https://a.example"},
       "https://www.example.com",
       RefusalRule::origin_not_listed,
       "matches no allow-origin"},
      {{"https://*.example.com"}, "https://example.com", RefusalRule::origin_not_listed, ""},
      {{"null"}, "https://a.example", RefusalRule::origin_not_listed, ""},
      {{"*"}, "https://a.example, https://b.example", RefusalRule::origin_several, "several"},
      {{"*"}, "https://a.example https://b.example", RefusalRule::origin_several, "several"},
      {{}, "https://www.example.com, https://www.example.com", RefusalRule::origin_several, ""},
      {{"null"}, "null, null", RefusalRule::origin_several, ""},
      {{"*"}, ",", RefusalRule::origin_several, ""},
      {{"*"}, "", RefusalRule::origin_malformed, "Origin header"},
      {{"*"}, " ", RefusalRule::origin_malformed, "Origin header"},
      {{"*"}, "www.example.com", RefusalRule::origin_malformed, "no scheme"},
      {{}, "https://www.example.com/", RefusalRule::origin_malformed, "has a path"},
      {{}, "https://www.example.com.", RefusalRule::origin_malformed, "ends in a dot"},
      {{}, "https://user@www.example.com", RefusalRule::origin_malformed, "user name"},
      {{}, "https://www.ex\xd0\xb0mple.com", RefusalRule::origin_malformed, "not ASCII"},
      {{"https://*.example.com"}, "https://*.example.com", RefusalRule::origin_malformed, ""},
      {{"*"}, "*", RefusalRule::origin_malformed, "no scheme"},
      {{"*"}, "Null", RefusalRule::origin_malformed, "no scheme"},
      {{"*"}, "https://a.example\r\n[error] forged", RefusalRule::origin_several, "\\x0d\\x0a"},
  }));
  INFO(row.header.value_or("(none)"));
  const auto decision = decide_origin(allowing(row.patterns), row.header, own());
  REQUIRE_FALSE(decision);
  INFO(decision.error().log_text);
  CHECK(name_of(decision.error().rule) == name_of(row.rule));
  CHECK(contains(decision.error().log_text, row.hint));
  CHECK_FALSE(contains(decision.error().log_text, "\n"));
}

TEST_CASE("An opaque origin of the server's own grants nothing", "[policy][decide]") {
  CHECK_FALSE(decide_origin(allowing({}), "null", Origin::opaque()));
}

TEST_CASE("What the client reads names no host", "[policy][decide]") {
  for (int i = 0; i <= static_cast<int>(RefusalRule::no_address); ++i) {
    const auto rule = static_cast<RefusalRule>(i);
    INFO(name_of(rule));
    CHECK(name_of(rule) != "unknown");
    CHECK(policy::client_text(rule).size() > 20);
    CHECK_FALSE(contains(policy::client_text(rule), "WebSocketTarget"));
  }
}
