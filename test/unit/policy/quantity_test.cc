// SPDX-License-Identifier: Apache-2.0
#include "policy/quantity.hh"

#include <cstdint>
#include <string>

#include "test/unit/catch.hh"
#include "test/unit/policy/contains.hh"

using policy::parse_size;
using policy::parse_time;
using policy::size_text;
using policy::time_text;
using std::chrono::milliseconds;

TEST_CASE("A size is bytes, or a number with K, M or G", "[policy][quantity]") {
  CHECK(parse_size("1").value() == 1);
  CHECK(parse_size("1000").value() == 1000);
  CHECK(parse_size("0064K").value() == 65536);
  CHECK(parse_size("64k").value() == 65536);
  CHECK(parse_size("16M").value() == 16U << 20U);
  CHECK(parse_size("16m").value() == 16U << 20U);
  CHECK(parse_size("1G").value() == 1U << 30U);
  CHECK(parse_size("3g").value() == std::uint64_t{3} << 30U);
}

TEST_CASE("A size is at most 2 to the power of 40, however it is written", "[policy][quantity]") {
  const std::uint64_t most = std::uint64_t{1} << 40U;
  for (const auto* text : {"1099511627776", "1073741824K", "1048576M", "1024G"}) {
    INFO(text);
    CHECK(parse_size(text).value() == most);
  }
  // The last ones are 1 and 0 modulo 2 to the power of 64.
  for (const auto* text :
       {"1099511627777", "1073741825K", "1048577M", "1025G", "0", "0G",
        "99999999999999999999999999", "18446744073709551617", "18014398509481984K"}) {
    INFO(text);
    const auto size = parse_size(text);
    REQUIRE_FALSE(size);
    CHECK(contains(size.error(), "from 1 byte to 1024G"));
  }
}

TEST_CASE("What is no size is told how to write one", "[policy][quantity]") {
  for (const auto* text : {"", "K", "kk", "1T", "1KB", "1 K", "-1", "+1", "1.5M", "0x10", "1e3",
                           "64Ki", "64KK", "ten"}) {
    INFO(text);
    const auto size = parse_size(text);
    REQUIRE_FALSE(size);
    CHECK(contains(size.error(), "with K, M or G"));
  }
}

TEST_CASE("A time is a whole number with its unit, or of seconds", "[policy][quantity]") {
  CHECK(parse_time("1ms").value() == milliseconds(1));
  CHECK(parse_time("30").value() == milliseconds(30'000));
  CHECK(parse_time("030s").value() == milliseconds(30'000));
  CHECK(parse_time("10min").value() == milliseconds(600'000));
  CHECK(parse_time("2h").value() == milliseconds(7'200'000));
}

TEST_CASE("A time is above 0 and at most a year", "[policy][quantity]") {
  for (const auto* text : {"31536000", "31536000s", "31536000000ms", "525600min", "8760h"}) {
    INFO(text);
    CHECK(parse_time(text).value() == policy::k_max_time);
  }
  for (const auto* text : {"31536001", "31536000001ms", "525601min", "8761h",
                           "99999999999999999999999h", "18446744073709551617"}) {
    INFO(text);
    const auto time = parse_time(text);
    REQUIRE_FALSE(time);
    CHECK(contains(time.error(), "8760h at most"));
  }
  for (const auto* text : {"0", "0ms", "000h"}) {
    INFO(text);
    const auto time = parse_time(text);
    REQUIRE_FALSE(time);
    CHECK(contains(time.error(), "leave the element out"));
  }
}

TEST_CASE("What is no time is told how to write one", "[policy][quantity]") {
  for (const auto* text :
       {"", "s", "off", "10 s", "-1s", "+1s", "1.5h", "1d", "5m", "5mi", "5S", "5MIN", "1h30min"}) {
    INFO(text);
    const auto time = parse_time(text);
    REQUIRE_FALSE(time);
    CHECK(contains(time.error(), "ms, s, min or h"));
  }
}

TEST_CASE("Quantities are written short and read as they were", "[policy][quantity]") {
  CHECK(size_text(1) == "1");
  CHECK(size_text(1000) == "1000");
  CHECK(size_text(1536) == "1536");
  CHECK(size_text(65536) == "64K");
  CHECK(size_text(std::uint64_t{1} << 40U) == "1024G");
  CHECK(time_text(milliseconds(1)) == "1ms");
  CHECK(time_text(milliseconds(90'000)) == "90s");
  CHECK(time_text(milliseconds(600'000)) == "10min");
  CHECK(time_text(policy::k_max_time) == "8760h");
  const auto number = GENERATE(1, 1023, 1024, 1025, 999'999, 1'000'000, 3'600'000);
  CHECK(parse_size(size_text(static_cast<std::uint64_t>(number))).value() ==
        static_cast<std::uint64_t>(number));
  CHECK(parse_time(time_text(milliseconds(number))).value() == milliseconds(number));
}
