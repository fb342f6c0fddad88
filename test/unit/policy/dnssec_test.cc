// SPDX-License-Identifier: Apache-2.0
//
// Validation over zones that are signed here and scripted; whole chains from a signer's own tools
// are tested in test/dns.
#include "policy/dnssec.hh"

#include <chrono>
#include <string>
#include <vector>

#include "policy/denial.hh"
#include "policy/packet.hh"
#include "policy/resolver.hh"
#include "policy/signature.hh"
#include "test/unit/catch.hh"
#include "test/unit/policy/scripted_exchange.hh"

using namespace std::chrono_literals;
using policy::Budget;
using policy::Handle;
using policy::RecordType;
using policy::RrListPtr;
using policy::RrPtr;
using policy::SecurityFault;
using policy::TrustAnchors;
using policy::Validator;

namespace {

using Lines = std::vector<std::string>;
constexpr std::time_t k_now = 1'800'000'000;
constexpr std::time_t k_hour = 3600;

std::string text_of(const ldns_rr* record) {
  const Handle<char, std::free> text(ldns_rr2str(record));
  std::string line = text.get();
  line.pop_back();  // the newline
  return line;
}

RrListPtr records_of(const Lines& lines) {
  RrListPtr records(ldns_rr_list_new());
  for (const auto& line : lines) {
    ldns_rr* record = nullptr;
    INFO(line);
    REQUIRE(ldns_rr_new_frm_str(&record, line.c_str(), 300, nullptr, nullptr) == LDNS_STATUS_OK);
    ldns_rr_list_push_rr(records.get(), record);
  }
  return records;
}

Lines operator+(Lines left, const Lines& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// One key that signs everything in its zone.
class Zone {
 public:
  explicit Zone(const std::string& name, std::uint16_t flags = 257,
                ldns_signing_algorithm algorithm = LDNS_SIGN_ECDSAP256SHA256)
      : name_(name), keys_(ldns_key_list_new()) {
    ldns_key* key = ldns_key_new_frm_algorithm(algorithm, 2048);
    REQUIRE(key != nullptr);
    ldns_key_set_pubkey_owner(key, ldns_dname_new_frm_str(name.c_str()));
    ldns_key_set_flags(key, flags);
    ldns_key_list_push_key(keys_.get(), key);
    public_key_.reset(ldns_key2rr(key));
    ldns_rr_set_ttl(public_key_.get(), 300);
    ldns_key_set_keytag(key, ldns_calc_keytag(public_key_.get()));
    ldns_key_set_flags(key, 257);  // ldns signs with no other
  }

  // The lines and their RRSIG.
  Lines sign(const Lines& lines, std::time_t from = k_now - k_hour,
             std::time_t to = k_now + k_hour) const {
    return lines + Lines{signature(lines, from, to)};
  }

  std::string signature(const Lines& lines, std::time_t from = k_now - k_hour,
                        std::time_t to = k_now + k_hour) const {
    ldns_key* key = ldns_key_list_key(keys_.get(), 0);
    ldns_key_set_inception(key, static_cast<std::uint32_t>(from));
    ldns_key_set_expiration(key, static_cast<std::uint32_t>(to));
    const RrListPtr signatures(ldns_sign_public(records_of(lines).get(), keys_.get()));
    REQUIRE(ldns_rr_list_rr_count(signatures.get()) == 1);
    return text_of(ldns_rr_list_rr(signatures.get(), 0));
  }

  std::string key() const { return text_of(public_key_.get()); }
  std::string delegation(ldns_hash digest = LDNS_SHA256) const {
    const RrPtr record(ldns_key_rr2ds(public_key_.get(), digest));
    return text_of(record.get());
  }
  std::string name() const { return name_; }

 private:
  std::string name_;
  Handle<ldns_key_list, ldns_key_list_free> keys_;
  RrPtr public_key_;
};

const std::string k_record = "irc.good.test. 300 IN TXT \"v=websocket1; port=25; from=*\"";

// test. is the anchor; it delegates good.test., which holds the record.
struct Chain {
  Zone test{"test."};
  Zone good{"good.test."};
  ScriptedExchange exchange;
  TrustAnchors anchors = *TrustAnchors::parse(test.delegation());

  Chain() {
    exchange.at("test", RecordType::dnskey).answer = test.sign({test.key()});
    exchange.at("good.test", RecordType::ds).answer = test.sign({good.delegation()});
    exchange.at("good.test", RecordType::dnskey).answer = good.sign({good.key()});
  }

  tl::expected<std::chrono::seconds, policy::ChainFault> validate(
      const Lines& answer, Budget budget = Budget(Budget::Clock::now() + 5s)) {
    Validator validator(anchors, exchange, std::chrono::system_clock::from_time_t(k_now));
    return validate(answer, validator, budget);
  }

  static tl::expected<std::chrono::seconds, policy::ChainFault> validate(const Lines& answer,
                                                                         Validator& validator,
                                                                         Budget& budget) {
    const auto all = records_of(answer);
    const ldns_rr* first = ldns_rr_list_rr(all.get(), 0);
    const auto type = ldns_rr_get_type(first);
    const auto records = policy::select_records(all.get(), ldns_rr_owner(first), type);
    const auto signatures = policy::select_signatures(all.get(), ldns_rr_owner(first), type);
    return validator.validate(records.get(), signatures.get(), budget);
  }

  SecurityFault fault(const Lines& answer, Budget budget = Budget(Budget::Clock::now() + 5s)) {
    const auto result = validate(answer, budget);
    return result ? SecurityFault::none : result.error().kind;
  }
};

// The RRSIG line with one of its fields (0 is the type covered) exchanged for another.
std::string with_field(const std::string& signature, std::size_t field, const std::string& value) {
  std::istringstream in(signature);
  std::string out;
  std::string word;
  for (std::size_t i = 0; in >> word; ++i) out += (i == field + 4 ? value : word) + " ";
  return out;
}

}  // namespace

TEST_CASE("a chain from the anchor to the record is secure", "[policy][dnssec][rfc4035-5]") {
  Chain chain;
  const auto result = chain.validate(chain.good.sign({k_record}));
  REQUIRE(result);
  CHECK(chain.exchange.asked == Lines{"DS good.test", "DNSKEY test", "DNSKEY good.test"});
  for (const auto& question : chain.exchange.questions) {
    CHECK(question.dnssec_ok);
    CHECK(question.checking_disabled);
  }
}

TEST_CASE("the keys of a zone are asked for once", "[policy][dnssec]") {
  Chain chain;
  Validator validator(chain.anchors, chain.exchange, std::chrono::system_clock::from_time_t(k_now));
  Budget budget(Budget::Clock::now() + 5s);
  const auto answer = chain.good.sign({k_record});
  CHECK(Chain::validate(answer, validator, budget));
  CHECK(Chain::validate(answer, validator, budget));
  CHECK(chain.exchange.asked.size() == 3);
  auto bad = chain.good.sign({k_record});
  bad[0] = "irc.good.test. 300 IN TXT \"v=websocket1; port=*; from=*\"";
  CHECK_FALSE(Chain::validate(bad, validator, budget));
}

TEST_CASE("each supported algorithm validates", "[policy][dnssec][rfc8624]") {
  const auto algorithm =
      GENERATE(LDNS_SIGN_RSASHA256, LDNS_SIGN_RSASHA512, LDNS_SIGN_ECDSAP256SHA256,
               LDNS_SIGN_ECDSAP384SHA384, LDNS_SIGN_ED25519, LDNS_SIGN_ED448);
  const auto digest = GENERATE(LDNS_SHA256, LDNS_SHA384);
  Chain chain;
  chain.good = Zone("good.test.", 257, algorithm);
  chain.exchange.at("good.test", RecordType::ds).answer =
      chain.test.sign({chain.good.delegation(digest)});
  chain.exchange.at("good.test", RecordType::dnskey).answer = chain.good.sign({chain.good.key()});
  CHECK(chain.fault(chain.good.sign({k_record})) == SecurityFault::none);
}

TEST_CASE("SHA-1 is not taken, as a signature or as a digest", "[policy][dnssec][rfc8624]") {
  Chain chain;
  SECTION("signature") {
    Zone old("good.test.", 257, LDNS_SIGN_RSASHA1);
    CHECK(chain.fault(old.sign({k_record})) == SecurityFault::unsupported);
  }
  SECTION("digest") {
    chain.exchange.at("good.test", RecordType::ds).answer =
        chain.test.sign({chain.good.delegation(LDNS_SHA1)});
    CHECK(chain.fault(chain.good.sign({k_record})) == SecurityFault::unsupported);
  }
  SECTION("beside a good digest it does no harm") {
    chain.exchange.at("good.test", RecordType::ds).answer =
        chain.test.sign({chain.good.delegation(LDNS_SHA1), chain.good.delegation()});
    CHECK(chain.fault(chain.good.sign({k_record})) == SecurityFault::none);
  }
}

TEST_CASE("an alias is validated like what it leads to", "[policy][dnssec]") {
  Chain chain;
  const Lines alias{"www.good.test. 300 IN CNAME irc.good.test."};
  auto& script = chain.exchange.at("www.good.test", RecordType::txt);
  const auto look = [&] {
    Budget budget(Budget::Clock::now() + 5s);
    policy::Resolver resolver(chain.exchange, chain.anchors,
                              std::chrono::system_clock::from_time_t(k_now));
    return resolver.query("www.good.test", RecordType::txt, budget);
  };
  script.answer = chain.good.sign(alias) + chain.good.sign({k_record});
  const auto good = look();
  CHECK(good.status == policy::LookupStatus::ok);
  CHECK(good.security == policy::Security::secure);
  CHECK(good.all<policy::Text>().size() == 1);

  for (const auto& answer :
       {alias + chain.good.sign({k_record}), chain.good.sign(alias) + Lines{k_record},
        Zone("good.test.").sign(alias) + chain.good.sign({k_record})}) {
    script.answer = answer;
    const auto bad = look();
    CHECK(bad.status == policy::LookupStatus::not_validated);
    CHECK(bad.fault == SecurityFault::bogus);
    CHECK(bad.records.empty());
  }
  script.answer = chain.good.sign(alias, k_now - 20, k_now - 10) + chain.good.sign({k_record});
  CHECK(look().fault == SecurityFault::expired);
}

TEST_CASE("an alias made from a DNAME has its own reason where the DNAME is signed",
          "[policy][dnssec][rfc6672-5.3]") {
  Chain chain;
  const Lines dname{"moved.good.test. 300 IN DNAME good.test."};
  const Lines alias{"irc.moved.good.test. 300 IN CNAME irc.good.test."};
  auto& script = chain.exchange.at("irc.moved.good.test", RecordType::txt);
  std::string detail;
  const auto fault = [&](const Lines& answer) {
    script.answer = answer + chain.good.sign({k_record});
    Budget budget(Budget::Clock::now() + 5s);
    policy::Resolver resolver(chain.exchange, chain.anchors,
                              std::chrono::system_clock::from_time_t(k_now));
    const auto answered = resolver.query("irc.moved.good.test", RecordType::txt, budget);
    CHECK(answered.records.empty() == (answered.fault != SecurityFault::none));
    detail = answered.detail;
    return answered.fault;
  };
  CHECK(fault(chain.good.sign(dname) + alias) == SecurityFault::dname);
  CHECK(detail == "CNAME irc.moved.good.test");
  // One that is signed is taken as any other.
  CHECK(fault(chain.good.sign(dname) + chain.good.sign(alias)) == SecurityFault::none);
  CHECK(fault(dname + alias) == SecurityFault::bogus);
  CHECK(fault(chain.good.sign({"other.good.test. 300 IN DNAME good.test."}) + alias) ==
        SecurityFault::bogus);
  CHECK(fault(chain.good.sign({"irc.moved.good.test. 300 IN DNAME good.test."}) + alias) ==
        SecurityFault::bogus);
  CHECK(fault(chain.good.sign(dname) + chain.good.sign(alias, k_now - 20, k_now - 10)) ==
        SecurityFault::expired);
}

TEST_CASE("any change to what was signed is bogus", "[policy][dnssec]") {
  Chain chain;
  const auto good = chain.good.sign({k_record});
  const auto signature = good[1];
  const std::string changed =
      GENERATE("irc.good.test. 300 IN TXT \"v=websocket1; port=26; from=*\"",
               "ird.good.test. 300 IN TXT \"v=websocket1; port=25; from=*\"",
               "irc.good.test. 300 IN TXT \"v=websocket1; port=25; from=\" \"*\"");
  CHECK(chain.fault({changed, "ird" + signature.substr(3), signature}) == SecurityFault::bogus);
  CHECK(chain.fault({k_record, "irc.good.test. 300 IN TXT \"another\"", signature}) ==
        SecurityFault::bogus);
  // The TTL on the way is not signed, the original one is.
  CHECK(chain.fault({"irc.good.test. 7 IN TXT \"v=websocket1; port=25; from=*\"", signature}) ==
        SecurityFault::none);
  CHECK(chain.fault({k_record, with_field(signature, 3, "86400")}) == SecurityFault::bogus);
}

TEST_CASE("a signature counts within its time alone", "[policy][dnssec][rfc4034-3.1.5]") {
  Chain chain;
  const auto sign = [&](std::time_t from, std::time_t to) {
    return chain.fault(chain.good.sign({k_record}, k_now + from, k_now + to));
  };
  CHECK(sign(-10, 0) == SecurityFault::none);
  CHECK(sign(0, 10) == SecurityFault::none);
  CHECK(sign(-10, -1) == SecurityFault::expired);
  CHECK(sign(1, 10) == SecurityFault::not_yet_valid);
  CHECK(sign(10, -10) == SecurityFault::bogus);
  // A good signature beside an old one is enough.
  const auto old = chain.good.signature({k_record}, k_now - 20, k_now - 10);
  CHECK(chain.fault({k_record, old, chain.good.signature({k_record})}) == SecurityFault::none);
}

TEST_CASE("an expired link of the chain is expired", "[policy][dnssec]") {
  Chain chain;
  const auto answer = chain.good.sign({k_record});
  SECTION("the keys of the zone") {
    chain.exchange.at("good.test", RecordType::dnskey).answer =
        chain.good.sign({chain.good.key()}, k_now - 20, k_now - 10);
  }
  SECTION("the DS record") {
    chain.exchange.at("good.test", RecordType::ds).answer =
        chain.test.sign({chain.good.delegation()}, k_now - 20, k_now - 10);
  }
  SECTION("the keys of the anchor") {
    chain.exchange.at("test", RecordType::dnskey).answer =
        chain.test.sign({chain.test.key()}, k_now - 20, k_now - 10);
  }
  CHECK(chain.fault(answer) == SecurityFault::expired);
}

TEST_CASE("an answer is kept no longer than its signature allows", "[policy][dnssec]") {
  Chain chain;
  CHECK(*chain.validate(chain.good.sign({k_record})) == 300s);
  CHECK(*chain.validate(chain.good.sign({k_record}, k_now - 10, k_now + 12)) == 12s);
  auto raised = chain.good.sign({k_record});
  raised[0].replace(raised[0].find(" 300 "), 5, " 9999 ");
  CHECK(*chain.validate(raised) == 300s);
}

TEST_CASE("an answer is kept no longer than any link of its chain", "[policy][dnssec]") {
  Chain chain;
  const auto with_ttl = [](std::string record, const std::string& ttl) {
    return record.replace(record.find("\t300\t"), 5, "\t" + ttl + "\t");
  };
  auto& delegation = chain.exchange.at("good.test", RecordType::ds).answer;
  auto& keys = chain.exchange.at("good.test", RecordType::dnskey).answer;
  auto& top = chain.exchange.at("test", RecordType::dnskey).answer;
  std::chrono::seconds expected = 7s;
  SECTION("the time of a signature") {
    const auto to = k_now + expected.count();
    SECTION("of the keys") { keys = chain.good.sign({chain.good.key()}, k_now - 10, to); }
    SECTION("of the DS record") {
      delegation = chain.test.sign({chain.good.delegation()}, k_now - 10, to);
    }
    SECTION("of the anchor's keys") { top = chain.test.sign({chain.test.key()}, k_now - 10, to); }
  }
  SECTION("the TTL that is left") {
    SECTION("of the keys") { keys[0] = with_ttl(keys[0], "7"); }
    SECTION("of the DS record") { delegation[0] = with_ttl(delegation[0], "7"); }
    SECTION("of the anchor's keys") { top[0] = with_ttl(top[0], "7"); }
    SECTION("none") {
      keys[0] = with_ttl(keys[0], "0");
      expected = 0s;
    }
  }
  const auto answer = chain.good.sign({k_record});
  Validator validator(chain.anchors, chain.exchange, std::chrono::system_clock::from_time_t(k_now));
  Budget budget(Budget::Clock::now() + 5s);
  CHECK(*Chain::validate(answer, validator, budget) == expected);
  CHECK(*Chain::validate(answer, validator, budget) == expected);  // with keys that it knows
}

TEST_CASE("only the zone that holds a name signs for it", "[policy][dnssec]") {
  Chain chain;
  SECTION("not a zone beside it") {
    Zone evil("evil.test.");
    chain.exchange.at("evil.test", RecordType::ds).answer = chain.test.sign({evil.delegation()});
    chain.exchange.at("evil.test", RecordType::dnskey).answer = evil.sign({evil.key()});
    CHECK(chain.fault(evil.sign({"a.evil.test. 300 IN A 192.0.2.1"})) == SecurityFault::none);
    CHECK(chain.fault(evil.sign({k_record})) == SecurityFault::bogus);
  }
  SECTION("not another key in its name") {
    Zone impostor("good.test.");
    CHECK(chain.fault(impostor.sign({k_record})) == SecurityFault::bogus);
    chain.exchange.at("good.test", RecordType::dnskey).answer = impostor.sign({impostor.key()});
    CHECK(chain.fault(impostor.sign({k_record})) == SecurityFault::bogus);
    // Slipped in beside the good key, whose signature is then not over both.
    auto& keys = chain.exchange.at("good.test", RecordType::dnskey).answer;
    keys = chain.good.sign({chain.good.key()}) + Lines{impostor.key()};
    CHECK(chain.fault(impostor.sign({k_record})) == SecurityFault::bogus);
    keys = {chain.good.key(), impostor.key(),
            impostor.signature({chain.good.key(), impostor.key()})};
    CHECK(chain.fault(impostor.sign({k_record})) == SecurityFault::bogus);
  }
  SECTION("not a zone above the nearest anchor") {
    chain.anchors = *TrustAnchors::parse(chain.test.delegation() + "\n" + chain.good.delegation());
    CHECK(chain.fault(chain.good.sign({k_record})) == SecurityFault::none);
    CHECK(chain.exchange.asked == Lines{"DNSKEY good.test"});
    CHECK(chain.fault(chain.test.sign({k_record})) == SecurityFault::bogus);
  }
}

TEST_CASE("a zone does not vouch for itself", "[policy][dnssec]") {
  Chain chain;
  Zone impostor("good.test.");
  chain.exchange.at("good.test", RecordType::dnskey).answer = impostor.sign({impostor.key()});
  auto& delegation = chain.exchange.at("good.test", RecordType::ds);
  SECTION("by a DS record of its own") {
    delegation.answer = impostor.sign({impostor.delegation()});
    CHECK(chain.fault(impostor.sign({k_record})) == SecurityFault::bogus);
  }
  SECTION("by a denial of its own") {
    const Lines denial{"good.test. 300 IN NSEC a.test. NS RRSIG NSEC"};
    delegation.authority = impostor.sign(denial);
    CHECK(chain.fault(impostor.sign({k_record})) == SecurityFault::bogus);
  }
  CHECK(chain.exchange.asked.size() < 6);
}

TEST_CASE("keys that must not sign do not", "[policy][dnssec][rfc4034-2.1]") {
  const std::uint16_t flags = GENERATE(as<std::uint16_t>{}, 0, 1, 128 + 257, 128 + 256);
  Chain chain;
  chain.good = Zone("good.test.", flags);
  chain.exchange.at("good.test", RecordType::ds).answer =
      chain.test.sign({chain.good.delegation()});
  chain.exchange.at("good.test", RecordType::dnskey).answer = chain.good.sign({chain.good.key()});
  CHECK(chain.fault(chain.good.sign({k_record})) == SecurityFault::bogus);
}

TEST_CASE("what is made from a wildcard is refused as such", "[policy][dnssec][rfc4035-5.3.4]") {
  Chain chain;
  const auto signature = chain.good.signature({"*.good.test. 300 IN TXT \"v=websocket1\""});
  const auto expanded = "irc.good.test." + signature.substr(signature.find('\t'));
  CHECK(chain.fault({"irc.good.test. 300 IN TXT \"v=websocket1\"", expanded}) ==
        SecurityFault::wildcard);
  const auto plain = chain.good.signature({k_record});
  CHECK(chain.fault({k_record, with_field(plain, 2, "4")}) == SecurityFault::bogus);
}

TEST_CASE("missing signatures are explained", "[policy][dnssec]") {
  Chain chain;
  auto& delegation = chain.exchange.at("good.test", RecordType::ds);
  SECTION("taken away: the zone has a DS record") {
    CHECK(chain.fault({k_record}) == SecurityFault::bogus);
  }
  const std::string soa = "test. 300 IN SOA ns.test. h.test. 1 2 3 4 5";
  SECTION("the zone above proves that there is no DS record") {
    const Lines denial{"good.test. 300 IN NSEC h.test. NS RRSIG NSEC"};
    delegation.answer.clear();
    delegation.authority = chain.test.sign({soa}) + chain.test.sign(denial);
    CHECK(chain.fault({k_record}) == SecurityFault::unsigned_zone);
    CHECK(chain.fault(chain.good.sign({k_record})) == SecurityFault::unsigned_zone);
  }
  SECTION("a proof that does not hold") {
    const std::string types = GENERATE("NS DS RRSIG NSEC", "A RRSIG NSEC", "NS SOA RRSIG NSEC");
    const Lines denial{"good.test. 300 IN NSEC h.test. " + types};
    delegation.answer.clear();
    delegation.authority = chain.test.sign({soa}) + chain.test.sign(denial);
    CHECK(chain.fault({k_record}) == SecurityFault::bogus);
    CHECK(chain.fault(chain.good.sign({k_record})) == SecurityFault::bogus);
  }
  SECTION("a proof that is too dear to look at, as others take it") {
    const Lines denial{std::string(32, '0') + ".test. 300 IN NSEC3 1 0 151 - " +
                       std::string(32, 'v') + " NS"};
    delegation.answer.clear();
    delegation.authority = chain.test.sign({soa}) + chain.test.sign(denial);
    const auto result = chain.validate({k_record});
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == SecurityFault::unsigned_zone);
    CHECK(result.error().detail.find("RFC 9276") != std::string::npos);
    delegation.authority = chain.test.sign({soa}) + denial;
    CHECK(chain.fault({k_record}) == SecurityFault::bogus);
  }
  SECTION("a proof that nobody signed, or the wrong one") {
    const Lines denial{"good.test. 300 IN NSEC h.test. NS RRSIG NSEC"};
    delegation.answer.clear();
    delegation.authority = GENERATE(true, false) ? denial : Zone("test.").sign(denial);
    CHECK(chain.fault({k_record}) == SecurityFault::bogus);
  }
  SECTION("a proof for another name") {
    const Lines denial{"goof.test. 300 IN NSEC h.test. NS RRSIG NSEC"};
    delegation.answer.clear();
    delegation.authority = chain.test.sign({soa}) + chain.test.sign(denial);
    CHECK(chain.fault({k_record}) == SecurityFault::bogus);
  }
  SECTION("in the zone of the anchor itself") {
    CHECK(chain.fault({"irc.test. 300 IN A 192.0.2.1"}) == SecurityFault::bogus);
  }
  SECTION("a DS record that was signed too long ago") {
    delegation.answer = chain.test.sign({chain.good.delegation()}, k_now - 20, k_now - 10);
    CHECK(chain.fault({k_record}) == SecurityFault::expired);
  }
}

