// SPDX-License-Identifier: Apache-2.0
#include "policy/txt_record.hh"

#include <string>
#include <vector>

#include "test/unit/catch.hh"

using policy::TxtFaultKind;
using policy::TxtRecord;

namespace {

TxtRecord read(std::string_view text) {
  INFO(text);
  auto record = TxtRecord::parse(text);
  REQUIRE(record);
  return *record;
}

struct Refused {
  std::string text;
  TxtFaultKind kind;
};

}  // namespace

TEST_CASE("a record grants the ports and hosts that it lists", "[policy][consent]") {
  const auto record =
      read("v=websocket1; port=6667,6660-6669,7000; from=www.example.com *.example.org");
  for (const int port : {6660, 6665, 6667, 6669, 7000}) {
    CHECK(record.grants(static_cast<std::uint16_t>(port), "www.example.com"));
    CHECK(record.grants(static_cast<std::uint16_t>(port), "irc.example.org"));
  }
  for (const int port : {1, 25, 6659, 6670, 6999, 7001, 65535}) {
    CHECK_FALSE(record.grants_port(static_cast<std::uint16_t>(port)));
    CHECK_FALSE(record.grants(static_cast<std::uint16_t>(port), "www.example.com"));
  }
  CHECK_FALSE(record.grants_port(0));
}

TEST_CASE("the same record may be written in several ways", "[policy][consent]") {
  const std::string text =
      GENERATE("v=websocket1;port=6667;from=www.example.com",
               "v=websocket1; port=6667; from=www.example.com;",
               "  v = websocket1 ;\tport = 6667 ; from =\twww.example.com \t; ",
               "v=websocket1; from=www.example.com; port=6667",
               "v=websocket1; from=WWW.Example.COM.; port=6667",
               "v=websocket1; port=6667; from=a.test  \t www.example.com  b.test",
               "v=websocket1; port=25 , 6667; from=www.example.com",
               "v=websocket1; port=6667; from=www.example.com; note=of the owner; x_1=; y=a=b, c",
               "v=websocket1; port=*; from=*");
  CHECK(read(text).grants(6667, "www.example.com"));
}

TEST_CASE("a host is compared without case and without its trailing dot", "[policy][consent]") {
  const auto record = read("v=websocket1; port=*; from=www.Example.com *.Example.org.");
  for (const auto* host : {"www.example.com", "WWW.EXAMPLE.COM", "www.example.com.",
                           "a.example.org", "a.b.c.example.org", "A.EXAMPLE.ORG."}) {
    INFO(host);
    CHECK(record.grants_name(host));
  }
}

TEST_CASE("look-alikes of a host are not granted", "[policy][consent]") {
  const auto record = read("v=websocket1; port=*; from=www.example.com *.example.org");
  for (const auto* host : {"example.com",
                           "ww.example.com",
                           "xwww.example.com",
                           "www.example.com.evil.test",
                           "www.example.co",
                           "a.www.example.com",
                           "www.example.com..",
                           ".www.example.com",
                           "wwwXexample.com",
                           "www.example.com ",
                           " www.example.com",
                           "www.example.com:443",
                           "*",
                           "example.org",
                           ".example.org",
                           "evilexample.org",
                           "a.example.org.evil.test",
                           "a..example.org",
                           "*.example.org",
                           "",
                           "."}) {
    INFO("'" << host << "'");
    CHECK_FALSE(record.grants_name(host));
  }
  using namespace std::string_view_literals;
  CHECK_FALSE(record.grants_name("www.example.com\0"sv));
  CHECK_FALSE(record.grants_name("www.example.com\0.evil.test"sv));
}

TEST_CASE("a star alone is every port and every host, but nothing that is no host",
          "[policy][consent]") {
  const auto record = read("v=websocket1; port=*; from=*");
  for (const auto* host :
       {"www.example.com", "localhost", "a_b.test", "192.0.2.1", "[2001:db8::1]"}) {
    INFO(host);
    CHECK(record.grants(1, host));
    CHECK(record.grants(65535, host));
  }
  for (const auto* host : {"", ".", "a b", "a/b", "a..b", "*"}) CHECK_FALSE(record.grants(1, host));
}

