// SPDX-License-Identifier: Apache-2.0
#include "policy/address.hh"

#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <string>
#include <vector>

#include "test/unit/catch.hh"
#include "test/unit/policy/contains.hh"

using policy::Address;
using policy::looks_numeric;
using policy::Range;
using policy::special_use;
using policy::SpecialUse;

namespace {

Address address(std::string_view text) {
  const std::optional<Address> parsed = Address::parse(text);
  INFO(text);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("An address literal is read and written in its canonical form", "[policy][rfc4291-2.2]") {
  struct Row {
    std::string_view text;
    std::string_view canonical;
    bool v4;
  };
  const auto row = GENERATE(values<Row>({
      {"192.0.2.1", "192.0.2.1", true},
      {"0.0.0.0", "0.0.0.0", true},
      {"255.255.255.255", "255.255.255.255", true},
      {"::1", "::1", false},
      {"[::1]", "::1", false},
      {"::", "::", false},
      {"2001:DB8:0:0:0:0:0:1", "2001:db8::1", false},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", false},
      {"[2001:db8::192.0.2.1]", "2001:db8::c000:201", false},
      // Mapped forms are IPv4, however they are written.
      {"::ffff:192.0.2.1", "192.0.2.1", true},
      {"::FFFF:c000:201", "192.0.2.1", true},
      {"[0:0:0:0:0:ffff:127.0.0.1]", "127.0.0.1", true},
      {"0000:0000:0000:0000:0000:ffff:a9fe:a9fe", "169.254.169.254", true},
  }));
  INFO(row.text);
  const Address parsed = address(row.text);
  CHECK(parsed.to_string() == row.canonical);
  CHECK(parsed.is_v4() == row.v4);
  CHECK(parsed.bytes().size() == (row.v4 ? 4U : 16U));
  CHECK(address(row.canonical) == parsed);
}

TEST_CASE("What is no strict literal is no address", "[policy]") {
  const auto text = GENERATE(
      as<std::string>{}, "", " ", "1", "2130706433", "127.1", "127.0.1", "0x7f.0.0.1", "0177.0.0.1",
      "127.0.0.01", "0x7f000001", "127.0.0.1.", "127.0.0.1 ", " 127.0.0.1", "127.0.0.256",
      "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "+1.2.3.4", "-1.2.3.4", "[127.0.0.1]",
      "127.0.0.1:80", "127.0.0.1/8", "[::1", "::1]", "[]", "[[::1]]", "::1%lo", "fe80::1%25eth0",
      "1:2:3:4:5:6:7", ":1", "1:", "1::2::3", ":::", "12345::", "::g", "::ffff:127.1",
      "::ffff:0x7f.0.0.1", "::127.0.0.01", "1:2:3:4:5:6:7:8:9", "localhost", "\xef\xbc\x91.2.3.4",
      "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb");
  INFO(text);
  CHECK_FALSE(Address::parse(text));
}

TEST_CASE("A literal with a NUL inside is no address", "[policy]") {
  CHECK_FALSE(Address::parse(std::string_view("127.0.0.1\0.example.org", 22)));
  CHECK_FALSE(Address::parse(std::string_view("::1\0", 4)));
}

TEST_CASE("A socket address gives its address", "[policy]") {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(0xc0000201);
  const auto* plain = reinterpret_cast<const sockaddr*>(&in);
  CHECK(Address::from_sockaddr(plain, sizeof in) == address("192.0.2.1"));
  CHECK_FALSE(Address::from_sockaddr(plain, sizeof in - 1));
  CHECK_FALSE(Address::from_sockaddr(plain, 0));
  CHECK_FALSE(Address::from_sockaddr(nullptr, sizeof in));

  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_scope_id = 2;
  in6.sin6_addr.s6_addr[10] = in6.sin6_addr.s6_addr[11] = 0xff;
  in6.sin6_addr.s6_addr[12] = 10;
  in6.sin6_addr.s6_addr[15] = 7;
  const auto* six = reinterpret_cast<const sockaddr*>(&in6);
  CHECK(Address::from_sockaddr(six, sizeof in6) == address("10.0.0.7"));
  CHECK_FALSE(Address::from_sockaddr(six, sizeof(sockaddr_in)));

  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  CHECK_FALSE(Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&un), sizeof un));
}

TEST_CASE("Addresses are ordered by family, then by value", "[policy]") {
  const std::vector<Address> sorted = {address("0.0.0.1"),  address("10.0.0.1"),
                                       address("10.0.0.2"), address("::"),
                                       address("::1"),      address("2001:db8::")};
  CHECK(std::is_sorted(sorted.begin(), sorted.end()));
  CHECK(address("255.255.255.255") < address("::"));
  CHECK(address("::ffff:10.0.0.1") == address("10.0.0.1"));
  CHECK(address("::a00:1") != address("10.0.0.1"));
}

