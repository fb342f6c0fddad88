// SPDX-License-Identifier: Apache-2.0
#include "policy/consent.hh"

#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "policy/dns_name.hh"
#include "test/unit/catch.hh"

using namespace std::chrono_literals;
using policy::Address;
using policy::Answer;
using policy::Budget;
using policy::ConsentMode;
using policy::ConsentReason;
using policy::ConsentVerdict;
using policy::LookupStatus;
using policy::RecordType;
using policy::Security;
using policy::SecurityFault;

namespace {

const std::string k_reverse = "1.2.0.192.in-addr.arpa";
const std::string k_name = "irc.example.org";
const std::string k_grant = "v=websocket1; port=6667; from=www.example.com";

Address address(std::string_view text) { return *Address::parse(text); }

// Answers as it was told and notes what it was asked.
class ScriptedLookup final : public policy::Lookup {
 public:
  Answer query(const std::string& name, RecordType type, Budget& budget) override {
    asked.push_back(std::string(name_of(type)) + " " + name);
    if (!budget.take_query()) return failure(LookupStatus::over_budget);
    if (delay > 0ms) std::this_thread::sleep_for(delay);
    if (name == lacks_descriptor_at) budget.lack_descriptor();
    const auto found = answers.find({name, type});
    return found == answers.end() ? negative(LookupStatus::no_such_name) : found->second;
  }

  static Answer failure(LookupStatus status) {
    Answer answer;
    answer.status = status;
    return answer;
  }
  static Answer negative(LookupStatus status, std::chrono::seconds ttl = 60s) {
    Answer answer = failure(status);
    answer.ttl = ttl;
    return answer;
  }
  static Answer positive(std::vector<policy::Record> records, std::chrono::seconds ttl = 300s) {
    Answer answer;
    answer.status = LookupStatus::ok;
    answer.records = std::move(records);
    answer.ttl = ttl;
    answer.security = Security::secure;
    return answer;
  }
  static Answer texts(const std::vector<std::string>& texts, std::chrono::seconds ttl = 300s) {
    std::vector<policy::Record> records;
    for (const auto& text : texts) records.push_back(policy::Text{text});
    return positive(std::move(records), ttl);
  }
  static Answer names(const std::vector<std::string>& names, std::chrono::seconds ttl = 300s) {
    std::vector<policy::Record> records;
    for (const auto& name : names) records.push_back(policy::HostPointer{name});
    return positive(std::move(records), ttl);
  }

  Answer& at(const std::string& name, RecordType type) { return answers[{name, type}]; }

  std::map<std::pair<std::string, RecordType>, Answer> answers;
  std::string lacks_descriptor_at;
  std::vector<std::string> asked;
  std::chrono::milliseconds delay{0};
};

// Everything in place for 192.0.2.1:6667 and www.example.com.
ScriptedLookup consenting() {
  ScriptedLookup lookup;
  lookup.at(k_reverse, RecordType::ptr) = ScriptedLookup::names({k_name});
  lookup.at(k_name, RecordType::a) = ScriptedLookup::positive({address("192.0.2.1")});
  lookup.at(k_name, RecordType::txt) = ScriptedLookup::texts({k_grant});
  return lookup;
}

ConsentVerdict judge(ScriptedLookup& lookup, ConsentMode mode = ConsentMode::dns,
                     const policy::ConsentLimits& limits = {}) {
  return policy::judge_consent(address("192.0.2.1"), 6667, "www.example.com", lookup, mode, limits);
}

}  // namespace

TEST_CASE("reverse, forward and TXT together are consent", "[policy][consent]") {
  auto lookup = consenting();
  const auto verdict = judge(lookup);
  CHECK(verdict.is_granted());
  CHECK(verdict.ttl == 300s);
  CHECK(lookup.asked ==
        std::vector<std::string>{"PTR " + k_reverse, "A " + k_name, "TXT " + k_name});
  REQUIRE(verdict.steps.size() == 3);
  CHECK(verdict.steps[0].question == "PTR " + k_reverse);
  CHECK(verdict.steps[2].records[0].text == "\"" + k_grant + "\"");
  CHECK(verdict.steps[2].records[0].remark == "grants");
}

