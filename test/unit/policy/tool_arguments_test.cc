// SPDX-License-Identifier: Apache-2.0
#include "policy/tool/arguments.hh"

#include <string>
#include <string_view>
#include <vector>

#include "test/unit/catch.hh"

using namespace policy::tool;

namespace {

using Words = std::vector<std::string_view>;

CheckArguments check(Words words) {
  words.insert(words.begin(), "check");
  const auto command = parse_arguments(words);
  INFO((command ? std::string() : command.error()));
  REQUIRE(command);
  return std::get<CheckArguments>(*command);
}

std::string fault(const Words& words) {
  for (const auto word : words) UNSCOPED_INFO(word);
  const auto command = parse_arguments(words);
  REQUIRE_FALSE(command);
  return command.error();
}

std::vector<std::string> rules_of(const CheckArguments& arguments) {
  std::vector<std::string> texts;
  for (const auto& rule : arguments.rules.rules()) texts.push_back(rule.text);
  return texts;
}

}  // namespace

TEST_CASE("check without options only reads the document", "[policy][tool]") {
  const auto arguments = check({"irc.xml"});
  CHECK(arguments.file == "irc.xml");
  CHECK_FALSE(arguments.as_json);
  CHECK_FALSE(arguments.served_by);
  CHECK(check({"-", "--json"}).as_json);
  CHECK(check({"--", "--json"}).file == "--json");
}

TEST_CASE("check takes what the directives take", "[policy][tool]") {
  const auto arguments =
      check({"--served-by=www.Example.com", "irc.xml", "--origin", "https://a.example",
             "--resolver", "192.0.2.53", "--resolver=[2001:db8::53]:5353", "--target", "none",
             "--target", "10.0.0.0/8:6667", "--own-listener", "*:443", "--own-listener", "80",
             "--own-listener", "[2001:db8::80]:8080"});
  CHECK(arguments.served_by->host == "www.example.com");
  CHECK(arguments.served_by->own.to_string() == "https://www.example.com");
  CHECK(arguments.origin->header == "https://a.example");
  REQUIRE(arguments.resolvers.size() == 2);
  CHECK(arguments.resolvers[1].to_string() == "[2001:db8::53]:5353");
  CHECK(rules_of(arguments) == std::vector<std::string>{"10.0.0.0/8:6667"});
  CHECK_FALSE(arguments.rules_assumed);
  REQUIRE(arguments.own_listeners.size() == 3);
  CHECK_FALSE(arguments.own_listeners[0].address);
  CHECK_FALSE(arguments.own_listeners[1].address);
  CHECK(arguments.own_listeners[1].port == 80);
  CHECK(arguments.own_listeners[2].address->to_string() == "2001:db8::80");
}

TEST_CASE("without rules those of 2008 are taken, and said to be", "[policy][tool]") {
  const auto arguments = check({"irc.xml", "--served-by", "www.example.com"});
  CHECK(arguments.rules_assumed);
  CHECK(rules_of(arguments) == std::vector<std::string>{"same-host", "consent"});
  CHECK(check({"a", "--served-by", "b.example", "--administrators"}).rules.empty());
}

TEST_CASE("no origin is another thing than none asked for", "[policy][tool]") {
  CHECK_FALSE(check({"a", "--served-by", "b.example"}).origin);
  const auto arguments = check({"a", "--served-by", "b.example", "--no-origin"});
  REQUIRE(arguments.origin);
  CHECK_FALSE(arguments.origin->header);
}

TEST_CASE("the virtual host may be told by its URL", "[policy][tool]") {
  const auto url = check({"a", "--served-by", "http://www.example.com:8080"}).served_by;
  CHECK(url->host == "www.example.com");
  CHECK(url->own.to_string() == "http://www.example.com:8080");
  CHECK(check({"a", "--served-by", "2001:db8::1"}).served_by->host == "2001:db8::1");
  CHECK(check({"a", "--served-by", "https://[2001:db8::1]"}).served_by->host == "2001:db8::1");
}

