// SPDX-License-Identifier: Apache-2.0
//
// Messages, servers, and the resolver over scripted exchanges. Sockets are tested in test/dns.
#include "policy/lookup.hh"

#include <string>
#include <vector>

#include "policy/dns_name.hh"
#include "policy/resolver.hh"
#include "test/unit/catch.hh"
#include "test/unit/policy/scripted_exchange.hh"

using namespace std::chrono_literals;
using policy::Address;
using policy::Answer;
using policy::decode_reply;
using policy::DnsServer;
using policy::encode_question;
using policy::ExchangeFault;
using policy::LookupStatus;
using policy::Question;
using policy::RecordType;
using policy::ReplyFault;
using policy::Security;
using policy::SecurityFault;
using policy::Validation;

namespace {

const std::string k_soa = "example.org. 900 SOA ns.example.org. h.example.org. 1 2 3 4 120";

policy::Budget budget() { return policy::Budget(policy::Budget::Clock::now() + 5s); }

Answer look_up(ScriptedExchange& exchange, const std::string& name, RecordType type,
               Validation validation = Validation::off) {
  auto spent = budget();
  return policy::Resolver(exchange, validation).query(name, type, spent);
}

std::vector<std::byte> sample_reply(const Question& question, std::uint16_t id) {
  ScriptedReply script;
  script.answer = {"irc.example.org. 300 TXT \"v=websocket1; \" \"port=25\"",
                   "irc.example.org. 300 TXT \"other\""};
  script.authority = {"example.org. 300 NS ns.example.org."};
  return ScriptedExchange::reply_octets(*encode_question(question, id), script);
}

}  // namespace

TEST_CASE("a question is one datagram with EDNS, RD and what was asked for", "[policy][lookup]") {
  const auto plain = encode_question({"irc.example.org", RecordType::txt}, 0x1234);
  REQUIRE(plain);
  const auto at = [](const auto& octets, std::size_t i) { return std::to_integer<int>(octets[i]); };
  CHECK(at(*plain, 0) == 0x12);
  CHECK(at(*plain, 1) == 0x34);
  CHECK(at(*plain, 2) == 0x01);  // RD
  CHECK(at(*plain, 3) == 0x00);
  CHECK(plain->size() == 12 + 17 + 4 + 11);
  CHECK(at(*plain, plain->size() - 8) * 256 + at(*plain, plain->size() - 7) == 1232);
  CHECK(at(*plain, plain->size() - 4) == 0x00);

  const auto secure = encode_question({"irc.example.org", RecordType::txt, true, true}, 1);
  CHECK(at(*secure, 3) == 0x30);                   // AD, CD
  CHECK(at(*secure, secure->size() - 4) == 0x80);  // DO
}

TEST_CASE("what is no DNS name cannot be asked for", "[policy][lookup]") {
  CHECK(encode_question({"", RecordType::dnskey}, 1));  // the root
  CHECK(encode_question({"16/28.2.0.192.in-addr.arpa", RecordType::ptr}, 1));
  CHECK_FALSE(encode_question({"a..b", RecordType::a}, 1));
  CHECK_FALSE(encode_question({std::string(64, 'a') + ".test", RecordType::a}, 1));
  std::string long_name;
  for (int i = 0; i < 70; ++i) long_name += "abc.";
  CHECK_FALSE(encode_question({long_name + "test", RecordType::a}, 1));
}

