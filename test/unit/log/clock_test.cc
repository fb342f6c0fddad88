// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/log/clock.hh"

#include <array>
#include <cstdlib>
#include <ctime>

#include "test/unit/catch.hh"

namespace websocket::log {
namespace {

// The process's time zone for as long as a test needs another.
class Zone {
 public:
  explicit Zone(const char* name) {
    if (const char* const before = std::getenv("TZ")) before_ = before;
    setenv("TZ", name, 1);
    tzset();
  }
  ~Zone() {
    before_.empty() ? unsetenv("TZ") : setenv("TZ", before_.c_str(), 1);
    tzset();
  }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

 private:
  std::string before_;
};

constexpr WallTime k_time{std::chrono::sys_days{std::chrono::year(2026) / 11 / 25} +
                          std::chrono::hours(23) + std::chrono::microseconds(7'012'345)};

std::string written(std::string_view argument) {
  const auto format = TimeFormat::parse(argument);
  REQUIRE(format);
  std::array<char, 200> out;
  return {out.data(), write_time(*format, k_time, out)};
}

TEST_CASE("without a format a time is that of the common log format", "[log]") {
  {
    const Zone zone("UTC0");
    CHECK(written("") == "[25/Nov/2026:23:00:07 +0000]");
    CHECK(written("begin") == "[25/Nov/2026:23:00:07 +0000]");
    CHECK(written("end") == "[25/Nov/2026:23:00:07 +0000]");
  }
  {
    const Zone east("IST-5:30");
    CHECK(written("") == "[26/Nov/2026:04:30:07 +0530]");
  }
  const Zone west("NST3:30");
  CHECK(written("") == "[25/Nov/2026:19:30:07 -0330]");
}

TEST_CASE("a time may be a number since 1970, or a fraction", "[log]") {
  const std::string seconds = "1795647607";
  CHECK(written("sec") == seconds);
  CHECK(written("msec") == seconds + "012");
  CHECK(written("usec") == seconds + "012345");
  CHECK(written("msec_frac") == "012");
  CHECK(written("end:usec_frac") == "012345");
}

TEST_CASE("any other word is a format of strftime", "[log]") {
  const Zone zone("UTC0");
  CHECK(written("%Y-%m-%dT%H:%M:%S") == "2026-11-25T23:00:07");
  CHECK(written("begin:%d") == "25");
  CHECK(written("seconds") == "seconds");
  CHECK(TimeFormat::parse("end:%H")->of_end);
  CHECK_FALSE(TimeFormat::parse("begin:%H")->of_end);
  CHECK_FALSE(TimeFormat::parse("%H")->of_end);
}

TEST_CASE("a format of times that is too long, or says nothing, is an error", "[log]") {
  CHECK_FALSE(TimeFormat::parse(std::string(161, 'x')));
  CHECK(TimeFormat::parse(std::string(160, 'x')));
  CHECK_FALSE(TimeFormat::parse(std::string(100, 'x') + "%c%c%c"));
}

TEST_CASE("a time for which there is no room is not written", "[log]") {
  std::array<char, 8> out;
  CHECK(write_time(*TimeFormat::parse(""), k_time, out) == 0);
  CHECK(write_time(*TimeFormat::parse("sec"), k_time, out) == 0);
  CHECK(write_time(*TimeFormat::parse("%Y-%m-%d"), k_time, out) == 0);
}

}  // namespace
}  // namespace websocket::log
