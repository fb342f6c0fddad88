// SPDX-License-Identifier: Apache-2.0
// The hostile table: each row walks the whole decision, as the module and wspolicy do.
#include "test/unit/policy/hostile_cases.hh"

#include <algorithm>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "policy/consent.hh"
#include "policy/decide.hh"
#include "test/unit/catch.hh"
#include "test/unit/policy/contains.hh"

using policy::Address;
using policy::Answer;
using policy::LookupStatus;
using policy::RecordType;

namespace {

/// Knows what the row says, and nothing else.
class RowsLookup final : public policy::Lookup {
 public:
  explicit RowsLookup(const HostileCase& row) : row_(row) {}

  Answer query(const std::string& name, RecordType type, policy::Budget& budget) override {
    Answer answer;
    answer.status = LookupStatus::over_budget;
    if (!budget.take_query()) return answer;
    answer.status = LookupStatus::no_such_name;
    for (const auto& [question, record] : row_.dns) {
      if (question != std::string(name_of(type)) + " " + name) continue;
      answer.status = failure(record).value_or(LookupStatus::ok);
      if (answer.status == LookupStatus::ok) answer.records.push_back(read(record, type));
    }
    return answer;
  }

 private:
  static std::optional<LookupStatus> failure(const std::string& record) {
    if (record == "!SERVFAIL") return LookupStatus::server_failure;
    if (record == "!TIMEOUT") return LookupStatus::timed_out;
    if (record == "!LOOP") return LookupStatus::cname_loop;
    return std::nullopt;
  }
  static policy::Record read(const std::string& record, RecordType type) {
    if (type == RecordType::ptr) return policy::HostPointer{record};
    if (type == RecordType::txt) return policy::Text{record};
    return Address::parse(record).value();
  }

  const HostileCase& row_;
};

/// 192.0.2.10 and 2001:db8::10; httpd on every address' port 80 and on 192.0.2.10:8443.
const policy::Surroundings& surroundings() {
  static const policy::Surroundings here{
      {Address::parse("192.0.2.10").value(), Address::parse("2001:db8::10").value(),
       Address::parse("fe80::10").value()},
      {{std::nullopt, 80}, {Address::parse("192.0.2.10"), 8443}}};
  return here;
}

struct Outcome {
  std::string reason;  // "granted" where it is
  std::string log;
};

std::vector<Address> addresses_of(const HostileCase& row, const policy::Endpoint& target) {
  using Kind = policy::Endpoint::Kind;
  std::vector<Address> addresses;
  if (target.kind == Kind::address) addresses.push_back(*target.address);
  if (target.kind == Kind::this_host) {
    addresses.assign(policy::loopback_addresses().begin(), policy::loopback_addresses().end());
  }
  if (target.kind == Kind::name) {
    for (const auto& text : row.resolved) addresses.push_back(Address::parse(text).value());
  }
  return addresses;
}

Outcome consent_of(const HostileCase& row, const std::vector<Address>& addresses,
                   std::uint16_t port) {
  Outcome outcome;
  for (const auto& address : addresses) {
    RowsLookup lookup(row);
    const auto verdict =
        policy::judge_consent(address, port, row.served_by, lookup, policy::ConsentMode::dns);
    outcome = {std::string(name_of(verdict.reason)), verdict.text};
    if (verdict.is_granted()) break;
  }
  return outcome;
}

Outcome try_it(const HostileCase& row) {
  const auto document = policy::parse_document(row.document);
  if (!document) {
    return {std::string(name_of(document.error().fault)), document.error().message};
  }
  const auto own = policy::Origin::parse("https://www.example.com").value();
  const auto origin = policy::decide_origin(*document, row.origin, own);
  if (!origin) return {std::string(name_of(origin.error().rule)), origin.error().log_text};

  policy::TargetRules rules;
  for (const auto& text : row.rules) {
    auto rule = policy::parse_target_rule(text);
    if (!rule) return {"bad-rule", rule.error()};
    rules.add(std::move(*rule));
  }
  const auto decision = policy::decide_target(document->target, addresses_of(row, document->target),
                                              rules, surroundings(), false);
  if (decision.any_allowed()) return {"granted", decision.judgements.front().log_text};
  if (const auto refusal = decision.refusal()) {
    return {std::string(name_of(refusal->rule)), refusal->log_text};
  }
  return consent_of(row, decision.needs_consent(), document->target.port);
}

HostileCase harmless(std::string document) {
  HostileCase row;
  row.document = std::move(document);
  row.origin = "https://www.example.com";
  row.rules = {"same-host", "consent"};
  row.served_by = "www.example.com";
  row.dns = {{"PTR 1.113.0.203.in-addr.arpa", "irc.example.net"},
             {"A irc.example.net", "203.0.113.1"},
             {"TXT irc.example.net", "v=websocket1; port=6667; from=www.example.com"}};
  return row;
}

}  // namespace

TEST_CASE("No row of the hostile table is granted, and each has its reason", "[policy][hostile]") {
  const auto rows = hostile_cases();
  std::map<std::string, int> groups;
  std::size_t granted = 0;
  std::size_t otherwise = 0;
  for (const auto& row : rows) {
    const auto outcome = try_it(row);
    INFO(row.group << ": " << row.story);
    INFO(outcome.log);
    CHECK(outcome.reason != "granted");
    CHECK(outcome.reason == row.reason);
    CHECK(contains(outcome.log, row.because));
    CHECK(std::ranges::none_of(outcome.log, [](unsigned char c) { return c < 0x20 || c > 0x7e; }));
    CHECK(outcome.log.size() < 1200);
    ++groups[row.group];
    granted += outcome.reason == "granted" ? 1U : 0U;
    otherwise += outcome.reason != row.reason ? 1U : 0U;
  }
  std::cout << "hostile table: " << rows.size() << " rows, " << granted << " granted, " << otherwise
            << " for another reason (";
  const char* comma = "";
  for (const auto& [group, count] : groups) {
    std::cout << comma << group << " " << count;
    comma = ", ";
  }
  std::cout << ")" << std::endl;
  CHECK(rows.size() >= 150);
}

TEST_CASE("No row of the hostile table stands twice", "[policy][hostile]") {
  std::set<std::string> seen;
  for (const auto& row : hostile_cases()) {
    std::string key = row.document + "\n" + row.origin.value_or("(none)") + "\n" + row.served_by;
    for (const auto& each : row.resolved) key += "\nA " + each;
    for (const auto& each : row.rules) key += "\nrule " + each;
    for (const auto& [question, record] : row.dns) key += "\n" + question + " " + record;
    INFO(row.group << ": " << row.story);
    CHECK(seen.insert(key).second);
  }
}

TEST_CASE("What the hostile table's rows start from is granted", "[policy][hostile]") {
  // Else the table would show nothing.
  CHECK(try_it(harmless("<websocket><port>6667</port></websocket>")).reason == "granted");
  const auto elsewhere =
      harmless("<websocket><host>203.0.113.1</host><port>6667</port></websocket>");
  CHECK(try_it(elsewhere).reason == "granted");
  auto by_name = harmless("<websocket><host>irc.example.org</host><port>6667</port></websocket>");
  by_name.rules = {"*.example.org:*"};
  by_name.resolved = {"203.0.113.9"};
  CHECK(try_it(by_name).reason == "granted");
  auto by_path = harmless("<websocket><host>unix:/run/app/app.sock</host></websocket>");
  by_path.rules = {"unix:/run/app/*.sock"};
  CHECK(try_it(by_path).reason == "granted");
}
