// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "policy/decide.hh"
#include "test/unit/catch.hh"
#include "test/unit/policy/contains.hh"

using policy::Address;
using policy::decide_target;
using policy::Endpoint;
using policy::Listener;
using policy::RefusalRule;
using policy::Surroundings;
using policy::TargetDecision;
using policy::TargetRules;
using policy::Verdict;

namespace {

using Texts = std::vector<std::string>;

Endpoint endpoint(std::string_view host, std::uint16_t port) {
  Endpoint endpoint = host.empty() ? Endpoint{} : policy::parse_endpoint_host(host).value();
  endpoint.port = port;
  return endpoint;
}

std::vector<Address> addresses(const Texts& texts) {
  std::vector<Address> addresses;
  for (const std::string& text : texts) {
    addresses.push_back(Address::parse(text).value());
  }
  return addresses;
}

TargetRules rules_of(const Texts& texts) {
  TargetRules rules;
  for (const std::string& text : texts) {
    rules.add(policy::parse_target_rule(text).value());
  }
  return rules;
}

/// 192.0.2.10 and 2001:db8::10; httpd on every address' port 80 and on 192.0.2.10:8443.
const Surroundings& surroundings() {
  static const Surroundings here{
      addresses({"192.0.2.10", "2001:db8::10", "fe80::10"}),
      {Listener{std::nullopt, 80}, Listener{Address::parse("192.0.2.10"), 8443}}};
  return here;
}

TargetDecision decide(std::string_view host, std::uint16_t port, const Texts& resolved,
                      const Texts& rules, bool administrators_own = false) {
  return decide_target(endpoint(host, port), addresses(resolved), rules_of(rules), surroundings(),
                       administrators_own);
}

Texts texts_of(const std::vector<Address>& addresses) {
  Texts texts;
  for (const Address& address : addresses) {
    texts.push_back(address.to_string());
  }
  return texts;
}

}  // namespace