TEST_CASE("an IPv6 target is confirmed by AAAA", "[policy][consent][rfc3596]") {
  ScriptedLookup lookup;
  const auto target = address("2001:db8::567:89ab");
  const std::string reverse =
      "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa";
  CHECK(policy::reverse_name(target) == reverse);
  lookup.at(reverse, RecordType::ptr) = ScriptedLookup::names({k_name});
  lookup.at(k_name, RecordType::aaaa) = ScriptedLookup::positive({address("2001:db8::1"), target});
  lookup.at(k_name, RecordType::txt) = ScriptedLookup::texts({k_grant});
  CHECK(policy::judge_consent(target, 6667, "www.example.com", lookup, ConsentMode::dns)
            .is_granted());
  lookup.at(k_name, RecordType::aaaa) = ScriptedLookup::positive({address("2001:db8::1")});
  CHECK(policy::judge_consent(target, 6667, "www.example.com", lookup, ConsentMode::dns).reason ==
        ConsentReason::other_forward_address);
}

TEST_CASE("the record may stand at _websocket.", "[policy][consent]") {
  auto lookup = consenting();
  lookup.at(k_name, RecordType::txt) = GENERATE(
      ScriptedLookup::negative(LookupStatus::no_data, 0s),
      ScriptedLookup::failure(LookupStatus::server_failure), ScriptedLookup::texts({"v=spf1 -all"}),
      ScriptedLookup::texts({"v=websocket1; port=25; from=*"}));
  lookup.at("_websocket." + k_name, RecordType::txt) = ScriptedLookup::texts({k_grant});
  const auto verdict = judge(lookup);
  CHECK(verdict.is_granted());
  CHECK(verdict.ttl == 300s);  // what does not carry the grant does not shorten it
  CHECK(verdict.text == "granted by the TXT record at _websocket." + k_name);
}

TEST_CASE("each thing that is missing is its own reason", "[policy][consent]") {
  auto lookup = consenting();
  auto& pointer = lookup.at(k_reverse, RecordType::ptr);
  auto& forward = lookup.at(k_name, RecordType::a);
  auto& text = lookup.at(k_name, RecordType::txt);
  ConsentReason reason = ConsentReason::granted;
  SECTION("no PTR record") {
    pointer = ScriptedLookup::negative(GENERATE(LookupStatus::no_such_name, LookupStatus::no_data));
    reason = ConsentReason::no_reverse_name;
  }
  SECTION("PTR records that are no names") {
    pointer = ScriptedLookup::names({"evil\\010name.test", "", "a b.test", "\\032", "192.0.2.1"});
    reason = ConsentReason::bad_reverse_name;
  }
  SECTION("no address") {
    forward = ScriptedLookup::negative(LookupStatus::no_data);
    reason = ConsentReason::no_forward_address;
  }
  SECTION("a reverse name that belongs to somebody else") {
    forward = ScriptedLookup::positive({address("192.0.2.2"), address("198.51.100.1")});
    reason = ConsentReason::other_forward_address;
  }
  SECTION("no TXT record") {
    text = ScriptedLookup::negative(LookupStatus::no_data);
    reason = ConsentReason::no_record;
  }
  SECTION("TXT records of other purposes") {
    text = ScriptedLookup::texts({"v=spf1 -all", "port=*; from=*", ""});
    reason = ConsentReason::no_record;
  }
  SECTION("another host") {
    text = ScriptedLookup::texts({"v=websocket1; port=6667; from=www.example.net"});
    reason = ConsentReason::host_not_granted;
  }
  SECTION("another port") {
    text = ScriptedLookup::texts({"v=websocket1; port=6668-7000; from=www.example.com"});
    reason = ConsentReason::port_not_granted;
  }
  SECTION("neither") {
    text = ScriptedLookup::texts({"v=websocket1; port=25; from=a.test"});
    reason = ConsentReason::nothing_granted;
  }
  SECTION("two halves of a grant") {
    text = ScriptedLookup::texts(
        {"v=websocket1; port=6667; from=a.test", "v=websocket1; port=25; from=*"});
    reason = ConsentReason::not_in_one_record;
  }
  SECTION("two halves of a grant at two names") {
    text = ScriptedLookup::texts({"v=websocket1; port=6667"});
    lookup.at("_websocket." + k_name, RecordType::txt) =
        ScriptedLookup::texts({"v=websocket1; from=*"});
    reason = ConsentReason::not_in_one_record;
  }
  SECTION("a fault in the record") {
    text = ScriptedLookup::texts(
        {"v=websocket1; port=25; from=*", "v=websocket1; port=6667; from=*, www.example.com"});
    reason = ConsentReason::bad_record;
  }
  const auto verdict = judge(lookup);
  CHECK(verdict.reason == reason);
  CHECK_FALSE(verdict.is_granted());
  CHECK(verdict.ttl >= 5s);
  CHECK(verdict.text.find('\n') == std::string::npos);
}