TEST_CASE("a reply is taken apart only when id and question are ours",
          "[policy][lookup][rfc5452]") {
  const Question question{"irc.example.org", RecordType::txt};
  const auto whole = sample_reply(question, 7);
  CHECK(decode_reply(whole, question, 7));
  CHECK(decode_reply(whole, {"IRC.example.ORG", RecordType::txt}, 7));
  const auto fault_of = [&](const auto& message, const Question& asked, std::uint16_t id) {
    const auto packet = decode_reply(message, asked, id);
    REQUIRE_FALSE(packet);
    return packet.error();
  };
  CHECK(fault_of(whole, question, 8) == ReplyFault::not_ours);
  CHECK(fault_of(whole, {"irc.example.net", RecordType::txt}, 7) == ReplyFault::not_ours);
  CHECK(fault_of(whole, {"irc.example.org", RecordType::a}, 7) == ReplyFault::not_ours);
  CHECK(fault_of(*encode_question(question, 7), question, 7) == ReplyFault::not_ours);
  CHECK(fault_of(std::vector<std::byte>{}, question, 7) == ReplyFault::not_ours);
  auto many = whole;
  many[6] = std::byte{1};  // 258 records, it says
  CHECK(fault_of(many, question, 7) == ReplyFault::too_large);
}

TEST_CASE("a refusal need not repeat the question", "[policy][lookup][rfc9619]") {
  const Question question{"irc.example.org", RecordType::txt};
  const auto bare = [](int flags, int rcode) {
    std::vector<std::byte> header(12);
    header[1] = std::byte{7};
    header[2] = std::byte(flags);
    header[3] = std::byte(rcode);
    return header;
  };
  for (const int rcode : {1, 2, 4, 5}) {
    const auto packet = decode_reply(bare(0x81, rcode), question, 7);
    REQUIRE(packet);
    CHECK(ldns_pkt_get_rcode(packet->get()) == static_cast<ldns_pkt_rcode>(rcode));
    CHECK_FALSE(policy::is_of_use(packet->get()));
    CHECK(decode_reply(bare(0x81, rcode), question, 8).error() == ReplyFault::not_ours);
    CHECK_FALSE(decode_reply(bare(0x01, rcode), question, 7));  // a query
    CHECK_FALSE(decode_reply(bare(0x83, rcode), question, 7));  // TC
    auto with_options = bare(0x81, rcode);
    with_options[11] = std::byte{1};
    for (const int octet : {0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0}) {
      with_options.push_back(std::byte(octet));
    }
    CHECK(decode_reply(with_options, question, 7));
    with_options[7] = std::byte{1};  // an answer, it says
    with_options[11] = std::byte{0};
    CHECK_FALSE(decode_reply(with_options, question, 7));
  }
  // Whether there is something, or nothing, is said about a question.
  CHECK_FALSE(decode_reply(bare(0x81, 0), question, 7));
  CHECK_FALSE(decode_reply(bare(0x81, 3), question, 7));
}

TEST_CASE("a reply cut anywhere is refused, unless it says that it is cut", "[policy][lookup]") {
  const Question question{"irc.example.org", RecordType::txt};
  const auto whole = sample_reply(question, 7);
  const std::size_t question_end = 12 + 17 + 4;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    auto cut = std::vector(whole.begin(), whole.begin() + static_cast<long>(size));
    INFO(size);
    CHECK_FALSE(decode_reply(cut, question, 7));
    if (size < question_end) continue;
    cut[2] |= std::byte{2};  // TC
    const auto packet = decode_reply(cut, question, 7);
    REQUIRE(packet);
    CHECK(ldns_pkt_tc(packet->get()));
  }
}

TEST_CASE("every octet of a reply may be wrong", "[policy][lookup]") {
  const Question question{"irc.example.org", RecordType::txt};
  const auto whole = sample_reply(question, 7);
  unsigned refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const int value : {0x00, 0x3f, 0x40, 0xc0, 0xff}) {
      auto changed = whole;
      changed[i] = std::byte(value);
      const auto packet = decode_reply(changed, question, 7);  // must only not crash
      refused += packet ? 0 : 1;
    }
  }
  CHECK(refused > 100);
}