TEST_CASE("A target is allowed by the rule that speaks for it", "[policy][decide]") {
  struct Row {
    std::string_view host;
    std::uint16_t port;
    std::string address;
    Texts rules;
    std::string_view rule;
  };
  const auto row = GENERATE(values<Row>({
      {"", 6667, "127.0.0.1", {"same-host"}, "same-host"},
      {"", 6667, "::1", {"same-host:6667"}, "same-host:6667"},
      {"127.0.0.2", 6667, "127.0.0.2", {"same-host"}, "same-host"},
      {"www.example.com", 6667, "192.0.2.10", {"same-host"}, "same-host"},
      {"2001:db8::10", 6667, "2001:db8::10", {"same-host"}, "same-host"},
      {"localhost", 6667, "127.0.0.1", {"localhost:6667"}, "localhost:6667"},
      {"x.localhost", 6667, "127.0.0.1", {"*.localhost:*"}, "*.localhost:*"},
      {"10.1.2.3", 6667, "10.1.2.3", {"10.0.0.0/8:6660-6669"}, "10.0.0.0/8:6660-6669"},
      {"irc.example.org", 6667, "10.1.2.3", {"10.0.0.0/8:6660-6669"}, "10.0.0.0/8:6660-6669"},
      {"irc.example.org", 6667, "198.51.100.1", {"irc.example.org:*"}, "irc.example.org:*"},
      {"irc.example.org", 6667, "198.51.100.1", {"*.example.org:6667"}, "*.example.org:6667"},
      {"irc.example.org", 6667, "10.1.2.3", {"irc.example.org:*"}, "irc.example.org:*"},
      {"irc.example.org",
       6667,
       "10.1.2.3",
       {"*.example.org:*", "irc.example.org:6667"},
       "irc.example.org:6667"},
      {"irc.example.org", 6667, "10.1.2.3", {"*.example.org:*", "10.0.0.0/8:*"}, "10.0.0.0/8:*"},
      {"irc.example.org", 6667, "192.0.2.10", {"irc.example.org:*", "same-host"}, "same-host"},
      {"irc.example.org", 6667, "172.32.0.1", {"*.example.org:*"}, "*.example.org:*"},
      {"2001:db8::9", 25, "2001:db8::9", {"[2001:db8::]/32:*"}, "[2001:db8::]/32:*"},
      {"198.51.100.1", 25, "198.51.100.1", {"0.0.0.0/0:*"}, "0.0.0.0/0:*"},
      // The first that allows is the one named; consent only where nothing else does.
      {"10.1.2.3", 25, "10.1.2.3", {"consent", "10.0.0.0/8:*", "10.1.2.3:25"}, "10.0.0.0/8:*"},
      {"10.1.2.3", 25, "10.1.2.3", {"10.0.0.0/8:26", "10.1.2.3:25"}, "10.1.2.3:25"},
      // Listed by address.
      {"169.254.1.1", 25, "169.254.1.1", {"169.254.1.1:25"}, "169.254.1.1:25"},
      {"169.254.1.1", 25, "169.254.1.1", {"169.254.0.0/16:*"}, "169.254.0.0/16:*"},
      {"169.254.1.1", 25, "169.254.1.1", {"0.0.0.0/0:*", "169.254.1.0/24:25"}, "169.254.1.0/24:25"},
      {"100.100.100.200", 80, "100.100.100.200", {"100.100.100.200:80"}, "100.100.100.200:80"},
      {"64:ff9b::7f00:1", 25, "64:ff9b::7f00:1", {"[64:ff9b::7f00:1]:25"}, "[64:ff9b::7f00:1]:25"},
      {"", 80, "127.0.0.1", {"127.0.0.1:80"}, "127.0.0.1:80"},
      {"192.0.2.10", 8443, "192.0.2.10", {"192.0.2.10:*"}, "192.0.2.10:*"},
      {"192.0.2.10", 80, "192.0.2.10", {"192.0.2.0/24:*", "192.0.2.10:80"}, "192.0.2.10:80"},
      {"64:ff9b::a9fe:101",
       80,
       "64:ff9b::a9fe:101",
       {"[::]/0:*", "[64:ff9b::a9fe:101]:80"},
       "[64:ff9b::a9fe:101]:80"},
      // Not this server's listeners.
      {"", 8443, "127.0.0.1", {"same-host"}, "same-host"},
      {"198.51.100.1", 80, "198.51.100.1", {"0.0.0.0/0:*"}, "0.0.0.0/0:*"},
      {"192.0.2.11", 8443, "192.0.2.11", {"192.0.2.0/24:*"}, "192.0.2.0/24:*"},
  }));
  INFO(row.host << " " << row.address << " port " << row.port);
  const TargetDecision decision = decide(row.host, row.port, {row.address}, row.rules);
  INFO(decision.judgements.at(0).log_text);
  CHECK(texts_of(decision.allowed()) == texts_of(addresses({row.address})));
  CHECK(decision.judgements.at(0).rule == row.rule);
  CHECK(contains(decision.judgements.at(0).log_text, "allowed by " + std::string(row.rule)));
  CHECK(decision.any_allowed());
  CHECK_FALSE(decision.any_needs_consent());
  CHECK_FALSE(decision.refusal());
}