TEST_CASE("a refusal tells the very record to publish", "[policy][consent]") {
  auto lookup = consenting();
  lookup.at(k_name, RecordType::txt) = ScriptedLookup::texts({"v=websocket1; port=25; from=*"});
  CHECK(judge(lookup).text.find("_websocket.irc.example.org. TXT \"" + k_grant + "\"") !=
        std::string::npos);
  lookup.at(k_name, RecordType::a) = ScriptedLookup::negative(LookupStatus::no_data);
  CHECK(judge(lookup).text.find("irc.example.org. A 192.0.2.1") != std::string::npos);
  lookup.at(k_reverse, RecordType::ptr) = ScriptedLookup::negative(LookupStatus::no_such_name);
  CHECK(judge(lookup).text.find("PTR 1.2.0.192.in-addr.arpa.") != std::string::npos);
}

TEST_CASE("a failing lookup refuses wherever it stands", "[policy][consent]") {
  const auto status =
      GENERATE(LookupStatus::server_failure, LookupStatus::refused, LookupStatus::lame,
               LookupStatus::timed_out, LookupStatus::unreachable, LookupStatus::malformed,
               LookupStatus::cname_loop);
  const auto [name, type] =
      GENERATE(std::pair{k_reverse, RecordType::ptr}, std::pair{k_name, RecordType::a},
               std::pair{k_name, RecordType::txt});
  auto lookup = consenting();
  lookup.at(name, type) = ScriptedLookup::failure(status);
  const auto verdict = judge(lookup);
  CHECK(verdict.reason == ConsentReason::lookup_failed);
  CHECK(verdict.status == status);
  CHECK(verdict.ttl == 30s);
  CHECK(verdict.text.find(name) != std::string::npos);
}

TEST_CASE("who finds no descriptor to ask with has no verdict to remember", "[policy][consent]") {
  auto lookup = consenting();
  const auto key = GENERATE(std::pair{k_reverse, RecordType::ptr}, std::pair{k_name, RecordType::a},
                            std::pair{k_name, RecordType::txt});
  // As of a chain of trust, where one of its own questions could not be asked.
  const auto status = GENERATE(LookupStatus::no_descriptor, LookupStatus::not_validated);
  lookup.at(key.first, key.second) = ScriptedLookup::failure(status);
  lookup.lacks_descriptor_at = key.first;
  const auto verdict = judge(lookup);
  CHECK(verdict.reason == ConsentReason::no_descriptor);
  CHECK(verdict.status == LookupStatus::no_descriptor);
  CHECK(verdict.ttl == 0s);
  CHECK(verdict.text.find("there is no descriptor left") != std::string::npos);
}

TEST_CASE("one good name of several is enough, in the order they came", "[policy][consent]") {
  auto lookup = consenting();
  lookup.at(k_reverse, RecordType::ptr) =
      ScriptedLookup::names({"gone.test", "other.test", "bad name", "slow.test", "GONE.test.",
                             "mute.test", k_name, "never.test"});
  lookup.at("other.test", RecordType::a) = ScriptedLookup::positive({address("192.0.2.9")});
  lookup.at("slow.test", RecordType::a) = ScriptedLookup::failure(LookupStatus::timed_out);
  lookup.at("mute.test", RecordType::a) = ScriptedLookup::positive({address("192.0.2.1")});
  const auto verdict = judge(lookup);
  CHECK(verdict.is_granted());
  CHECK(lookup.asked == std::vector<std::string>{"PTR " + k_reverse, "A gone.test", "A other.test",
                                                 "A slow.test", "A mute.test", "TXT mute.test",
                                                 "TXT _websocket.mute.test", "A " + k_name,
                                                 "TXT " + k_name});
}

