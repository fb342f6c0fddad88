// SPDX-License-Identifier: Apache-2.0
#include "policy/target.hh"

#include <string>
#include <vector>

#include "test/unit/catch.hh"
#include "test/unit/policy/contains.hh"

using policy::Address;
using policy::parse_target_rule;
using policy::TargetRule;
using policy::TargetRules;
using Kind = policy::TargetRule::Kind;

namespace {

TargetRules rules_of(const std::vector<std::string>& texts) {
  TargetRules rules;
  for (const std::string& text : texts) {
    rules.add(parse_target_rule(text).value());
  }
  return rules;
}

std::vector<std::string> texts_of(const TargetRules& rules) {
  std::vector<std::string> texts;
  for (const TargetRule& rule : rules.rules()) {
    texts.push_back(rule.text);
  }
  return texts;
}

}  // namespace

TEST_CASE("Every form of a target rule is read", "[policy][target]") {
  struct Row {
    std::string_view text;
    Kind kind;
    std::string_view subject;  // range, name, parent or glob
    std::string_view ports;
  };
  const auto row = GENERATE(values<Row>({
      {"none", Kind::none, "", "*"},
      {"same-host", Kind::same_host, "", "*"},
      {"Same-Host", Kind::same_host, "", "*"},
      {"same-host:6667", Kind::same_host, "", "6667"},
      {"same-host:6660-6669,7000", Kind::same_host, "", "6660-6669,7000"},
      {"consent", Kind::consent, "", "*"},
      {"consent:6667", Kind::consent, "", "6667"},
      {"10.0.0.0/8:6660-6669", Kind::range, "10.0.0.0/8", "6660-6669"},
      {"192.0.2.1:25", Kind::range, "192.0.2.1/32", "25"},
      {"0.0.0.0/0:*", Kind::range, "0.0.0.0/0", "*"},
      {"[2001:db8::]/32:*", Kind::range, "2001:db8::/32", "*"},
      {"[2001:db8::1]:25", Kind::range, "2001:db8::1/128", "25"},
      {"[::ffff:192.0.2.1]:25", Kind::range, "192.0.2.1/32", "25"},
      {"[::ffff:10.0.0.0]/104:25", Kind::range, "10.0.0.0/8", "25"},
      {"irc.example.org:*", Kind::name, "irc.example.org", "*"},
      {"IRC.Example.org.:6667,6697", Kind::name, "irc.example.org", "6667,6697"},
      {"localhost:22", Kind::name, "localhost", "22"},
      {"*.example.org:6667", Kind::subdomains, "example.org", "6667"},
      {"*.org:6667", Kind::subdomains, "org", "6667"},
      {"unix:/run/app/*.sock", Kind::unix_socket, "/run/app/*.sock", "*"},
      {"unix:/run/[ab]/?", Kind::unix_socket, "/run/[ab]/?", "*"},
  }));
  INFO(row.text);
  const auto rule = parse_target_rule(row.text);
  REQUIRE(rule);
  CHECK(rule->kind == row.kind);
  CHECK((rule->range ? rule->range->to_string() : rule->pattern) == row.subject);
  CHECK(rule->ports.to_string() == row.ports);
  CHECK(rule->text == row.text);
}

TEST_CASE("A bad target rule is refused with what to write", "[policy][target]") {
  struct Row {
    std::string_view text;
    std::string_view hint;
  };
  const auto row = GENERATE(values<Row>({
      {"", "one rule an argument"},
      {"same-host consent", "one rule an argument"},
      {"irc.example.org", "or :* for every port"},
      {"192.0.2.1", "or :* for every port"},
      {"10.0.0.0/8", "or :* for every port"},
      {"*.example.org", "or :* for every port"},
      {"[2001:db8::1]", "or :* for every port"},
      {"[2001:db8::]/32", "or :* for every port"},
      {"same-hosts", "or :* for every port"},
      {"2001:db8::1:25", "has no brackets"},
      {"2001:db8::/32:*", "has no brackets"},
      {"::1", "has no brackets"},
      {"irc.example.org:", "is no port"},
      {"irc.example.org:0", "is no port"},
      {"irc.example.org:irc", "is no port"},
      {"same-host:", "is no port"},
      {"consent:x", "is no port"},
      {"10.0.0.1/8:25", "write 10.0.0.0/8"},
      {"10.0.0.0/40:25", "from 0 to 32"},
      {"[10.0.0.0]/8:25", "is no address"},
      {"[10.0.0.1]:25", "letters, digits"},
      {"[2001:db8::/32]:25", "is no address"},
      {"[2001:db8::1:25", "or :* for every port"},
      {"2130706433:25", "is a number"},
      {"127.1:25", "is a number"},
      {"0x7f.0.0.1:25", "is a number"},
      {"127.1/8:25", "is no address"},
      {"*", "would be every host"},
      {"*:25", "would be every host"},
      {"UNIX:/run/app.sock", "unix: in small letters"},
      {"*:*", "would be every host"},
      {"*.*.example.org:25", "whole first label"},
      {"irc*.example.org:25", "whole first label"},
      {"irc.*.org:25", "whole first label"},
      {"*example.org:25", "whole first label"},
      {"*.127.0.0.1:25", "is a number"},
      {"http://example.org:80", "is a URL"},
      {"user@example.org:80", "letters, digits"},
      {"irc_1.example.org:25", "letters, digits"},
      {"unix:run/x", "absolute"},
      {"unix:/run/../x", ".. segment"},
      {"unix:/run/*/../x", ".. segment"},
      {"unix:/run/[a", "not closed"},
      {"b\xc3\xbc"
       "cher.example:25",
       "not ASCII"},
  }));
  INFO(row.text);
  const auto rule = parse_target_rule(row.text);
  REQUIRE_FALSE(rule);
  INFO(rule.error());
  CHECK(contains(rule.error(), row.hint));
}