TEST_CASE("resolvers are written with or without a port", "[policy][lookup]") {
  const auto text_of = [](std::string_view text) {
    const auto server = DnsServer::parse(text);
    return server ? server->to_string() : "!";
  };
  CHECK(text_of("192.0.2.53") == "192.0.2.53:53");
  CHECK(text_of("192.0.2.53:5353") == "192.0.2.53:5353");
  CHECK(text_of("2001:db8::53") == "[2001:db8::53]:53");
  CHECK(text_of("[2001:db8::53]") == "[2001:db8::53]:53");
  CHECK(text_of("[2001:db8::53]:5353") == "[2001:db8::53]:5353");
  CHECK(text_of("::1") == "[::1]:53");
  for (const auto* wrong :
       {"", "dns.example.org", "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:65536", "192.0.2.53:+1",
        "192.0.2.53:53:53", "192.0.2:53", "[::1", "[::1]5353", "[::1]:", ":53",
        "1:2:3:4:5:6:7:8:53", "[192.0.2.53", "192.0.2.53 "}) {
    INFO(wrong);
    CHECK(text_of(wrong) == "!");
  }
}

TEST_CASE("resolv.conf gives the servers that the C library would use", "[policy][lookup]") {
  const auto of = [](std::string_view text) {
    std::string all;
    for (const auto& server : policy::parse_resolv_conf(text)) all += server.to_string() + " ";
    return all;
  };
  CHECK(of("# c\nsearch a.test\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 # x\r\n"
           "options edns0\n") == "192.0.2.1:53 [2001:db8::1]:53 ");
  CHECK(of("nameserver 192.0.2.1") == "192.0.2.1:53 ");
  CHECK(of("") == "127.0.0.1:53 ");
  CHECK(of(" nameserver 192.0.2.1\nnameservers 192.0.2.2\n#nameserver 192.0.2.3\nnameserver\n"
           "nameserver192.0.2.4\nnameserver dns.test\nnameserver fe80::1%eth0\n") ==
        "127.0.0.1:53 ");
  CHECK(of("nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n"
           "nameserver 192.0.2.4\n") == "192.0.2.1:53 192.0.2.2:53 192.0.2.3:53 ");
}

TEST_CASE("records get their types", "[policy][lookup]") {
  ScriptedExchange exchange;
  exchange.at("irc.example.org", RecordType::a).answer = {
      "IRC.example.org. 70 A 192.0.2.1", "irc.example.org. 60 A 192.0.2.2",
      "other.example.org. 5 A 192.0.2.3", "irc.example.org. 5 CH A 192.0.2.4"};
  const auto a = look_up(exchange, "irc.example.org", RecordType::a);
  CHECK(a.status == LookupStatus::ok);
  CHECK(a.ttl == 60s);
  CHECK(a.security == Security::indeterminate);
  CHECK(a.all<Address>() ==
        std::vector{*Address::parse("192.0.2.1"), *Address::parse("192.0.2.2")});

  exchange.at("irc.example.org", RecordType::aaaa).answer = {
      "irc.example.org. 60 AAAA 2001:db8::1"};
  CHECK(look_up(exchange, "irc.example.org", RecordType::aaaa).all<Address>() ==
        std::vector{*Address::parse("2001:db8::1")});

  exchange.at("irc.example.org", RecordType::txt).answer = {
      "irc.example.org. 60 TXT \"v=websocket1; po\" \"rt=6667\" \"\" \"; from=*\"",
      "irc.example.org. 60 TXT \"\"", "irc.example.org. 60 TXT \"a\\000\\255b\""};
  const auto txt = look_up(exchange, "irc.example.org", RecordType::txt).all<policy::Text>();
  REQUIRE(txt.size() == 3);
  CHECK(txt[0].joined == "v=websocket1; port=6667; from=*");
  CHECK(txt[1].joined.empty());
  CHECK(txt[2].joined == std::string("a\0\xff"
                                     "b",
                                     4));

  exchange.at("1.2.0.192.in-addr.arpa", RecordType::ptr).answer = {
      "1.2.0.192.in-addr.arpa. 60 PTR IRC.Example.ORG.", "1.2.0.192.in-addr.arpa. 60 PTR .",
      "1.2.0.192.in-addr.arpa. 60 PTR a\\.b\\010\\032.test."};
  const auto ptr =
      look_up(exchange, "1.2.0.192.in-addr.arpa", RecordType::ptr).all<policy::HostPointer>();
  REQUIRE(ptr.size() == 3);
  CHECK(ptr[0].name == "irc.example.org");
  CHECK(ptr[1].name.empty());
  CHECK(ptr[2].name.find("a\\.b") == 0);
  CHECK(ptr[2].name.find('\n') == std::string::npos);
}