TEST_CASE("no more than eight names are looked at", "[policy][consent]") {
  auto lookup = consenting();
  std::vector<std::string> names;
  for (int i = 0; i < 8; ++i) names.push_back("n" + std::to_string(i) + ".test");
  names.push_back(k_name);
  lookup.at(k_reverse, RecordType::ptr) = ScriptedLookup::names(names);
  const auto verdict = judge(lookup);
  CHECK(verdict.reason == ConsentReason::no_forward_address);
  CHECK(lookup.asked.size() == 9);
  CHECK(verdict.steps[0].records[8].remark == "not looked at, too many names");
}

TEST_CASE("the most telling refusal of several names is given", "[policy][consent]") {
  auto lookup = consenting();
  lookup.at(k_reverse, RecordType::ptr) =
      ScriptedLookup::names({"other.test", k_name, "gone.test"});
  lookup.at("other.test", RecordType::a) = ScriptedLookup::positive({address("192.0.2.9")});
  lookup.at(k_name, RecordType::txt) =
      ScriptedLookup::texts({"v=websocket1; port=25; from=www.example.com"});
  CHECK(judge(lookup).reason == ConsentReason::port_not_granted);
}

TEST_CASE("a verdict is kept for the least TTL, within bounds", "[policy][consent]") {
  auto lookup = consenting();
  auto ttl_with = [&](std::chrono::seconds pointer, std::chrono::seconds forward,
                      std::chrono::seconds text) {
    lookup.at(k_reverse, RecordType::ptr).ttl = pointer;
    lookup.at(k_name, RecordType::a).ttl = forward;
    lookup.at(k_name, RecordType::txt).ttl = text;
    return judge(lookup).ttl;
  };
  CHECK(ttl_with(70s, 300s, 900s) == 70s);
  CHECK(ttl_with(300s, 80s, 900s) == 80s);
  CHECK(ttl_with(300s, 900s, 90s) == 90s);
  CHECK(ttl_with(0s, 300s, 300s) == 5s);
  CHECK(ttl_with(4s, 300s, 300s) == 5s);
  CHECK(ttl_with(86400s, 86400s, 86400s) == 3600s);
  lookup.at(k_name, RecordType::txt) = ScriptedLookup::negative(LookupStatus::no_data, 7s);
  CHECK(ttl_with(300s, 300s, 7s) == 7s);
}

TEST_CASE("with dnssec every answer on the way must be secure", "[policy][consent][rfc4035]") {
  auto lookup = consenting();
  CHECK(judge(lookup, ConsentMode::dnssec).is_granted());

  const auto security = GENERATE(Security::indeterminate, Security::insecure, Security::bogus);
  const auto [name, type] =
      GENERATE(std::pair{k_reverse, RecordType::ptr}, std::pair{k_name, RecordType::a},
               std::pair{k_name, RecordType::txt});
  lookup.at(name, type).security = security;
  CHECK(judge(lookup).is_granted());
  const auto verdict = judge(lookup, ConsentMode::dnssec);
  CHECK(verdict.reason == ConsentReason::not_validated);
  CHECK(verdict.ttl == 30s);
}

TEST_CASE("with dnssec each fault is named, with what would change it", "[policy][consent]") {
  const auto fault = GENERATE(
      SecurityFault::unsigned_zone, SecurityFault::bogus, SecurityFault::expired,
      SecurityFault::not_yet_valid, SecurityFault::unsupported, SecurityFault::no_anchor,
      SecurityFault::wildcard, SecurityFault::untrusted_resolver, SecurityFault::too_much_work,
      SecurityFault::chain_unavailable, SecurityFault::dname, SecurityFault::not_vouched_for);
  auto lookup = consenting();
  auto& text = lookup.at(k_name, RecordType::txt);
  text = ScriptedLookup::failure(LookupStatus::not_validated);
  text.fault = fault;
  const auto verdict = judge(lookup, ConsentMode::dnssec);
  CHECK(verdict.reason == ConsentReason::not_validated);
  CHECK(verdict.fault == fault);
  CHECK(verdict.text.find(name_of(fault)) != std::string::npos);
  CHECK_FALSE(verdict.text.ends_with("; "));
}