TEST_CASE("what lies below an unsigned zone is unsigned, whatever it says of itself",
          "[policy][dnssec][rfc4035-5.2]") {
  Chain chain;
  const std::string soa = "test. 300 IN SOA ns.test. h.test. 1 2 3 4 5";
  auto& unsigned_zone = chain.exchange.at("good.test", RecordType::ds);
  unsigned_zone.answer.clear();
  unsigned_zone.authority =
      chain.test.sign({soa}) + chain.test.sign({"good.test. 300 IN NSEC h.test. NS RRSIG NSEC"});
  const Zone below("below.good.test.");
  const Lines record{"irc.below.good.test. 300 IN A 192.0.2.1"};
  auto& delegation = chain.exchange.at("below.good.test", RecordType::ds);
  chain.exchange.at("below.good.test", RecordType::dnskey).answer = below.sign({below.key()});
  SECTION("a signed zone, with a DS record that nobody signed") {
    delegation.answer = {below.delegation()};
    CHECK(chain.fault(below.sign(record)) == SecurityFault::unsigned_zone);
    CHECK(chain.fault(record) == SecurityFault::unsigned_zone);
  }
  SECTION("a signed zone, without") {
    delegation.authority = {"good.test. 300 IN SOA ns.test. h.test. 1 2 3 4 5"};
    CHECK(chain.fault(below.sign(record)) == SecurityFault::unsigned_zone);
  }
  SECTION("an island, with signatures that lead nowhere") {
    delegation.answer = chain.good.sign({below.delegation()});
    CHECK(chain.fault(below.sign(record)) == SecurityFault::unsigned_zone);
    CHECK(chain.fault(record) == SecurityFault::unsigned_zone);
  }
  SECTION("an alias that leads into a signed zone, whose SOA record then stands in the answer") {
    auto& asked = chain.exchange.at("a.good.test", RecordType::ds);
    asked.answer = {"a.good.test. 300 IN CNAME b.test."};
    asked.authority = chain.test.sign({soa});
    CHECK(chain.fault({"a.good.test. 300 IN CNAME b.test."}) == SecurityFault::unsigned_zone);
  }
  SECTION("but not where the zone above is signed, and its signatures are gone") {
    unsigned_zone.answer = {chain.good.delegation()};
    unsigned_zone.authority.clear();
    delegation.answer = {below.delegation()};
    CHECK(chain.fault(below.sign(record)) == SecurityFault::bogus);
    CHECK(chain.fault(record) == SecurityFault::bogus);
  }
}