TEST_CASE("A target is refused by a named rule that says what would change it",
          "[policy][decide]") {
  struct Row {
    std::string_view host;
    std::uint16_t port;
    std::string address;
    Texts rules;
    RefusalRule rule;
    std::string_view hint;
  };
  const auto row = GENERATE(values<Row>({
      {"", 6667, "127.0.0.1", {}, RefusalRule::target_not_listed, "WebSocketTarget same-host:6667"},
      {"192.0.2.10", 25, "192.0.2.10", {}, RefusalRule::target_not_listed, "same-host:25"},
      {"10.1.2.3",
       25,
       "10.1.2.3",
       {},
       RefusalRule::target_not_listed,
       "WebSocketTarget 10.1.2.3:25"},
      {"2001:db8::9",
       25,
       "2001:db8::9",
       {},
       RefusalRule::target_not_listed,
       "WebSocketTarget [2001:db8::9]:25"},
      {"irc.example.org",
       25,
       "10.1.2.3",
       {"same-host"},
       RefusalRule::target_not_listed,
       "10.1.2.3:25 (irc.example.org)"},
      {"irc.example.org",
       25,
       "10.1.2.3",
       {"example.org:*", "*.irc.example.org:*"},
       RefusalRule::target_not_listed,
       ""},
      {"10.1.2.3", 25, "10.1.2.3", {"x.example.org:25"}, RefusalRule::target_not_listed, ""},
      {"", 25, "127.0.0.1", {"unix:/run/*"}, RefusalRule::target_not_listed, ""},
      {"", 25, "127.0.0.1", {"same-host:26"}, RefusalRule::port_not_listed, "same-host:26"},
      {"10.1.2.3",
       25,
       "10.1.2.3",
       {"10.0.0.0/8:6660-6669"},
       RefusalRule::port_not_listed,
       "10.0.0.0/8:6660-6669"},
      {"10.1.2.3", 25, "10.1.2.3", {"consent:26"}, RefusalRule::port_not_listed, "consent:26"},
      {"irc.example.org",
       25,
       "198.51.100.1",
       {"*.example.org:26"},
       RefusalRule::port_not_listed,
       "*.example.org:26"},
      {"", 25, "127.0.0.1", {"consent"}, RefusalRule::same_host_not_listed, "same-host:25"},
      {"x.example",
       25,
       "192.0.2.10",
       {"consent"},
       RefusalRule::same_host_not_listed,
       "same-host:25"},
      // This machine by way of a translator is this machine.
      {"x.example",
       25,
       "64:ff9b::c000:20a",
       {"consent"},
       RefusalRule::same_host_not_listed,
       "is this host, and `consent` is about other hosts; write `WebSocketTarget "
       "[64:ff9b::c000:20a]:25`"},
      {"2002:c000:20a::1",
       25,
       "2002:c000:20a::1",
       {"consent:*"},
       RefusalRule::same_host_not_listed,
       "[2002:c000:20a::1]:25"},
      {"::ffff:192.0.2.10",
       25,
       "::ffff:192.0.2.10",
       {"consent"},
       RefusalRule::same_host_not_listed,
       "same-host:25"},
      {"64:ff9b:1::c000:20a",
       25,
       "64:ff9b:1::c000:20a",
       {"consent", "same-host"},
       RefusalRule::same_host_not_listed,
       "[64:ff9b:1::c000:20a]:25"},
      {"::c000:20a", 25, "::c000:20a", {"consent"}, RefusalRule::same_host_not_listed, ""},
      {"::ffff:0:c000:20a",
       25,
       "::ffff:0:c000:20a",
       {"consent"},
       RefusalRule::same_host_not_listed,
       ""},
      {"2001::3fff:fdf5",
       25,
       "2001::3fff:fdf5",
       {"consent"},
       RefusalRule::same_host_not_listed,
       ""},
      {"2001:db8:5::5efe:192.0.2.10",
       25,
       "2001:db8:5::5efe:192.0.2.10",
       {"consent"},
       RefusalRule::same_host_not_listed,
       ""},
      {"irc.example.org",
       25,
       "64:ff9b::c000:20a",
       {"irc.example.org:*", "consent"},
       RefusalRule::same_host_not_listed,
       "[64:ff9b::c000:20a]:25"},
      {"irc.example.org",
       25,
       "64:ff9b::c000:20a",
       {"consent", "irc.example.org:26"},
       RefusalRule::port_not_listed,
       "irc.example.org:26"},
      {"64:ff9b::c000:20a",
       25,
       "64:ff9b::c000:20a",
       {"consent:26"},
       RefusalRule::same_host_not_listed,
       "[64:ff9b::c000:20a]:25"},
      {"64:ff9b::c000:20a",
       25,
       "64:ff9b::c000:20a",
       {},
       RefusalRule::target_not_listed,
       "write `WebSocketTarget [64:ff9b::c000:20a]:25`"},
      // Special use.
      {"169.254.169.254",
       80,
       "169.254.169.254",
       {"consent", "same-host"},
       RefusalRule::special_use,
       "link-local"},
      {"169.254.169.254",
       80,
       "169.254.169.254",
       {"0.0.0.0/0:*"},
       RefusalRule::special_use,
       "WebSocketTarget 169.254.169.254:80"},
      {"169.254.169.254", 80, "169.254.169.254", {"169.0.0.0/8:*"}, RefusalRule::special_use, ""},
      {"169.254.169.254",
       80,
       "169.254.169.254",
       {"169.254.169.254:81"},
       RefusalRule::special_use,
       ""},
      {"::ffff:169.254.169.254",
       80,
       "::ffff:169.254.169.254",
       {"0.0.0.0/0:*", "[::]/0:*"},
       RefusalRule::special_use,
       "169.254.169.254:80"},
      {"64:ff9b::a9fe:a9fe",
       80,
       "64:ff9b::a9fe:a9fe",
       {"[::]/0:*"},
       RefusalRule::special_use,
       "[64:ff9b::a9fe:a9fe]:80"},
      {"2002:a9fe:a9fe::",
       80,
       "2002:a9fe:a9fe::",
       {"[::]/0:*", "[2002::]/16:*"},
       RefusalRule::special_use,
       "link-local"},
      {"64:ff9b::7f00:1",
       25,
       "64:ff9b::7f00:1",
       {"[::]/0:*", "same-host"},
       RefusalRule::special_use,
       "embedded-loopback"},
      {"fe80::10", 25, "fe80::10", {"same-host"}, RefusalRule::special_use, "link-local"},
      {"fe80::1", 25, "fe80::1", {"[::]/0:*"}, RefusalRule::special_use, "link-local"},
      {"0.0.0.0",
       25,
       "0.0.0.0",
       {"same-host", "0.0.0.0/0:*"},
       RefusalRule::special_use,
       "unspecified"},
      {"::", 25, "::", {"same-host", "[::]/0:*"}, RefusalRule::special_use, "unspecified"},
      {"224.0.0.1", 25, "224.0.0.1", {"0.0.0.0/0:*"}, RefusalRule::special_use, "multicast"},
      {"255.255.255.255", 25, "255.255.255.255", {"0.0.0.0/0:*"}, RefusalRule::special_use, ""},
      {"metadata.example",
       80,
       "169.254.169.254",
       {"metadata.example:*", "*.example:*"},
       RefusalRule::special_use,
       "(metadata.example)"},
      {"fd00:ec2::254",
       80,
       "fd00:ec2::254",
       {"[fd00::]/8:*"},
       RefusalRule::special_use,
       "cloud-metadata"},
      // This server's own listeners.
      {"",
       80,
       "127.0.0.1",
       {"same-host"},
       RefusalRule::own_listener,
       "WebSocketTarget 127.0.0.1:80"},
      {"", 80, "::1", {"same-host"}, RefusalRule::own_listener, "WebSocketTarget [::1]:80"},
      {"127.9.9.9", 80, "127.9.9.9", {"same-host"}, RefusalRule::own_listener, ""},
      {"192.0.2.10",
       80,
       "192.0.2.10",
       {"192.0.2.0/24:*"},
       RefusalRule::own_listener,
       "own listener"},
      {"192.0.2.10", 80, "192.0.2.10", {"0.0.0.0/0:*"}, RefusalRule::own_listener, ""},
      {"2001:db8::10", 80, "2001:db8::10", {"consent", "[::]/0:*"}, RefusalRule::own_listener, ""},
      {"192.0.2.10", 8443, "192.0.2.10", {"same-host"}, RefusalRule::own_listener, ""},
      {"www.example.com", 80, "192.0.2.10", {"www.example.com:*"}, RefusalRule::own_listener, ""},
      {"64:ff9b::c000:20a", 8443, "64:ff9b::c000:20a", {"[::]/0:*"}, RefusalRule::own_listener, ""},
      {"2002:c000:20a::1", 80, "2002:c000:20a::1", {"[::]/0:*"}, RefusalRule::own_listener, ""},
      {"192.0.2.10", 80, "192.0.2.10", {"192.0.2.10:81"}, RefusalRule::own_listener, ""},
      // A name that is pointed at this machine.
      {"irc.example.org",
       25,
       "192.0.2.10",
       {"irc.example.org:*"},
       RefusalRule::same_host_not_listed,
       "same-host:25"},
      {"irc.example.org",
       25,
       "2001:db8::10",
       {"consent", "*.example.org:*"},
       RefusalRule::same_host_not_listed,
       "same-host:25"},
      {"irc.example.org",
       25,
       "64:ff9b::c000:20a",
       {"irc.example.org:25"},
       RefusalRule::same_host_not_listed,
       "[64:ff9b::c000:20a]:25"},
      {"localhost", 25, "192.0.2.10", {"localhost:*"}, RefusalRule::same_host_not_listed, ""},
      {"irc.example.org",
       25,
       "127.0.0.1",
       {"irc.example.org:*"},
       RefusalRule::loopback_by_name,
       "same-host:25"},
      {"irc.example.org", 25, "::1", {"*.example.org:25"}, RefusalRule::loopback_by_name, ""},
      {"irc.example.org",
       25,
       "127.0.0.1",
       {"irc.example.org:*", "consent"},
       RefusalRule::loopback_by_name,
       ""},
      {"localhost.example.org",
       25,
       "127.0.0.1",
       {"*.example.org:25"},
       RefusalRule::loopback_by_name,
       ""},
      // A name that somebody chose under a star, and that is pointed into private networks.
      {"irc.example.org",
       25,
       "10.1.2.3",
       {"*.example.org:25"},
       RefusalRule::private_by_name,
       "WebSocketTarget 10.1.2.3:25"},
      {"x.example.org", 25, "172.31.0.1", {"*.example.org:*"}, RefusalRule::private_by_name, ""},
      {"x.example.org", 25, "192.168.1.1", {"*.example.org:*"}, RefusalRule::private_by_name, ""},
      {"x.example.org", 25, "100.64.0.1", {"*.example.org:*"}, RefusalRule::private_by_name, ""},
      {"x.example.org", 25, "fd12::1", {"*.example.org:*"}, RefusalRule::private_by_name, ""},
      {"x.example.org", 25, "fec0::1", {"*.example.org:*"}, RefusalRule::private_by_name, ""},
      {"x.example.org",
       25,
       "64:ff9b::a01:203",
       {"*.example.org:*"},
       RefusalRule::private_by_name,
       "[64:ff9b::a01:203]:25"},
      {"x.example.org",
       25,
       "10.1.2.3",
       {"*.example.org:*", "irc.example.org:*", "10.0.0.0/8:26"},
       RefusalRule::private_by_name,
       ""},
  }));
  INFO(row.host << " " << row.address << " port " << row.port);
  const TargetDecision decision = decide(row.host, row.port, {row.address}, row.rules);
  CHECK(decision.allowed().empty());
  CHECK(decision.needs_consent().empty());
  const auto refusal = decision.refusal();
  REQUIRE(refusal);
  INFO(refusal->log_text);
  CHECK(name_of(refusal->rule) == name_of(row.rule));
  CHECK(contains(refusal->log_text, row.hint));
  CHECK(contains(refusal->log_text, "write `WebSocketTarget "));
}

