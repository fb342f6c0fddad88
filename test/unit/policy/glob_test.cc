// SPDX-License-Identifier: Apache-2.0
#include "policy/glob.hh"

#include <chrono>
#include <string>

#include "test/unit/catch.hh"
#include "test/unit/policy/contains.hh"

using policy::glob_fault;
using policy::glob_matches;

TEST_CASE("A glob matches within its segment only", "[policy][glob]") {
  struct Row {
    std::string_view glob;
    std::string_view path;
    bool matches;
  };
  const auto row = GENERATE(values<Row>({
      {"/run/app/x.sock", "/run/app/x.sock", true},
      {"/run/app/x.sock", "/run/app/x.soc", false},
      {"/run/app/x.sock", "/run/app/x.sockk", false},
      {"/run/app/*.sock", "/run/app/a.sock", true},
      {"/run/app/*.sock", "/run/app/.sock", true},
      {"/run/app/*.sock", "/run/app/a.b.sock", true},
      {"/run/app/*.sock", "/run/app/a.sock.sock", true},
      {"/run/app/*.sock", "/run/app/sub/a.sock", false},
      {"/run/app/*.sock", "/run/app/a.sock/b", false},
      {"/run/app/*.sock", "/run/app/a.sockx", false},
      {"/run/app/*.sock", "/var/run/app/a.sock", false},
      {"/run/*/x.sock", "/run/app/x.sock", true},
      {"/run/*/x.sock", "/run/a/b/x.sock", false},
      {"/run/*/*.sock", "/run/a/b.sock", true},
      {"/run/a*/b*c", "/run/ax/bxxc", true},
      {"/run/a*/b*c", "/run/ax/x/bxxc", false},
      {"/run/*", "/run/", true},
      {"/run/*", "/run/a", true},
      {"/run/*", "/run", false},
      {"/run/**", "/run/a/b", false},
      {"/run/?", "/run/a", true},
      {"/run/?", "/run/", false},
      {"/run?a", "/run/a", false},
      {"/run/[abc]x", "/run/bx", true},
      {"/run/[abc]x", "/run/dx", false},
      {"/run/[a-c]", "/run/b", true},
      {"/run/[a-c]", "/run/d", false},
      {"/run/[!a-c]", "/run/d", true},
      {"/run/[^a-c]", "/run/b", false},
      {"/run/[a-]", "/run/-", true},
      {"/run/[]a]", "/run/]", true},
      {"/run[!a]b", "/run/b", false},
      {"/run[+-0]b", "/run/b", false},
      {"/run/\\*", "/run/x", false},
      {"/run/\\*", "/run/\\x", true},
  }));
  INFO(row.glob << " against " << row.path);
  CHECK(glob_matches(row.glob, row.path) == row.matches);
}

TEST_CASE("A glob that cannot be meant is refused", "[policy][glob]") {
  CHECK_FALSE(glob_fault("/run/[a-z]*.sock"));
  CHECK_FALSE(glob_fault("/run/[]a]"));
  for (const std::string_view bad : {"/run/[a", "/run/[", "/run/[]", "/run/[!]"}) {
    INFO(bad);
    REQUIRE(glob_fault(bad));
    INFO(*glob_fault(bad));
    CHECK(contains(*glob_fault(bad), "not closed"));
  }
  REQUIRE(glob_fault("/run[/]x"));
  INFO(*glob_fault("/run[/]x"));
  CHECK(contains(*glob_fault("/run[/]x"), "slash"));
}

TEST_CASE("Many stars take no exponential time", "[policy][glob]") {
  std::string glob = "/";
  for (int i = 0; i < 50; ++i) {
    glob += "*a";
  }
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(glob_matches(glob + "b", "/" + std::string(106, 'a')));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(1));
}