TEST_CASE("a name that no anchor covers has its own reason", "[policy][dnssec]") {
  Chain chain;
  Zone other("example.");
  CHECK(chain.fault(other.sign({"a.example. 300 IN A 192.0.2.1"})) == SecurityFault::no_anchor);
  CHECK(chain.fault({"a.example. 300 IN A 192.0.2.1"}) == SecurityFault::no_anchor);
  CHECK(chain.fault({"a.nottest. 300 IN A 192.0.2.1"}) == SecurityFault::no_anchor);
  CHECK(chain.fault({"a\\.test. 300 IN A 192.0.2.1"}) == SecurityFault::no_anchor);
  CHECK(chain.exchange.asked.empty());
}

TEST_CASE("a chain that cannot be fetched is not secure", "[policy][dnssec]") {
  Chain chain;
  const auto [name, type] =
      GENERATE(std::pair{"test", RecordType::dnskey}, std::pair{"good.test", RecordType::ds},
               std::pair{"good.test", RecordType::dnskey});
  auto& script = chain.exchange.at(name, type);
  script.fault = GENERATE(std::optional<policy::ExchangeFault>{},
                          std::optional{policy::ExchangeFault::timed_out},
                          std::optional{policy::ExchangeFault::malformed});
  script.rcode = LDNS_RCODE_SERVFAIL;
  CHECK(chain.fault(chain.good.sign({k_record})) == SecurityFault::chain_unavailable);
}