TEST_CASE("A port of this server on one loopback address is closed on the other too",
          "[policy][decide]") {
  const Surroundings here{{}, {Listener{Address::parse("127.0.0.1"), 8080}}};
  const auto decide_here = [&](std::string_view host, const Texts& resolved, const Texts& rules) {
    return decide_target(endpoint(host, 8080), addresses(resolved), rules_of(rules), here, false);
  };
  const auto refusal = decide_here("", {"127.0.0.1", "::1"}, {"same-host"}).refusal();
  REQUIRE(refusal);
  CHECK(name_of(refusal->rule) == name_of(RefusalRule::own_listener));
  CHECK(texts_of(decide_here("::1", {"::1"}, {"same-host"}).allowed()) == Texts{"::1"});
  CHECK(
      texts_of(decide_here("", {"127.0.0.1", "::1"}, {"same-host", "127.0.0.1:8080"}).allowed()) ==
      Texts{"127.0.0.1", "::1"});
}

TEST_CASE("What the log says to write is what grants", "[policy][decide]") {
  struct Row {
    std::string_view host;
    std::uint16_t port;
    std::string address;
    Texts rules;
  };
  const auto row = GENERATE(values<Row>({
      {"", 6667, "127.0.0.1", {}},
      {"", 80, "127.0.0.1", {"same-host"}},
      {"", 25, "::1", {"consent"}},
      {"2001:db8::10", 80, "2001:db8::10", {"same-host"}},
      {"169.254.169.254", 80, "169.254.169.254", {"0.0.0.0/0:*"}},
      {"64:ff9b::a9fe:a9fe", 80, "64:ff9b::a9fe:a9fe", {"[::]/0:*"}},
      {"10.1.2.3", 25, "10.1.2.3", {}},
      {"10.1.2.3", 25, "10.1.2.3", {"10.0.0.0/8:26"}},
      {"irc.example.org", 25, "127.0.0.1", {"irc.example.org:*"}},
      {"irc.example.org", 25, "64:ff9b::c000:20a", {"irc.example.org:*"}},
      {"64:ff9b::c000:20a", 25, "64:ff9b::c000:20a", {"consent", "same-host"}},
      {"2002:c000:20a::1", 25, "2002:c000:20a::1", {}},
      {"irc.example.org", 25, "10.1.2.3", {"*.example.org:*"}},
      {"irc.example.org", 25, "64:ff9b::a01:203", {"*.example.org:*"}},
  }));
  const auto refusal = decide(row.host, row.port, {row.address}, row.rules).refusal();
  REQUIRE(refusal);
  INFO(refusal->log_text);
  constexpr std::string_view k_advice = "`WebSocketTarget ";
  const std::size_t start = refusal->log_text.find(k_advice) + k_advice.size();
  const std::size_t end = refusal->log_text.find('`', start);
  Texts rules = row.rules;
  rules.push_back(refusal->log_text.substr(start, end - start));
  CHECK(decide(row.host, row.port, {row.address}, rules).any_allowed());
}