TEST_CASE("Loopback is 127.0.0.0/8 and ::1", "[policy]") {
  CHECK(address("127.0.0.1").is_loopback());
  CHECK(address("127.255.0.9").is_loopback());
  CHECK(address("::1").is_loopback());
  CHECK(address("::ffff:127.0.0.1").is_loopback());
  CHECK_FALSE(address("128.0.0.1").is_loopback());
  CHECK_FALSE(address("::2").is_loopback());
  CHECK_FALSE(address("1::1").is_loopback());
  CHECK(policy::loopback_addresses()[0].to_string() == "127.0.0.1");
  CHECK(policy::loopback_addresses()[1].to_string() == "::1");
}

TEST_CASE("IPv6 forms give up the IPv4 addresses inside", "[policy][rfc6052-2.2]") {
  struct Row {
    std::string_view text;
    std::vector<std::string> inside;
  };
  const auto row = GENERATE(values<Row>({
      {"192.0.2.1", {}},
      {"2001:db8::1", {}},
      {"::1", {}},
      {"::", {}},
      {"2002:c000:201::1", {"192.0.2.1"}},
      {"64:ff9b::192.0.2.1", {"192.0.2.1"}},
      {"64:ff9b::1:c000:201", {}},  // not the well-known prefix any more
      {"::192.0.2.1", {"192.0.2.1"}},
      {"::ffff:0:192.0.2.1", {"192.0.2.1"}},
      {"2001:0:53aa:64c:0:7fff:3fff:fdfe", {"192.0.2.1"}},
      {"fe80::5efe:192.0.2.1", {"192.0.2.1"}},
      {"2001:db8::200:5efe:192.0.2.1", {"192.0.2.1"}},
      {"64:ff9b:1::192.0.2.1", {"192.0.2.1"}},
      {"64:ff9b:1:c000:2:100::", {"192.0.2.1", "0.2.1.0", "2.1.0.0"}},  // /48
      {"64:ff9b:1:c0:0:201::", {"192.0.2.1", "0.2.1.0"}},               // /56
      {"64:ff9b:1:0:c0:2:100::", {"192.0.2.1", "1.0.0.0"}},             // /64
      {"64:ff9b:1::", {"0.0.0.0"}},
  }));
  INFO(row.text);
  std::vector<std::string> inside;
  for (const Address& inner : address(row.text).embedded_v4()) {
    inside.push_back(inner.to_string());
  }
  CHECK(inside == row.inside);
}

TEST_CASE("Ranges hold their addresses and no others", "[policy]") {
  struct Row {
    std::string_view range;
    std::vector<std::string> in;
    std::vector<std::string> out;
  };
  const auto row = GENERATE(values<Row>({
      {"10.0.0.0/8",
       {"10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"},
       {"9.255.255.255", "11.0.0.0", "::a00:1", "a00::"}},
      {"192.0.2.128/25", {"192.0.2.128", "192.0.2.255"}, {"192.0.2.127", "192.0.3.128"}},
      {"192.0.2.1", {"192.0.2.1"}, {"192.0.2.0", "192.0.2.2"}},
      {"192.0.2.1/32", {"192.0.2.1"}, {"192.0.2.0", "192.0.2.2"}},
      {"0.0.0.0/0", {"0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"}, {"::", "::1", "2001:db8::"}},
      {"::/0", {"::", "ffff::", "2001:db8::"}, {"0.0.0.0", "::ffff:1.2.3.4"}},
      {"2001:db8::/33", {"2001:db8:7fff::"}, {"2001:db8:8000::"}},
      {"[2001:db8::]/32", {"2001:db8:ffff::1"}, {"2001:db9::"}},
      {"::1/128", {"::1"}, {"::", "::2"}},
      {"::ffff:10.0.0.0/104", {"10.9.9.9"}, {"11.0.0.0"}},
      {"::ffff:0:0/96", {"1.2.3.4"}, {"::1"}},
  }));
  INFO(row.range);
  const auto range = Range::parse(row.range);
  REQUIRE(range);
  for (const std::string& text : row.in) {
    INFO(text);
    CHECK(range->contains(address(text)));
  }
  for (const std::string& text : row.out) {
    INFO(text);
    CHECK_FALSE(range->contains(address(text)));
  }
}

TEST_CASE("A bad range is refused with what to write", "[policy]") {
  struct Row {
    std::string_view text;
    std::string_view hint;
  };
  const auto row = GENERATE(values<Row>({
      {"10.0.0.1/8", "write 10.0.0.0/8 or 10.0.0.1 alone"},
      {"2001:db8::1/64", "write 2001:db8::/64 or 2001:db8::1 alone"},
      {"10.0.0.0/33", "from 0 to 32"},
      {"10.0.0.0/", "from 0 to 32"},
      {"10.0.0.0/08", "from 0 to 32"},
      {"10.0.0.0/+8", "from 0 to 32"},
      {"10.0.0.0/255.0.0.0", "from 0 to 32"},
      {"10.0.0.0/8/8", "from 0 to 32"},
      {"2001:db8::/129", "from 0 to 128"},
      {"::ffff:0:0/95", "two networks"},
      {"10.0/16", "is no address"},
      {"0x0a.0.0.0/8", "is no address"},
      {"/8", "is no address"},
      {"", "is no address"},
      {"fe80::%eth0/10", "is no address"},
  }));
  INFO(row.text);
  const auto range = Range::parse(row.text);
  REQUIRE_FALSE(range);
  INFO(range.error());
  CHECK(contains(range.error(), row.hint));
}