TEST_CASE("lost keys are bogus", "[policy][dnssec]") {
  Chain chain;
  const auto name = GENERATE("test", "good.test");
  chain.exchange.at(name, RecordType::dnskey).answer.clear();
  CHECK(chain.fault(chain.good.sign({k_record})) == SecurityFault::bogus);
}

TEST_CASE("work is bounded", "[policy][dnssec][CVE-2023-50387]") {
  Chain chain;
  auto& keys = chain.exchange.at("good.test", RecordType::dnskey).answer;
  const auto signature = chain.good.signature({k_record});
  const auto soon = Budget::Clock::now() + 5s;
  SECTION("by the budget of signatures") {
    // Two digests, two sets of keys, the DS record and the record.
    CHECK(chain.fault({k_record, signature}, Budget(soon, 40, 6)) == SecurityFault::none);
    for (unsigned checks = 0; checks < 6; ++checks) {
      CHECK(chain.fault({k_record, signature}, Budget(soon, 40, checks)) ==
            SecurityFault::too_much_work);
    }
  }
  SECTION("by the budget of queries") {
    CHECK(chain.fault({k_record, signature}, Budget(soon, 3)) == SecurityFault::none);
    for (unsigned queries = 0; queries < 3; ++queries) {
      CHECK(chain.fault({k_record, signature}, Budget(soon, queries)) ==
            SecurityFault::too_much_work);
    }
  }
  SECTION("in keys that share a tag") {
    // The DS record names one key of five that look alike.
    keys = Lines(5, chain.good.key());
    keys.push_back(chain.good.signature({chain.good.key()}));
    CHECK(chain.fault({k_record, signature}) == SecurityFault::too_much_work);
  }
  SECTION("in the number of keys") {
    Lines many{chain.good.key()};
    for (char c = 'A'; c < 'A' + 15; ++c) {
      many.push_back("good.test. 300 IN DNSKEY 256 3 13 " + std::string(85, c) + "A==");
    }
    keys = chain.good.sign(many);
    CHECK(chain.fault({k_record, signature}) == SecurityFault::none);
    many.push_back("good.test. 300 IN DNSKEY 256 3 13 " + std::string(85, 'x') + "A==");
    keys = chain.good.sign(many);
    CHECK(chain.fault({k_record, signature}) == SecurityFault::too_much_work);
  }
  SECTION("in the number of signatures") {
    Lines answer{k_record};
    const auto forged = Zone("good.test.").signature({k_record});
    for (int i = 0; i < 8; ++i) answer.push_back(with_field(forged, 6, std::to_string(i)));
    answer.push_back(signature);  // the ninth
    CHECK(chain.fault(answer) == SecurityFault::bogus);
  }
  SECTION("in the number of NSEC3 records that are hashed") {  // CVE-2023-50868
    const policy::RdfPtr zone(ldns_dname_new_frm_str("good.test."));
    const policy::RdfPtr hashed(ldns_nsec3_hash_name(zone.get(), 1, 150, 0, nullptr));
    const Lines proof =
        chain.test.sign({policy::name_text(hashed.get()) + ".test. 60 IN NSEC3 1 0 150 - " +
                         std::string(32, 'v') + " NS"});
    const auto fault_after = [&](std::size_t others) {
      auto& delegation = chain.exchange.at("good.test", RecordType::ds);
      delegation.answer.clear();
      delegation.authority.clear();
      for (std::size_t i = 0; i < others; ++i) {
        delegation.authority.push_back(std::string(31, '0') + static_cast<char>('a' + i) +
                                       ".test. 60 IN NSEC3 1 0 150 - " + std::string(32, 'v') +
                                       " A");
      }
      delegation.authority = delegation.authority + proof;
      return chain.fault({k_record});
    };
    CHECK(fault_after(0) == SecurityFault::unsigned_zone);
    CHECK(fault_after(3) == SecurityFault::unsigned_zone);
    CHECK(fault_after(4) == SecurityFault::bogus);
    CHECK(fault_after(20) == SecurityFault::bogus);
  }
  SECTION("in the size of a key") {
    const auto tried = [&](std::size_t base64) {
      const auto key =
          records_of({"good.test. 300 IN DNSKEY 257 3 13 " + std::string(base64, 'A')});
      const auto tag = ldns_calc_keytag(ldns_rr_list_rr(key.get(), 0));
      const auto forged = records_of({with_field(signature, 6, std::to_string(tag))});
      Budget one(soon, 0, 1);
      CHECK_FALSE(policy::check_with_keys(records_of({k_record}).get(),
                                          ldns_rr_list_rr(forged.get(), 0), key.get(), k_now, one));
      return !one.take_signature();
    };
    CHECK(tried(692));        // 519 octets
    CHECK_FALSE(tried(696));  // 522
  }
}