TEST_CASE("Another host may be asked for consent, this one not", "[policy][decide]") {
  const TargetDecision decision =
      decide("irc.example.org", 6667,
             {"198.51.100.1", "192.0.2.10", "10.1.2.3", "169.254.1.1", "2001:db8::9", "127.0.0.1",
              "64:ff9b::c000:20a", "64:ff9b::c633:6401"},
             {"consent:6667", "10.0.0.0/8:*"});
  CHECK(texts_of(decision.allowed()) == Texts{"10.1.2.3"});
  CHECK(texts_of(decision.needs_consent()) ==
        Texts{"198.51.100.1", "2001:db8::9", "64:ff9b::c633:6401"});
  REQUIRE(decision.judgements.size() == 8);
  CHECK(decision.judgements[0].verdict == Verdict::needs_consent);
  CHECK(decision.judgements[0].rule == "consent:6667");
  CHECK(decision.judgements[0].port == 6667);
  CHECK(decision.judgements[1].refused_by == RefusalRule::same_host_not_listed);
  CHECK(decision.judgements[3].refused_by == RefusalRule::special_use);
  CHECK(decision.judgements[5].refused_by == RefusalRule::same_host_not_listed);
  CHECK(decision.judgements[6].refused_by == RefusalRule::same_host_not_listed);
  CHECK_FALSE(decision.refusal());
}