TEST_CASE("A rule matches the thing it names", "[policy][target]") {
  const TargetRule name = parse_target_rule("irc.example.org:*").value();
  CHECK(name.matches_name("irc.example.org"));
  CHECK_FALSE(name.matches_name("example.org"));
  CHECK_FALSE(name.matches_name("x.irc.example.org"));
  CHECK_FALSE(name.matches_name("irc.example.org.evil.net"));
  CHECK_FALSE(name.matches_path("irc.example.org"));

  const TargetRule below = parse_target_rule("*.example.org:*").value();
  CHECK(below.matches_name("irc.example.org"));
  CHECK(below.matches_name("a.b.example.org"));
  CHECK_FALSE(below.matches_name("example.org"));
  CHECK_FALSE(below.matches_name("evilexample.org"));

  const TargetRule range = parse_target_rule("10.0.0.0/8:25").value();
  CHECK(range.matches_address(*Address::parse("10.1.2.3")));
  CHECK(range.matches_address(*Address::parse("::ffff:10.1.2.3")));
  CHECK_FALSE(range.matches_address(*Address::parse("64:ff9b::10.1.2.3")));
  CHECK_FALSE(range.matches_name("10.1.2.3"));

  const TargetRule path = parse_target_rule("unix:/run/app/*.sock").value();
  CHECK(path.matches_path("/run/app/a.sock"));
  CHECK_FALSE(path.matches_path("/run/app/a/b.sock"));

  const TargetRule same_host = parse_target_rule("same-host").value();
  CHECK_FALSE(same_host.matches_name("same-host"));
  CHECK_FALSE(same_host.matches_address(*Address::parse("127.0.0.1")));
}

TEST_CASE("A section adds to the section round it", "[policy][target][merge]") {
  const TargetRules outer = rules_of({"same-host", "10.0.0.0/8:25"});
  const TargetRules inner = rules_of({"consent", "10.0.0.0/8:25"});
  CHECK(texts_of(TargetRules::merge(outer, inner)) ==
        std::vector<std::string>{"same-host", "10.0.0.0/8:25", "consent"});
  CHECK(texts_of(TargetRules::merge(outer, TargetRules{})) == texts_of(outer));
  CHECK(texts_of(TargetRules::merge(TargetRules{}, inner)) == texts_of(inner));
  CHECK(TargetRules::merge(TargetRules{}, TargetRules{}).empty());
}

TEST_CASE("None forgets what was said before and outside", "[policy][target][merge]") {
  const TargetRules outer = rules_of({"same-host", "10.0.0.0/8:25"});
  CHECK(rules_of({"same-host", "none"}).empty());
  CHECK(texts_of(rules_of({"same-host", "none", "consent"})) ==
        std::vector<std::string>{"consent"});
  CHECK(TargetRules::merge(outer, rules_of({"none"})).empty());
  CHECK(texts_of(TargetRules::merge(outer, rules_of({"none", "consent"}))) ==
        std::vector<std::string>{"consent"});
  // It holds for the sections within as well, whichever pair is merged first.
  const TargetRules middle = rules_of({"none", "consent"});
  const TargetRules inner = rules_of({"192.0.2.1:25"});
  const std::vector<std::string> expected = {"consent", "192.0.2.1:25"};
  CHECK(texts_of(TargetRules::merge(TargetRules::merge(outer, middle), inner)) == expected);
  CHECK(texts_of(TargetRules::merge(outer, TargetRules::merge(middle, inner))) == expected);
}

TEST_CASE("None is a keyword only when it stands alone", "[policy][target]") {
  CHECK(parse_target_rule("none:25").value().kind == Kind::name);
}