TEST_CASE("a TTL with its top bit set is zero", "[policy][lookup][rfc2181-8]") {
  ScriptedExchange exchange;
  exchange.at("a.test", RecordType::a).answer = {"a.test. 2147483648 A 192.0.2.1"};
  CHECK(look_up(exchange, "a.test", RecordType::a).ttl == 0s);
}

TEST_CASE("negative answers keep their own time", "[policy][lookup][rfc2308-5]") {
  ScriptedExchange exchange;
  auto& script = exchange.at("a.example.org", RecordType::txt);
  script.authority = {k_soa};
  auto answer = look_up(exchange, "a.example.org", RecordType::txt);
  CHECK(answer.status == LookupStatus::no_data);
  CHECK(answer.ttl == 120s);
  script.rcode = LDNS_RCODE_NXDOMAIN;
  CHECK(look_up(exchange, "a.example.org", RecordType::txt).status == LookupStatus::no_such_name);
  script.authority = {"example.org. 30 SOA ns.example.org. h.example.org. 1 2 3 4 120"};
  CHECK(look_up(exchange, "a.example.org", RecordType::txt).ttl == 30s);
  script.authority = {"example.org. 30 SOA ns.example.org. h.example.org. 1 2 3 4 4294967295"};
  CHECK(look_up(exchange, "a.example.org", RecordType::txt).ttl == 0s);
  script.authority.clear();
  CHECK(look_up(exchange, "a.example.org", RecordType::txt).ttl == 0s);
  script.rcode = LDNS_RCODE_NOERROR;
  CHECK(look_up(exchange, "a.example.org", RecordType::txt).status == LookupStatus::no_data);
  script.authority = {"org. 300 NS ns.org."};
  CHECK(look_up(exchange, "a.example.org", RecordType::txt).status == LookupStatus::lame);
}

TEST_CASE("aliases are followed within an answer and beyond it", "[policy][lookup][rfc2317]") {
  ScriptedExchange exchange;
  const std::string reverse = "17.2.0.192.in-addr.arpa";
  exchange.at(reverse, RecordType::ptr).answer = {
      reverse + ". 90 CNAME 17.16/28.2.0.192.in-addr.arpa.",
      "17.16/28.2.0.192.in-addr.arpa. 80 CNAME 17.customer.test."};
  exchange.at("17.customer.test", RecordType::ptr).answer = {"17.customer.test. 300 PTR irc.test."};
  const auto answer = look_up(exchange, reverse, RecordType::ptr);
  CHECK(answer.status == LookupStatus::ok);
  CHECK(answer.ttl == 80s);
  CHECK(answer.aliases ==
        std::vector<std::string>{"17.16/28.2.0.192.in-addr.arpa", "17.customer.test"});
  CHECK(exchange.asked == std::vector<std::string>{"PTR " + reverse, "PTR 17.customer.test"});
}

TEST_CASE("an alias to nothing is nothing, for the shortest time", "[policy][lookup][rfc2308-5]") {
  ScriptedExchange exchange;
  auto& script = exchange.at("a.example.org", RecordType::a);
  script.answer = {"a.example.org. 50 CNAME b.example.org."};
  script.authority = {k_soa};
  script.rcode = LDNS_RCODE_NXDOMAIN;
  const auto answer = look_up(exchange, "a.example.org", RecordType::a);
  CHECK(answer.status == LookupStatus::no_such_name);
  CHECK(answer.ttl == 50s);
  CHECK(exchange.asked.size() == 1);
}

