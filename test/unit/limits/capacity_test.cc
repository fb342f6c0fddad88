// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/limits/capacity.hh"

#include "test/unit/catch.hh"

namespace websocket::limits {
namespace {

TEST_CASE("a tunnel takes two of the descriptors that httpd does not need", "[limits]") {
  CHECK(tunnels_within(1024, 25, 1) == 462);
  CHECK(tunnels_within(1024, 25, 6) == 2772);
  CHECK(tunnels_within(0, 25, 6) == 0);
}

TEST_CASE("so many descriptors as are wanted are enough, and one less is not", "[limits]") {
  const std::uint64_t tunnels = GENERATE(1U, 462U, 463U, 5000U, 1048576U);
  const int threads = GENERATE(1, 25, 64);
  const int children = GENERATE(1, 6, 16);
  const std::uint64_t wanted = descriptors_wanted(tunnels, threads, children);
  CHECK(tunnels_within(wanted, threads, children) >= tunnels);
  CHECK(tunnels_within(wanted - 1, threads, children) < tunnels);
}

}  // namespace
}  // namespace websocket::limits