TEST_CASE("trust anchors are read from zone-file text", "[policy][dnssec]") {
  const Zone one("one.test.");
  const Zone two("two.test.");
  const auto anchors = TrustAnchors::parse("; comment\n$TTL 60\n" + one.delegation() + "\n\n" +
                                           two.key() + "\n" + two.delegation());
  REQUIRE(anchors);
  const auto closest = [&](const char* name) {
    const policy::RdfPtr parsed(ldns_dname_new_frm_str(name));
    return count_of(anchors->closest(parsed.get()));
  };
  CHECK(closest("one.test.") == 1);
  CHECK(closest("a.b.ONE.test.") == 1);
  CHECK(closest("two.test.") == 2);
  CHECK(closest("test.") == 0);
  CHECK(closest("xone.test.") == 0);
  CHECK(closest(".") == 0);

  const auto nested =
      TrustAnchors::parse(". 60 IN DS 1 13 2 " + std::string(64, 'A') + "\n" + one.delegation());
  REQUIRE(nested);
  const policy::RdfPtr name(ldns_dname_new_frm_str("a.one.test."));
  const auto nearest = nested->closest(name.get());
  REQUIRE(count_of(nearest) == 1);
  CHECK(policy::name_text(ldns_rr_owner(ldns_rr_list_rr(nearest.get(), 0))) == "one.test");
}

