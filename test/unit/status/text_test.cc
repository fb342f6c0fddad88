// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/status/text.hh"

#include <limits>

#include "mod_websocket/status/form.hh"
#include "mod_websocket/status/token.hh"
#include "test/unit/catch.hh"

namespace websocket::status {
namespace {

TEST_CASE("bytes are written with the unit that leaves few digits", "[status]") {
  const auto [bytes, text] = GENERATE(table<std::uint64_t, const char*>({
      {0, "0 B"},
      {999, "999 B"},
      {1000, "1.0 kB"},
      {9949, "9.9 kB"},
      {9950, "10 kB"},
      {999'499, "999 kB"},
      {999'500, "1.0 MB"},
      {1'500'000'000, "1.5 GB"},
      {std::numeric_limits<std::uint64_t>::max(), "18 EB"},
  }));
  CHECK(as_bytes(bytes) == text);
}

TEST_CASE("ages are written in two units at most", "[status]") {
  CHECK(as_age(0) == "0 s");
  CHECK(as_age(59) == "59 s");
  CHECK(as_age(60) == "1 min");
  CHECK(as_age(3599) == "59 min 59 s");
  CHECK(as_age(3600) == "1 h");
  CHECK(as_age(86'399) == "23 h 59 min");
  CHECK(as_age(90'000) == "1 d 1 h");
}

TEST_CASE("long numbers are written in groups", "[status]") {
  CHECK(as_number(0) == "0");
  CHECK(as_number(999) == "999");
  CHECK(as_number(1000) == "1\u202f000");
  CHECK(as_number(1'234'567) == "1\u202f234\u202f567");
}

TEST_CASE("the bounds of durations are written without needless digits", "[status]") {
  CHECK(as_seconds(std::chrono::microseconds(1000)) == "0.001");
  CHECK(as_seconds(std::chrono::microseconds(2'500'000)) == "2.5");
  CHECK(as_seconds(std::chrono::microseconds(5'000'000)) == "5");
  CHECK(as_seconds(std::chrono::microseconds(0)) == "0");
}

TEST_CASE("a duration is counted with those that took no longer than a bound", "[status]") {
  CHECK(duration_place(std::chrono::microseconds(0)) == 0);
  CHECK(duration_place(std::chrono::microseconds(1000)) == 0);
  CHECK(duration_place(std::chrono::microseconds(1001)) == 1);
  CHECK(duration_place(std::chrono::seconds(5)) == k_duration_bounds.size() - 1);
  CHECK(duration_place(std::chrono::hours(1)) == k_duration_bounds.size());
}

TEST_CASE("a tunnel's name reads as it is written", "[status]") {
  const auto name = parse_tunnel_name(to_string(TunnelName{17, 93}));
  REQUIRE(name);
  CHECK(name->slot == 17);
  CHECK(name->serial == 93);
  const auto* const wrong = GENERATE("", "-", "17", "17-", "-93", "0-1", "1-0", "1-2-3", " 1-2",
                                     "1-2 ", "+1-2", "1--2", "4294967296-1", "a-b");
  CHECK_FALSE(parse_tunnel_name(wrong));
}

// ---- forms ---------------------------------------------------------------------------------

TEST_CASE("a form's fields are decoded", "[status]") {
  const auto fields = parse_form("a=1&b=x+y%2Bz&c=&%64=%3d%26&");
  REQUIRE(fields);
  CHECK(*fields == Fields{{"a", "1"}, {"b", "x y+z"}, {"c", ""}, {"d", "=&"}});
  CHECK(parse_form("")->empty());
}

TEST_CASE("what is no form is none", "[status]") {
  const auto* const wrong =
      GENERATE("a", "a=1&a=2", "a=1&%61=2", "a=%", "a=%4", "a=%zz", "a=%-1", "a=% 1", "&b");
  CHECK_FALSE(parse_form(wrong));
}

// ---- tokens --------------------------------------------------------------------------------

TEST_CASE("a token holds for an hour at least and two at most", "[status]") {
  const std::string token = make_token("secret", "ann", 7200);
  CHECK(token.size() == 64);
  CHECK(is_token(token, "secret", "ann", 7200));
  CHECK(is_token(token, "secret", "ann", 7200 + 2 * 3600 - 1));
  CHECK_FALSE(is_token(token, "secret", "ann", 7200 + 2 * 3600));
  CHECK_FALSE(is_token(token, "secret", "ann", 7199));
}

TEST_CASE("a token is of one server and one subject", "[status]") {
  const std::string token = make_token("secret", "ann", 7200);
  CHECK_FALSE(is_token(token, "other", "ann", 7200));
  CHECK_FALSE(is_token(token, "secret", "ben", 7200));
  CHECK_FALSE(is_token("", "secret", "ann", 7200));
  CHECK_FALSE(is_token(token.substr(1), "secret", "ann", 7200));
  CHECK_FALSE(is_token(token + "0", "secret", "ann", 7200));
}

}  // namespace
}  // namespace websocket::status