TEST_CASE("an empty value or an absent tag grants nothing", "[policy][consent]") {
  const std::string text = GENERATE(
      "v=websocket1", "v=websocket1;", "v=websocket1; port=6667", "v=websocket1; from=*",
      "v=websocket1; port=; from=*", "v=websocket1; port=*; from=", "v=websocket1; port= ; from=\t",
      "v=websocket1; Port=*; From=*", "v=websocket1; ports=*; hosts=*");
  CHECK_FALSE(read(text).grants(6667, "www.example.com"));
}

TEST_CASE("addresses are compared as addresses, and lie below nothing", "[policy][consent]") {
  const auto record = read("v=websocket1; port=*; from=192.0.2.1 2001:DB8:0::1");
  CHECK(record.grants_name("192.0.2.1"));
  CHECK(record.grants_name("::ffff:192.0.2.1"));
  CHECK(record.grants_name("[2001:db8::1]"));
  CHECK_FALSE(record.grants_name("192.0.2.2"));
  CHECK_FALSE(record.grants_name("192.0.2.01"));
  CHECK_FALSE(record.grants_name("0xc0000201"));
  CHECK_FALSE(read("v=websocket1; port=*; from=*.example.org").grants_name("192.0.2.1"));
}

TEST_CASE("another record is not ours", "[policy][consent]") {
  const std::string text =
      GENERATE("", " ", ";", "v=spf1 -all", "v=websocket", "v=websocket2; port=*; from=*",
               "v=websocket10; port=*; from=*", "v=Websocket1; port=*; from=*",
               "V=websocket1; port=*; from=*", "v=websocket1 port=* from=*",
               "v=web socket1; port=*", "v==websocket1; port=*", "port=*; from=*; v=websocket1",
               "; v=websocket1; port=*; from=*", "xv=websocket1; port=*",
               "\"v=websocket1\"; port=*; from=*", "google-site-verification=abc", "v");
  INFO(text);
  const auto record = TxtRecord::parse(text);
  REQUIRE_FALSE(record);
  CHECK(record.error().kind == TxtFaultKind::other_purpose);
}