TEST_CASE("Every address is judged for itself and the order is kept", "[policy][decide]") {
  const TargetDecision decision =
      decide("irc.example.org", 6667, {"::1", "10.0.0.2", "10.0.0.1", "169.254.169.254"},
             {"same-host", "10.0.0.0/8:*"});
  CHECK(texts_of(decision.allowed()) == Texts{"::1", "10.0.0.2", "10.0.0.1"});
  CHECK(decision.judgements.at(3).verdict == Verdict::refused);
}

TEST_CASE("The first refusal speaks where every address is refused", "[policy][decide]") {
  const TargetDecision decision =
      decide("x.example", 80, {"169.254.169.254", "127.0.0.1"}, {"same-host"});
  REQUIRE(decision.refusal());
  CHECK(decision.refusal()->rule == RefusalRule::special_use);
}

TEST_CASE("A name without an address is refused", "[policy][decide]") {
  const TargetDecision decision = decide("x.example", 80, {}, {"x.example:*"});
  REQUIRE(decision.refusal());
  CHECK(decision.refusal()->rule == RefusalRule::no_address);
  CHECK(contains(decision.refusal()->log_text, "x.example:80"));
  CHECK(decide("x.example", 80, {}, {}, true).refusal());
}

TEST_CASE("A Unix socket is allowed by a glob only", "[policy][decide]") {
  const TargetDecision allowed =
      decide("unix:/run/app/a.sock", 0, {}, {"same-host", "unix:/run/app/*.sock"});
  CHECK(allowed.unix_socket_allowed());
  CHECK(allowed.allowed().empty());
  CHECK_FALSE(allowed.refusal());
  CHECK(allowed.judgements.at(0).rule == "unix:/run/app/*.sock");

  const TargetDecision refused =
      decide("unix:/run/other/a.sock", 0, {},
             {"same-host", "consent", "0.0.0.0/0:*", "unix:/run/app/*.sock"});
  CHECK_FALSE(refused.unix_socket_allowed());
  REQUIRE(refused.refusal());
  CHECK(refused.refusal()->rule == RefusalRule::target_not_listed);
  CHECK(contains(refused.refusal()->log_text, "WebSocketTarget unix:/run/other/a.sock"));
  CHECK_FALSE(decide("", 25, {"127.0.0.1"}, {"same-host"}).unix_socket_allowed());
}

TEST_CASE("The administrator's own policy is allowed as it stands", "[policy][decide]") {
  const TargetDecision decision = decide(
      "x.example", 80, {"169.254.169.254", "127.0.0.1", "192.0.2.10", "198.51.100.1"}, {}, true);
  CHECK(decision.allowed().size() == 4);
  CHECK(contains(decision.judgements.at(0).log_text, "administrator's own"));
  CHECK(decide("unix:/run/x", 0, {}, {}, true).unix_socket_allowed());
}

TEST_CASE("A listener on the unspecified address is one on every address", "[policy][decide]") {
  const Surroundings here{
      addresses({"192.0.2.10"}),
      {Listener{Address::parse("0.0.0.0"), 80}, Listener{Address::parse("::"), 81}}};
  const TargetRules rules = rules_of({"same-host"});
  for (const std::uint16_t port : {std::uint16_t{80}, std::uint16_t{81}}) {
    const TargetDecision decision =
        decide_target(endpoint("", port), addresses({"127.0.0.1"}), rules, here, false);
    REQUIRE(decision.refusal());
    CHECK(decision.refusal()->rule == RefusalRule::own_listener);
  }
}