TEST_CASE("a trust anchor means DNSSEC, unless that is contradicted", "[policy][tool]") {
  const Words base{"check", "a", "--served-by", "b.example", "--trust-anchor", "keys"};
  const auto command = parse_arguments(base);
  REQUIRE(command);
  CHECK(std::get<CheckArguments>(*command).consent == ConsentAsked::dnssec);
  Words contradicted = base;
  contradicted.insert(contradicted.end(), {"--consent", "dns"});
  CHECK(fault(contradicted) == "--trust-anchor is of use with --consent dnssec only");
}

TEST_CASE("arguments that make no sense are refused with what to write", "[policy][tool]") {
  const auto refused = GENERATE(
      Words{}, Words{"chek"}, Words{"--versions"}, Words{"check"}, Words{"check", "a", "b"},
      Words{"check", "a", "--orign", "x"}, Words{"check", "a", "--origin"},
      Words{"check", "a", "--json=yes"}, Words{"check", "a", "--no-origin=1"},
      Words{"check", "a", "--origin", "https://a.example"}, Words{"check", "a", "--administrators"},
      Words{"check", "a", "--served-by", "not a name"},
      Words{"check", "a", "--served-by", "file:///a"},
      Words{"check", "a", "--served-by", "b", "--resolver", "dns.example"},
      Words{"check", "a", "--served-by", "b", "--target", "10.0.0.1"},
      Words{"check", "a", "--served-by", "b", "--consent", "maybe"},
      Words{"check", "a", "--served-by", "b", "--own-listener", "www.example.com:80"},
      Words{"check", "a", "--served-by", "b", "--own-listener", "*:0"}, Words{"lint"},
      Words{"lint", "a", "b"}, Words{"lint", "a", "--origin", "x"}, Words{"record"},
      Words{"record", "--from", "a.example"}, Words{"record", "--port", "6667"},
      Words{"record", "--from", "a", "--port", "0"},
      Words{"record", "--from", "a", "--port", "1", "--port", "2"},
      Words{"record", "--from", "a", "--port", "1", "--for", "not a name"},
      Words{"record", "--from", "a", "--port", "1", "--for", "::1", "--for", "192.0.2.1"},
      Words{"record", "--from", "a", "--port", "1", "--for", "b.example", "--for", "c.example"},
      Words{"record", "a", "--from", "a", "--port", "1"});
  CHECK(!fault(refused).empty());
}

TEST_CASE("a port beside the virtual host's name is to be part of a URL", "[policy][tool]") {
  const auto* const text = GENERATE("www.example.com:8443", "192.0.2.1:80", "[2001:db8::1]:8443");
  INFO(text);
  CHECK(fault(Words{"check", "a", "--served-by", text}) ==
        "--served-by: \"" + std::string(text) +
            "\" has a port; write the URL, https://www.example.com:8443");
}

TEST_CASE("record takes hosts, ports and what it is for", "[policy][tool]") {
  const auto command =
      parse_arguments(Words{"record", "--from", "a.example", "--from=*.b.example", "--port",
                            "6667,6697", "--for", "192.0.2.1", "--for", "IRC.example.", "--json"});
  REQUIRE(command);
  const auto& record = std::get<RecordArguments>(*command);
  CHECK(record.as_json);
  CHECK(record.request.from == std::vector<std::string>{"a.example", "*.b.example"});
  CHECK(record.request.ports.contains(6697));
  CHECK_FALSE(record.request.ports.contains(6668));
  CHECK(record.request.address->to_string() == "192.0.2.1");
  CHECK(record.request.name == "irc.example");
}

TEST_CASE("help is given wherever it is asked for", "[policy][tool]") {
  for (const Words& words : {Words{"--help"}, Words{"check", "--help"}, Words{"-h"}}) {
    const auto command = parse_arguments(words);
    REQUIRE(command);
    CHECK(std::holds_alternative<HelpAsked>(*command));
  }
  CHECK(std::holds_alternative<VersionAsked>(*parse_arguments(Words{"--version"})));
}
