// SPDX-License-Identifier: Apache-2.0
#include "policy/tool/record.hh"

#include <string>
#include <vector>

#include "policy/txt_record.hh"
#include "test/unit/catch.hh"

using policy::Address;
using policy::Ports;
using policy::TxtRecord;
using policy::tool::make_record;
using policy::tool::RecordRequest;
using policy::tool::zone_lines;

namespace {

RecordRequest request(std::vector<std::string> from, std::string_view ports = "6667") {
  return {std::move(from), Ports::parse(ports).value(), std::nullopt, std::nullopt};
}

}  // namespace

TEST_CASE("a record grants what was asked for and no more", "[policy][tool][consent]") {
  const auto made = make_record(request({"www.example.com", "*.example.org"}, "6667,6690-6697"));
  REQUIRE(made);
  CHECK(made->text == "v=websocket1; port=6667,6690-6697; from=www.example.com *.example.org");
  const auto read = TxtRecord::parse(made->text);
  REQUIRE(read);
  CHECK(read->grants(6667, "www.example.com"));
  CHECK(read->grants(6695, "a.b.example.org"));
  CHECK_FALSE(read->grants(6668, "www.example.com"));
  CHECK_FALSE(read->grants(6667, "example.org"));
}

TEST_CASE("a record may be for all, and for addresses", "[policy][tool][consent]") {
  CHECK(make_record(request({"*"}, "*"))->text == "v=websocket1; port=*; from=*");
  const auto made = make_record(request({"192.0.2.80", "2001:db8::80"}));
  REQUIRE(made);
  CHECK(TxtRecord::parse(made->text)->grants(6667, "2001:db8::80"));
}

TEST_CASE("nothing slips into a record by way of a name", "[policy][tool][consent]") {
  for (const auto* from :
       {"", "a.example; port=*", "a.example *", "a.example\tb.example", "a_b..c", "*.*.example",
        "*.192.0.2.1", "w\xc3\xbcnsche.example", "a.example\n", "https://www.example.com", "*."}) {
    INFO(from);
    CHECK_FALSE(make_record(request({from})));
  }
  CHECK_FALSE(make_record(request({"*", "a.example"})));
}

TEST_CASE("a long record is cut into strings that join to it", "[policy][tool][consent]") {
  std::vector<std::string> from;
  for (int i = 0; i < 40; ++i) from.push_back("www" + std::to_string(i) + ".example.com");
  const auto made = make_record(request(from));
  REQUIRE(made);
  REQUIRE(made->strings.size() > 1);
  std::string joined;
  for (const auto& string : made->strings) {
    CHECK(string.size() <= 255);
    joined += string;
  }
  CHECK(joined == made->text);
  from.resize(400, "www.example.com");
  CHECK_FALSE(make_record(request(from)));  // longer than any server would read
}

TEST_CASE("the lines of a zone file say where each record stands", "[policy][tool][consent]") {
  auto asked = request({"www.example.com"});
  CHECK(zone_lines(*make_record(asked)) ==
        std::vector<std::string>{
            "_websocket.NAME. TXT \"v=websocket1; port=6667; from=www.example.com\""});
  asked.address = Address::parse("192.0.2.1");
  asked.name = "irc.example.org";
  CHECK(zone_lines(*make_record(asked)) ==
        std::vector<std::string>{
            "1.2.0.192.in-addr.arpa. PTR irc.example.org.", "irc.example.org. A 192.0.2.1",
            "_websocket.irc.example.org. TXT \"v=websocket1; port=6667; from=www.example.com\""});
  asked.address = Address::parse("2001:db8::1");
  CHECK(zone_lines(*make_record(asked))[1] == "irc.example.org. AAAA 2001:db8::1");
}