TEST_CASE("aliases that lead back or do not end are refused", "[policy][lookup]") {
  ScriptedExchange exchange;
  SECTION("to itself") {
    exchange.at("a0.test", RecordType::a).answer = {"a0.test. 60 CNAME a0.test."};
  }
  SECTION("to itself in other letters") {
    exchange.at("a0.test", RecordType::a).answer = {"a0.test. 60 CNAME A0.TEST."};
  }
  SECTION("in a circle within an answer") {
    exchange.at("a0.test", RecordType::a).answer = {
        "a0.test. 60 CNAME b.test.", "b.test. 60 CNAME c.test.", "c.test. 60 CNAME b.test."};
  }
  SECTION("in a circle across answers") {
    exchange.at("a0.test", RecordType::a).answer = {"a0.test. 60 CNAME b.test."};
    exchange.at("b.test", RecordType::a).answer = {"b.test. 60 CNAME a0.test."};
  }
  SECTION("on and on") {
    for (int i = 0; i < 20; ++i) {
      const auto from = "a" + std::to_string(i) + ".test";
      exchange.at(from, RecordType::a).answer = {from + ". 60 CNAME a" + std::to_string(i + 1) +
                                                 ".test."};
    }
  }
  const auto answer = look_up(exchange, "a0.test", RecordType::a);
  CHECK(answer.status == LookupStatus::cname_loop);
  CHECK(answer.records.empty());
  CHECK(exchange.asked.size() <= policy::k_max_aliases + 1);
}

TEST_CASE("two aliases of one name are malformed", "[policy][lookup]") {
  ScriptedExchange exchange;
  exchange.at("a.test", RecordType::a).answer = {
      "a.test. 60 CNAME b.test.", "a.test. 60 CNAME c.test.", "b.test. 60 A 192.0.2.1"};
  CHECK(look_up(exchange, "a.test", RecordType::a).status == LookupStatus::malformed);
}

TEST_CASE("faults of the exchange and error codes are told apart", "[policy][lookup]") {
  ScriptedExchange exchange;
  auto& script = exchange.at("a.test", RecordType::a);
  const auto status = [&] { return look_up(exchange, "a.test", RecordType::a).status; };
  script.fault = ExchangeFault::timed_out;
  CHECK(status() == LookupStatus::timed_out);
  script.fault = ExchangeFault::unreachable;
  CHECK(status() == LookupStatus::unreachable);
  script.fault = ExchangeFault::malformed;
  CHECK(status() == LookupStatus::malformed);
  script.fault = ExchangeFault::too_large;
  CHECK(status() == LookupStatus::too_large);
  script.fault = ExchangeFault::no_tcp;
  CHECK(status() == LookupStatus::no_tcp);
  script.fault = ExchangeFault::over_budget;
  CHECK(status() == LookupStatus::over_budget);
  script.fault.reset();
  script.rcode = LDNS_RCODE_SERVFAIL;
  CHECK(status() == LookupStatus::server_failure);
  for (const auto rcode : {LDNS_RCODE_REFUSED, LDNS_RCODE_FORMERR, LDNS_RCODE_NOTIMPL}) {
    script.rcode = rcode;
    CHECK(status() == LookupStatus::refused);
  }
}

