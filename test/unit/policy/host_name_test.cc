// SPDX-License-Identifier: Apache-2.0
#include "policy/host_name.hh"

#include <string>

#include "test/unit/catch.hh"
#include "test/unit/policy/contains.hh"

using policy::HostNameStyle;
using policy::is_below;
using policy::parse_host_name;

TEST_CASE("A host name is lowered and loses its trailing dot", "[policy][rfc1123-2.1]") {
  CHECK(parse_host_name("IRC.Example.ORG", HostNameStyle::ldh) == "irc.example.org");
  CHECK(parse_host_name("irc.example.org.", HostNameStyle::ldh) == "irc.example.org");
  CHECK(parse_host_name("localhost", HostNameStyle::ldh) == "localhost");
  CHECK(parse_host_name("3com.example", HostNameStyle::ldh) == "3com.example");
  CHECK(parse_host_name("xn--bcher-kva.example", HostNameStyle::ldh) == "xn--bcher-kva.example");
  CHECK(parse_host_name("my_app.example", HostNameStyle::browser_sent) == "my_app.example");
  CHECK(parse_host_name("-a-.example", HostNameStyle::browser_sent) == "-a-.example");
}

TEST_CASE("What is no host name is refused with what to write", "[policy]") {
  struct Row {
    std::string text;
    std::string_view hint;
  };
  const auto row = GENERATE(values<Row>({
      {"", "is no host name"},
      {".", "empty label"},
      {"a..b", "empty label"},
      {".a", "empty label"},
      {"a..", "empty label"},
      {"a b", "letters, digits, hyphens"},
      {"a_b", "letters, digits, hyphens"},
      {"a/b", "letters, digits, hyphens"},
      {"a%2eb", "letters, digits, hyphens"},
      {"a*b", "letters, digits, hyphens"},
      {"a@b", "letters, digits, hyphens"},
      {std::string("a\0b", 3), "letters, digits, hyphens"},
      {"-a.b", "hyphen at its end"},
      {"a-.b", "hyphen at its end"},
      {"b\xc3\xbc"
       "cher.example",
       "A-label"},
      {"example\xe3\x80\x82org", "A-label"},  // ideographic full stop
      {std::string(64, 'a') + ".b", "63"},
      {"2130706433", "is a number"},
      {"127.1", "is a number"},
      {"0x7f.1", "is a number"},
      {"a.1", "is a number"},
      {"127.0.0.1.", "is a number"},
  }));
  INFO(row.text);
  const auto parsed = parse_host_name(row.text, HostNameStyle::ldh);
  REQUIRE_FALSE(parsed);
  INFO(parsed.error());
  CHECK(contains(parsed.error(), row.hint));
}

TEST_CASE("A label has 63 octets at most and a name 253", "[policy][rfc1035-2.3.4]") {
  const std::string label(63, 'a');
  CHECK(parse_host_name(label, HostNameStyle::ldh) == label);
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  REQUIRE(longest.size() == 253);
  CHECK(parse_host_name(longest, HostNameStyle::ldh) == longest);
  CHECK(parse_host_name(longest + ".", HostNameStyle::ldh) == longest);
  CHECK_FALSE(parse_host_name(longest + "b", HostNameStyle::ldh));
}

TEST_CASE("Below a name is any depth, and never the name itself", "[policy]") {
  CHECK(is_below("a.example.com", "example.com"));
  CHECK(is_below("a.b.example.com", "example.com"));
  CHECK_FALSE(is_below("example.com", "example.com"));
  CHECK_FALSE(is_below("evilexample.com", "example.com"));
  CHECK_FALSE(is_below(".example.com", "example.com"));
  CHECK_FALSE(is_below("example.com.evil.net", "example.com"));
  CHECK_FALSE(is_below("com", "example.com"));
}