TEST_CASE("a file of anchors that cannot be read, or has no end, is told so", "[policy][dnssec]") {
  const auto fault = [](const char* path) { return TrustAnchors::load(path).error(); };
  CHECK(fault("/nowhere/anchors") == "/nowhere/anchors: No such file or directory");
  CHECK(fault("/") == "/: Is a directory");
  CHECK(fault("/dev/zero") == "/dev/zero: larger than 1 MiB");
}

TEST_CASE("of unbound's file of anchors those keys count that unbound trusts",
          "[policy][dnssec][rfc5011-4.2]") {
  const Zone known(".");
  const Zone announced(".");
  const auto line = [](const Zone& zone, const std::string& state) {
    return zone.key() + " ;{id = 1 (ksk), size = 256b} ;;state=" + state +
           " ;;count=1 ;;lastchange=1796013376 ;;Mon Nov 30 04:36:16 2026\n";
  };
  const std::string head = "; autotrust trust anchor file\n;;id: . 1\n;;query_interval: 3600\n";
  const policy::RdfPtr root(ldns_dname_new_frm_str("."));
  const auto trusted = [&](const std::string& state) {
    const auto anchors =
        TrustAnchors::parse(head + line(announced, state) + line(known, "2 [  VALID  ]"));
    REQUIRE(anchors);
    return count_of(anchors->closest(root.get()));
  };
  CHECK(trusted("2 [  VALID  ]") == 2);
  CHECK(trusted("3 [ MISSING ]") == 2);
  for (const auto* state :
       {"0 [  START  ]", "1 [ ADDPEND ]", "4 [ REVOKED ]", "5 [ REMOVED ]", ""}) {
    CHECK(trusted(state) == 1);
    CHECK_FALSE(TrustAnchors::parse(head + line(announced, state)));
  }
  // Lines are counted as they stand.
  const auto broken = TrustAnchors::parse(head + line(announced, "1 [ ADDPEND ]") + ". IN DS x\n");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().starts_with("line 5: "));
}