TEST_CASE("the AD bit counts from loopback alone", "[policy][lookup][rfc4035-4.9.3]") {
  ScriptedExchange exchange;
  auto& script = exchange.at("a.test", RecordType::a);
  script.answer = {"a.test. 60 A 192.0.2.1"};
  script.ad = GENERATE(true, false);
  const auto* server = GENERATE("127.0.0.1", "127.9.9.9", "::1", "192.0.2.53", "2001:db8::53",
                                "10.0.0.1", "::ffff:127.0.0.1");
  script.server = server;
  const bool loopback = Address::parse(server)->is_loopback();
  const auto answer = look_up(exchange, "a.test", RecordType::a, Validation::by_resolver);
  if (script.ad && loopback) {
    CHECK(answer.security == Security::secure);
    CHECK(answer.status == LookupStatus::ok);
  } else {
    CHECK(answer.status == LookupStatus::not_validated);
    CHECK(answer.records.empty());
    CHECK(answer.fault ==
          (loopback ? SecurityFault::unsigned_zone : SecurityFault::untrusted_resolver));
  }
  CHECK(exchange.questions[0].dnssec_ok);
  CHECK_FALSE(exchange.questions[0].checking_disabled);
  // Where nobody validates, the bit means nothing.
  CHECK(look_up(exchange, "a.test", RecordType::a).security == Security::indeterminate);
}

TEST_CASE("a signed answer without the AD bit is not called unsigned",
          "[policy][lookup][rfc4035-4.9.3]") {
  ScriptedExchange exchange;
  auto& script = exchange.at("a.test", RecordType::a);
  const auto look = [&] {
    return look_up(exchange, "a.test", RecordType::a, Validation::by_resolver);
  };
  const std::string signature =
      "a.test. 60 RRSIG A 13 2 60 20900102000000 20200101000000 1 test. AAAA";
  script.answer = {"a.test. 60 A 192.0.2.1", signature};
  auto answer = look();
  CHECK(answer.status == LookupStatus::not_validated);
  CHECK(answer.fault == SecurityFault::not_vouched_for);
  CHECK(answer.detail.find("127.0.0.1:53") != std::string::npos);
  CHECK(answer.records.empty());
  // Of another type or name it says nothing.
  for (const auto* other :
       {"a.test. 60 RRSIG TXT 13 2 60 20900102000000 20200101000000 1 test. AAAA",
        "b.test. 60 RRSIG A 13 2 60 20900102000000 20200101000000 1 test. AAAA"}) {
    script.answer = {"a.test. 60 A 192.0.2.1", other};
    CHECK(look().fault == SecurityFault::unsigned_zone);
  }
  // Nor does that of an alias of what it leads to.
  const std::string alias = "a.test. 60 CNAME b.test.";
  const std::string of_alias =
      "a.test. 60 RRSIG CNAME 13 2 60 20900102000000 20200101000000 1 test. AAAA";
  const std::string of_end =
      "b.test. 60 RRSIG A 13 2 60 20900102000000 20200101000000 1 test. AAAA";
  script.answer = {alias, of_alias, "b.test. 60 A 192.0.2.1"};
  CHECK(look().fault == SecurityFault::unsigned_zone);
  CHECK(look().detail.starts_with("A b.test came without a signature"));
  script.answer.push_back(of_end);
  CHECK(look().fault == SecurityFault::not_vouched_for);
  script.answer = {alias, "b.test. 60 A 192.0.2.1", of_end};
  CHECK(look().detail.starts_with("CNAME a.test came without a signature"));
  // An alias that was made from a DNAME has none of its own.
  script.answer = {"a.test. 60 CNAME a.b.test.", "test. 60 DNAME b.test.",
                   "test. 60 RRSIG DNAME 13 1 60 20900102000000 20200101000000 1 test. AAAA",
                   "a.b.test. 60 A 192.0.2.1",
                   "a.b.test. 60 RRSIG A 13 3 60 20900102000000 20200101000000 1 test. AAAA"};
  CHECK(look().fault == SecurityFault::not_vouched_for);

  script.answer = {"a.test. 60 A 192.0.2.1"};
  answer = look();
  CHECK(answer.fault == SecurityFault::unsigned_zone);
  CHECK(answer.detail.find("127.0.0.1:53") != std::string::npos);
  // Signatures that only come when nobody is asked to check.
  exchange.unchecked.emplace().answer = {"a.test. 60 A 192.0.2.1", signature};
  CHECK(look().fault == SecurityFault::not_vouched_for);
  exchange.unchecked->answer = {"a.test. 60 A 192.0.2.1"};
  CHECK(look().fault == SecurityFault::unsigned_zone);
  exchange.unchecked->answer.clear();
  CHECK(look().fault == SecurityFault::unsigned_zone);
  exchange.unchecked->rcode = LDNS_RCODE_REFUSED;
  answer = look();
  CHECK(answer.fault == SecurityFault::unsigned_zone);
  CHECK(answer.detail.find("127.0.0.1:53") != std::string::npos);
}