TEST_CASE("queries run out", "[policy][consent]") {
  const unsigned queries = GENERATE(0u, 1u, 2u);
  auto lookup = consenting();
  policy::ConsentLimits limits;
  limits.queries = queries;
  const auto verdict = judge(lookup, ConsentMode::dns, limits);
  CHECK(verdict.reason == ConsentReason::too_many_queries);
  CHECK(verdict.ttl == 30s);
  CHECK(lookup.asked.size() == queries + 1);
}

TEST_CASE("time runs out", "[policy][consent]") {
  auto lookup = consenting();
  lookup.delay = 200ms;
  policy::ConsentLimits limits;
  limits.time = 300ms;
  const auto verdict = judge(lookup, ConsentMode::dns, limits);
  CHECK(verdict.reason == ConsentReason::out_of_time);
  CHECK(verdict.ttl == 30s);
  CHECK(lookup.asked.size() == 2);
}

TEST_CASE("a virtual host without a usable name is asked about by nobody", "[policy][consent]") {
  auto lookup = consenting();
  const auto* served_by = GENERATE("", "a b", "www.example.com/", "*");
  const auto verdict =
      policy::judge_consent(address("192.0.2.1"), 6667, served_by, lookup, ConsentMode::dns);
  CHECK(verdict.reason == ConsentReason::bad_served_by);
  CHECK(lookup.asked.empty());
}

TEST_CASE("what others wrote reaches a report only as printable ASCII", "[policy][consent]") {
  auto lookup = consenting();
  lookup.at(k_reverse, RecordType::ptr) =
      ScriptedLookup::names({"x\n[error] forged\x1b[2J", k_name});
  lookup.at(k_name, RecordType::txt) =
      ScriptedLookup::texts({"v=websocket1; port=1\n2; from=\xff", std::string(3000, 'x')});
  lookup.at(k_name, RecordType::a).aliases = {"a\r\nb"};
  const auto verdict = judge(lookup);
  std::string all = verdict.text;
  for (const auto& step : verdict.steps) {
    all += step.question + step.conclusion;
    for (const auto& alias : step.aliases) all += alias;
    for (const auto& record : step.records) {
      all += record.text + record.remark;
      CHECK(record.text.size() < 700);
    }
  }
  for (const char c : all) CHECK((c >= ' ' && c <= '~'));
}

TEST_CASE("a name is reported as it is asked for", "[policy][consent][rfc1035-5.1]") {
  auto lookup = consenting();
  lookup.at(k_reverse, RecordType::ptr) = ScriptedLookup::names({R"(a\.b\032c.test)"});
  lookup.at(k_reverse, RecordType::ptr).aliases = {R"(1.\000.test)"};
  const auto verdict = judge(lookup);
  REQUIRE(verdict.steps.size() == 1);
  CHECK(verdict.steps[0].records[0].text == R"(a\.b\032c.test)");
  CHECK(verdict.steps[0].aliases[0] == R"(1.\000.test)");
}

TEST_CASE("a name too long for a service label is asked at the name alone", "[policy][consent]") {
  ScriptedLookup lookup;
  const std::string label(60, 'a');
  const auto name = label + "." + label + "." + label + "." + label + ".abcde";  // 249
  lookup.at(k_reverse, RecordType::ptr) = ScriptedLookup::names({name});
  lookup.at(name, RecordType::a) = ScriptedLookup::positive({address("192.0.2.1")});
  CHECK(judge(lookup).reason == ConsentReason::no_record);
  CHECK(lookup.asked.back() == "TXT " + name);
}

TEST_CASE("an observer is told each step as it is done", "[policy][consent]") {
  struct Noting final : policy::StepObserver {
    void step_done(const policy::ConsentStep& step) override { seen.push_back(step.question); }
    std::vector<std::string> seen;
  } noting;
  auto lookup = consenting();
  const auto verdict = policy::judge_consent(address("192.0.2.1"), 6667, "www.example.com", lookup,
                                             ConsentMode::dns, {}, &noting);
  CHECK(noting.seen == lookup.asked);
  CHECK(verdict.steps.size() == noting.seen.size());
}