TEST_CASE("trust anchors of another text have another digest", "[policy][dnssec]") {
  const std::string text = ". 60 IN DS 1 13 2 " + std::string(64, 'A') + "\n";
  const auto digest = TrustAnchors::parse(text)->digest();
  CHECK(digest.size() == 64);
  CHECK(digest == TrustAnchors::parse(text)->digest());
  CHECK(digest != TrustAnchors::parse(text + text)->digest());
}

TEST_CASE("a file that is no list of anchors says why", "[policy][dnssec]") {
  const std::string text = GENERATE(
      "", "\n\n; nothing\n", "a.test. 60 IN A 192.0.2.1\n", "test. IN DS 1 13\n", "test. IN DS x\n",
      "$INCLUDE /etc/passwd\n", "\xff\xfe", "test. CH DS 1 13 2 AAAA\n");
  const auto anchors = TrustAnchors::parse(text);
  REQUIRE_FALSE(anchors);
  CHECK_FALSE(anchors.error().empty());
  CHECK_FALSE(TrustAnchors::load("/nonexistent/anchors"));
}

TEST_CASE("NSEC3 denies a DS record by hash or by an opt-out span", "[policy][dnssec][rfc5155]") {
  const policy::RdfPtr zone(ldns_dname_new_frm_str("below.opt.test."));
  const auto hash_of = [&](std::uint16_t iterations) {
    const policy::RdfPtr hashed(ldns_nsec3_hash_name(zone.get(), 1, iterations, 0, nullptr));
    return policy::name_text(hashed.get());
  };
  const auto hash = hash_of(0);
  const auto denies = [&](const std::string& owner, const std::string& parameters,
                          const std::string& next, const std::string& types) {
    const auto list =
        records_of({owner + ".opt.test. 60 IN NSEC3 " + parameters + " " + next + " " + types});
    return policy::denies_delegation_signer(ldns_rr_list_rr(list.get(), 0), zone.get());
  };
  using policy::Denial;
  const std::string low(32, '0');
  const std::string high(32, 'v');
  CHECK(denies(hash, "1 0 0 -", high, "NS") == Denial::shown);
  CHECK(denies(hash, "1 0 0 -", high, "NS DS RRSIG") == Denial::none);
  CHECK(denies(hash, "1 0 0 -", high, "NS SOA RRSIG") == Denial::none);
  CHECK(denies(hash, "1 0 0 -", high, "A RRSIG") == Denial::none);
  CHECK(denies(hash_of(150), "1 0 150 -", high, "NS") == Denial::shown);
  CHECK(denies(hash_of(151), "1 0 151 -", high, "NS") == Denial::too_dear);
  CHECK(denies(hash_of(151), "2 0 151 -", high, "NS") == Denial::none);
  CHECK(denies(hash, "2 0 0 -", high, "NS") == Denial::none);
  CHECK(denies(low, "1 1 0 -", high, "NS") == Denial::shown);
  CHECK(denies(low, "1 0 0 -", high, "NS") == Denial::none);  // covers, but is no opt-out
  CHECK(denies(low, "1 1 0 -", std::string(31, '0') + "1", "NS") == Denial::none);
  CHECK(denies(std::string(31, 'v') + "u", "1 1 0 -", high, "NS") == Denial::none);
  CHECK(denies(high, "1 1 0 -", std::string(31, 'v') + "u", "NS") ==
        Denial::shown);  // the zone's last record
  CHECK(denies(high, "1 1 0 -", low, "NS") == Denial::none);
}