TEST_CASE("a validating resolver's SERVFAIL is explained", "[policy][lookup][rfc8914]") {
  ScriptedExchange exchange;
  auto& script = exchange.at("a.test", RecordType::a);
  script.rcode = LDNS_RCODE_SERVFAIL;
  const auto look = [&] {
    return look_up(exchange, "a.test", RecordType::a, Validation::by_resolver);
  };
  SECTION("by its extended error") {
    const auto [code, fault] =
        GENERATE(std::pair{1, SecurityFault::unsupported}, std::pair{6, SecurityFault::bogus},
                 std::pair{7, SecurityFault::expired}, std::pair{8, SecurityFault::not_yet_valid},
                 std::pair{10, SecurityFault::bogus});
    script.options = {0, 10, 0, 1, 9, 0, 15, 0, 3, 0, static_cast<std::uint8_t>(code), 'x'};
    ScriptedReply also_failing;
    also_failing.rcode = LDNS_RCODE_SERVFAIL;
    exchange.unchecked = also_failing;
    const auto answer = look();
    CHECK(answer.status == LookupStatus::not_validated);
    CHECK(answer.fault == fault);
  }
  SECTION("by the answer that comes when nobody checks") {
    ScriptedReply unchecked;
    unchecked.answer = {"a.test. 60 A 192.0.2.1"};
    exchange.unchecked = unchecked;
    CHECK(look().fault == SecurityFault::bogus);
    exchange.unchecked->answer.push_back(
        "a.test. 60 RRSIG A 13 2 60 20200102000000 20200101000000 1 test. AAAA");
    CHECK(look().fault == SecurityFault::expired);
    exchange.unchecked->answer.back() =
        "a.test. 60 RRSIG A 13 2 60 20900102000000 20900101000000 1 test. AAAA";
    CHECK(look().fault == SecurityFault::not_yet_valid);
    CHECK(look().records.empty());
  }
  SECTION("or is just a failure") {
    ScriptedReply also_failing;
    also_failing.rcode = LDNS_RCODE_SERVFAIL;
    exchange.unchecked = also_failing;
    script.options =
        GENERATE(std::vector<std::uint8_t>{}, std::vector<std::uint8_t>{0, 15, 0, 9, 0},
                 std::vector<std::uint8_t>{0, 15, 0, 2, 0, 22});
    CHECK(look().status == LookupStatus::server_failure);
  }
}

TEST_CASE("a budget runs out once and stays so", "[policy][lookup]") {
  policy::Budget two(policy::Budget::Clock::now() + 5s, 2, 1);
  CHECK(two.take_query());
  CHECK(two.take_query());
  CHECK_FALSE(two.take_query());
  CHECK_FALSE(two.take_query());
  CHECK(two.take_signature());
  CHECK_FALSE(two.take_signature());
  CHECK_FALSE(two.is_late());
  CHECK(policy::Budget(policy::Budget::Clock::now()).is_late());
}

TEST_CASE("reverse names are those of the RFCs", "[policy][lookup][rfc3596-2.5]") {
  CHECK(policy::reverse_name(*Address::parse("192.0.2.10")) == "10.2.0.192.in-addr.arpa");
  CHECK(policy::reverse_name(*Address::parse("::ffff:192.0.2.10")) == "10.2.0.192.in-addr.arpa");
  CHECK(policy::reverse_name(*Address::parse("4321:0:1:2:3:4:567:89ab")) ==
        "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa");
}
