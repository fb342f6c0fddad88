// SPDX-License-Identifier: Apache-2.0
#include "policy/endpoint.hh"

#include <string>

#include "test/unit/catch.hh"
#include "test/unit/policy/contains.hh"

using policy::Endpoint;
using policy::parse_endpoint_host;
using policy::parse_port;

TEST_CASE("A host is a name, an address or a Unix socket", "[policy]") {
  struct Row {
    std::string_view text;
    Endpoint::Kind kind;
    std::string_view canonical;
  };
  const auto row = GENERATE(values<Row>({
      {"IRC.example.org", Endpoint::Kind::name, "irc.example.org"},
      {"irc.example.org.", Endpoint::Kind::name, "irc.example.org"},
      {"localhost", Endpoint::Kind::name, "localhost"},
      {"127.0.0.1.example.org", Endpoint::Kind::name, "127.0.0.1.example.org"},
      {"192.0.2.1", Endpoint::Kind::address, "192.0.2.1"},
      {"2001:DB8::1", Endpoint::Kind::address, "2001:db8::1"},
      {"[2001:db8::1]", Endpoint::Kind::address, "2001:db8::1"},
      {"::ffff:192.0.2.1", Endpoint::Kind::address, "192.0.2.1"},
      {"unix:/run/app/x.sock", Endpoint::Kind::unix_socket, "/run/app/x.sock"},
  }));
  INFO(row.text);
  const auto host = parse_endpoint_host(row.text);
  REQUIRE(host);
  CHECK(host->kind == row.kind);
  CHECK(host->text == row.canonical);
  CHECK(host->port == 0);
  CHECK(host->address.has_value() == (row.kind == Endpoint::Kind::address));
}

TEST_CASE("A bad host is refused with what to write", "[policy][ssrf]") {
  struct Row {
    std::string_view text;
    std::string_view hint;
  };
  const auto row = GENERATE(values<Row>({
      {"2130706433", "is a number"},
      {"127.1", "is a number"},
      {"0x7f.0.0.1", "is a number"},
      {"0177.0.0.1", "is a number"},
      {"127.0.0.1.", "is a number"},
      {"tcp://irc.example.org", "is a URL"},
      {"irc.example.org:6667", "its port in <port>"},
      {"127.0.0.1:22", "its port in <port>"},
      {"[::1]:22", "its port in <port>"},
      {"fe80::1%eth0", "has a zone"},
      {"1:2:3", "no IPv6 address"},
      {"irc.example.org/", "has a slash"},
      {"/run/app.sock", "or unix:/path"},
      {"user@irc.example.org", "letters, digits"},
      {"irc example org", "letters, digits"},
      {"irc_example.org", "letters, digits"},
      {"*.example.org", "letters, digits"},
      {"irc.example.org..", "empty label"},
      {"UNIX:/run/app.sock", "unix: in small letters"},
      {"unix:", "not an absolute path"},
      {"unix:run/app.sock", "not an absolute path"},
      {"unix:@abstract", "not an absolute path"},
      {"unix:/run/../etc/x", ".. segment"},
      {"unix:/run/..", ".. segment"},
      {"unix:/run/./x", ". or .."},
      {"unix://run/x", "empty"},
      {"unix:/run/x/", "empty"},
      {"unix:/", "empty"},
      {"unix:/run/a b", "a space"},
      {"unix:/run/\xc3\xa4", "not ASCII"},
  }));
  INFO(row.text);
  const auto host = parse_endpoint_host(row.text);
  REQUIRE_FALSE(host);
  INFO(host.error());
  CHECK(contains(host.error(), row.hint));
}

TEST_CASE("A socket's path fits into sockaddr_un", "[policy]") {
  const std::string longest = "/" + std::string(policy::k_max_unix_path - 1, 'a');
  CHECK_FALSE(policy::unix_path_fault(longest));
  CHECK(policy::unix_path_fault(longest + "a"));
}

TEST_CASE("A NUL cannot cut a path short", "[policy]") {
  CHECK(policy::unix_path_fault(std::string_view("/run/a\0/x", 9)));
}

TEST_CASE("A port is a decimal number from 1 to 65535", "[policy]") {
  CHECK(parse_port("1") == std::uint16_t{1});
  CHECK(parse_port("6667") == std::uint16_t{6667});
  CHECK(parse_port("65535") == std::uint16_t{65535});
  const auto bad =
      GENERATE(as<std::string>{}, "", "0", "00", "065", "65536", "99999", "100000", "4294967297",
               "+25", "-25", "0x19", "25.0", "2 5", " 25", "25 ", "a", "\xd9\xa2\xd9\xa5");
  INFO(bad);
  const auto port = parse_port(bad);
  REQUIRE_FALSE(port);
  INFO(port.error());
  CHECK(contains(port.error(), "from 1 to 65535"));
}

TEST_CASE("An endpoint reads well in the log", "[policy]") {
  Endpoint endpoint = parse_endpoint_host("2001:db8::1").value();
  endpoint.port = 25;
  CHECK(endpoint.to_string() == "[2001:db8::1]:25");
  endpoint = parse_endpoint_host("192.0.2.1").value();
  endpoint.port = 25;
  CHECK(endpoint.to_string() == "192.0.2.1:25");
  endpoint = parse_endpoint_host("irc.example.org").value();
  endpoint.port = 6667;
  CHECK(endpoint.to_string() == "irc.example.org:6667");
  CHECK(parse_endpoint_host("unix:/run/x").value().to_string() == "unix:/run/x");
  endpoint = Endpoint{};
  endpoint.port = 6667;
  CHECK(endpoint.to_string() == "this host:6667");
}
