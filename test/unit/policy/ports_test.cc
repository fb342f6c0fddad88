// SPDX-License-Identifier: Apache-2.0
#include "policy/ports.hh"

#include <string>

#include "test/unit/catch.hh"
#include "test/unit/policy/contains.hh"

using policy::Ports;

TEST_CASE("Ports are numbers, ranges, lists of them, or all", "[policy]") {
  const Ports one = Ports::parse("6667").value();
  CHECK(one.contains(6667));
  CHECK_FALSE(one.contains(6666));
  CHECK_FALSE(one.contains(6668));

  const Ports list = Ports::parse("25,6660-6669,65535").value();
  for (const int port : {25, 6660, 6665, 6669, 65535}) {
    CHECK(list.contains(static_cast<std::uint16_t>(port)));
  }
  for (const int port : {24, 26, 6659, 6670, 65534}) {
    CHECK_FALSE(list.contains(static_cast<std::uint16_t>(port)));
  }
  CHECK(list.to_string() == "25,6660-6669,65535");

  const Ports all = Ports::parse("*").value();
  CHECK(all == Ports::all());
  CHECK(all.is_all());
  CHECK(all.contains(1));
  CHECK(all.contains(65535));
  CHECK_FALSE(all.contains(0));
  CHECK(all.to_string() == "*");
  CHECK(Ports::parse("1-65535").value().is_all());
}

TEST_CASE("Bad ports are refused with what to write", "[policy]") {
  const auto text = GENERATE(as<std::string>{}, "", "0", "65536", "99999999999999999999", "06667",
                             "+1", "-1", "1-", "-", "1--2", "1-2-3", ",", "1,", ",1", "1,,2", " 1",
                             "1 ", "1, 2", "0x19", "1e3", "*,1", "1-*", "smtp", "0-5");
  INFO(text);
  const auto ports = Ports::parse(text);
  REQUIRE_FALSE(ports);
  INFO(ports.error());
  CHECK(contains(ports.error(), "write 6667, 6660-6669, a list"));
}

TEST_CASE("A range that runs backwards is told the right way round", "[policy]") {
  const auto ports = Ports::parse("6669-6660");
  REQUIRE_FALSE(ports);
  INFO(ports.error());
  CHECK(contains(ports.error(), "write 6660-6669"));
}