TEST_CASE("Addresses of special use are known in every wrapping", "[policy][ssrf]") {
  struct Row {
    std::string_view text;
    SpecialUse use;
  };
  const auto row = GENERATE(values<Row>({
      {"192.0.2.1", SpecialUse::none},
      {"127.0.0.1", SpecialUse::none},
      {"::1", SpecialUse::none},
      {"10.0.0.1", SpecialUse::none},
      {"fd00::1", SpecialUse::none},
      {"2001:db8::1", SpecialUse::none},
      {"169.253.255.255", SpecialUse::none},
      {"169.255.0.0", SpecialUse::none},
      {"fec0::1", SpecialUse::none},
      {"0.0.0.0", SpecialUse::unspecified},
      {"0.1.2.3", SpecialUse::unspecified},
      {"::", SpecialUse::unspecified},
      {"::ffff:0.0.0.0", SpecialUse::unspecified},
      {"169.254.169.254", SpecialUse::link_local},
      {"169.254.0.0", SpecialUse::link_local},
      {"169.254.255.255", SpecialUse::link_local},
      {"fe80::1", SpecialUse::link_local},
      {"febf:ffff::", SpecialUse::link_local},
      {"224.0.0.1", SpecialUse::multicast},
      {"239.255.255.255", SpecialUse::multicast},
      {"ff02::1", SpecialUse::multicast},
      {"240.0.0.1", SpecialUse::reserved},
      {"255.255.255.255", SpecialUse::reserved},
      {"fd00:ec2::254", SpecialUse::cloud_metadata},
      {"100.100.100.200", SpecialUse::cloud_metadata},
      {"168.63.129.16", SpecialUse::cloud_metadata},
      {"192.0.0.192", SpecialUse::cloud_metadata},
      {"::ffff:169.254.169.254", SpecialUse::link_local},
      {"::ffff:a9fe:a9fe", SpecialUse::link_local},
      {"64:ff9b::169.254.169.254", SpecialUse::link_local},
      {"64:ff9b:1::169.254.169.254", SpecialUse::link_local},
      {"64:ff9b:1:a9fe:a9:fe00::", SpecialUse::link_local},
      {"64:ff9b:1:a9:fe:a9fe::", SpecialUse::link_local},
      {"64:ff9b:1:0:a9:fea9:fe00::", SpecialUse::link_local},
      {"2002:a9fe:a9fe::", SpecialUse::link_local},
      {"2002:a9fe:a9fe::1", SpecialUse::link_local},
      {"2002:e000:1::", SpecialUse::multicast},
      {"::169.254.169.254", SpecialUse::link_local},
      {"::ffff:0:169.254.169.254", SpecialUse::link_local},
      {"2001:0:53aa:64c:0:0:5601:5601", SpecialUse::link_local},
      {"2001:db8::5efe:169.254.169.254", SpecialUse::link_local},
      {"64:ff9b::100.100.100.200", SpecialUse::cloud_metadata},
      {"64:ff9b::127.0.0.1", SpecialUse::embedded_loopback},
      {"64:ff9b:1::127.0.0.1", SpecialUse::embedded_loopback},
      {"2002:7f00:1::", SpecialUse::embedded_loopback},
      {"::127.0.0.1", SpecialUse::embedded_loopback},
      {"::ffff:0:127.0.0.1", SpecialUse::embedded_loopback},
      {"64:ff9b::0.0.0.0", SpecialUse::unspecified},
      {"64:ff9b:1::", SpecialUse::unspecified},
      {"2002::", SpecialUse::unspecified},
      {"::2", SpecialUse::unspecified},
      {"64:ff9b::192.0.2.1", SpecialUse::none},
      {"2002:c000:201::", SpecialUse::none},
  }));
  INFO(row.text);
  CHECK(policy::name_of(special_use(address(row.text))) == policy::name_of(row.use));
}

TEST_CASE("Every numeric spelling of IPv4 is seen to be no host name", "[policy][ssrf]") {
  const auto numeric =
      GENERATE(as<std::string>{}, "2130706433", "127.1", "127.0.1", "127.0.0.1", "127.0.0.1.",
               "0x7f.1", "0X7F.1", "0x7f000001", "0177.0.0.1", "017700000001", "0", "0x", "0x0",
               "00000000000000000000177.0.0.1", "example.1", "example.0x", "example.0xdeadbeef",
               "a.b.c.08", "999999999999999999999", "1.", "foo.0x1.");
  INFO(numeric);
  CHECK(looks_numeric(numeric));
}

TEST_CASE("A host name is not numeric because of its digits", "[policy]") {
  const auto name = GENERATE(as<std::string>{}, "example.org", "1.example.org",
                             "127.0.0.1.example.org", "127.0.0.1.nip.io", "web1", "1e3", "x7f",
                             "0y1", "0xg", "0x7f.a", "", ".", "1..", "a.1b");
  INFO(name);
  CHECK_FALSE(looks_numeric(name));
}