TEST_CASE("one fault makes a record ignored, and is named", "[policy][consent]") {
  const auto& [text, kind] = GENERATE(values<Refused>({
      {"v=websocket1; port=*; from=*; port=*", TxtFaultKind::duplicate_tag},
      {"v=websocket1; port=*; from=*; from=", TxtFaultKind::duplicate_tag},
      {"v=websocket1; port=*; from=*; v=websocket1", TxtFaultKind::duplicate_tag},
      {"v=websocket1; port=*; from=*; note=1; note=2", TxtFaultKind::duplicate_tag},
      {"v=websocket1; port=*;; from=*", TxtFaultKind::bad_tag},
      {"v=websocket1; port=*; from=*;;", TxtFaultKind::bad_tag},
      {"v=websocket1; port=*; from=*; ; ", TxtFaultKind::bad_tag},
      {"v=websocket1; port=*; from=*; note", TxtFaultKind::bad_tag},
      {"v=websocket1; port=*; from=*; =x", TxtFaultKind::bad_tag},
      {"v=websocket1; port=*; from=*; 1a=x", TxtFaultKind::bad_tag},
      {"v=websocket1; port=*; from=*; a-b=x", TxtFaultKind::bad_tag},
      {"v=websocket1; po rt=*; from=*", TxtFaultKind::bad_tag},
      {"v=websocket1; port=0; from=*", TxtFaultKind::bad_port},
      {"v=websocket1; port=65536; from=*", TxtFaultKind::bad_port},
      {"v=websocket1; port=6667,; from=*", TxtFaultKind::bad_port},
      {"v=websocket1; port=,6667; from=*", TxtFaultKind::bad_port},
      {"v=websocket1; port=6667,,6668; from=*", TxtFaultKind::bad_port},
      {"v=websocket1; port=6667 6668; from=*", TxtFaultKind::bad_port},
      {"v=websocket1; port=6669-6660; from=*", TxtFaultKind::bad_port},
      {"v=websocket1; port=6660-; from=*", TxtFaultKind::bad_port},
      {"v=websocket1; port=-6660; from=*", TxtFaultKind::bad_port},
      {"v=websocket1; port=1-2-3; from=*", TxtFaultKind::bad_port},
      {"v=websocket1; port=06667; from=*", TxtFaultKind::bad_port},
      {"v=websocket1; port=0x19; from=*", TxtFaultKind::bad_port},
      {"v=websocket1; port=+25; from=*", TxtFaultKind::bad_port},
      {"v=websocket1; port=*,25; from=*", TxtFaultKind::bad_port},
      {"v=websocket1; port=**; from=*", TxtFaultKind::bad_port},
      {"v=websocket1; port=irc; from=*", TxtFaultKind::bad_port},
      {"v=websocket1; port=4294973963; from=*", TxtFaultKind::bad_port},
      {"v=websocket1; port=*; from=* www.example.com", TxtFaultKind::bad_name},
      {"v=websocket1; port=*; from=www.example.com *", TxtFaultKind::bad_name},
      {"v=websocket1; port=*; from=*.", TxtFaultKind::bad_name},
      {"v=websocket1; port=*; from=*.*.example.com", TxtFaultKind::bad_name},
      {"v=websocket1; port=*; from=www.*.com", TxtFaultKind::bad_name},
      {"v=websocket1; port=*; from=*example.com", TxtFaultKind::bad_name},
      {"v=websocket1; port=*; from=.example.com", TxtFaultKind::bad_name},
      {"v=websocket1; port=*; from=a.test,b.test", TxtFaultKind::bad_name},
      {"v=websocket1; port=*; from=https://a.test", TxtFaultKind::bad_name},
      {"v=websocket1; port=*; from=a.test:443", TxtFaultKind::bad_name},
      {"v=websocket1; port=*; from=*.192.0.2.1", TxtFaultKind::bad_name},
      {"v=websocket1; port=*; from=127.1", TxtFaultKind::bad_name},
      {"v=websocket1; port=*; from=" + std::string(64, 'a') + ".test", TxtFaultKind::bad_name},
      {"v=websocket1; port=*; from=b\xc3\xbc"
       "cher.test",
       TxtFaultKind::bad_character},
      {"v=websocket1; port=*; from=*; note=a\nb", TxtFaultKind::bad_character},
      {std::string("v=websocket1; port=*; from=*\0", 29), TxtFaultKind::bad_character},
      {"v=websocket1; port=*; from=*; note=\x7f", TxtFaultKind::bad_character},
      {"v=websocket1; port=*; from=*; note=" + std::string(5000, 'x'), TxtFaultKind::too_long},
  }));
  INFO(text);
  const auto record = TxtRecord::parse(text);
  REQUIRE_FALSE(record);
  CHECK(record.error().kind == kind);
  CHECK_FALSE(record.error().text.empty());
  for (const char c : record.error().text) CHECK((c >= ' ' && c <= '~'));
}

TEST_CASE("a record cut anywhere grants no more than the whole one", "[policy][consent]") {
  const std::string whole = "v=websocket1; port=6667,6660-6669; from=www.example.com *.example.org";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto record = TxtRecord::parse(whole.substr(0, size));
    if (!record) continue;
    INFO(whole.substr(0, size));
    CHECK_FALSE(record->grants_name("www.example.net"));
    CHECK_FALSE(record->grants_port(25));
    // A name that lost its end is another name; only its owner is granted more by that.
    if (record->grants(6667, "www.example.com")) CHECK(size >= whole.find(" *.example.org"));
  }
}

TEST_CASE("the record to publish grants just what it was made for", "[policy][consent]") {
  const auto text = policy::consent_record(6667, "WWW.Example.com.");
  REQUIRE(text);
  CHECK(*text == "v=websocket1; port=6667; from=www.example.com");
  const auto record = read(*text);
  CHECK(record.grants(6667, "www.example.com"));
  CHECK_FALSE(record.grants(6668, "www.example.com"));
  CHECK_FALSE(record.grants(6667, "example.com"));
  CHECK_FALSE(policy::consent_record(6667, "not a host"));
  CHECK_FALSE(policy::consent_record(6667, ""));
}
