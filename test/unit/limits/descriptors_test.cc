// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/limits/descriptors.hh"

#include <limits>

#include "test/unit/catch.hh"

namespace websocket::limits {
namespace {

TEST_CASE("a process keeps descriptors for what its threads do", "[limits]") {
  CHECK(descriptors_for_tunnels(8192, 25) == 8192 - 100);
  CHECK(descriptors_for_tunnels(8192, 256) == 8192 - 1024);
}

TEST_CASE("a process with few threads keeps some all the same", "[limits]") {
  CHECK(descriptors_for_tunnels(1024, 1) == 1024 - 64);
  CHECK(descriptors_for_tunnels(1024, 0) == 1024 - 64);
}

TEST_CASE("a process with few descriptors leaves half of them to tunnels", "[limits]") {
  CHECK(descriptors_for_tunnels(100, 25) == 50);
  CHECK(descriptors_for_tunnels(64, 1) == 32);
}

TEST_CASE("no limit of descriptors is the limit of their numbers", "[limits]") {
  constexpr int k_most = std::numeric_limits<int>::max();
  CHECK(descriptors_for_tunnels(std::numeric_limits<std::uint64_t>::max(), 25) == k_most - 100);
}

}  // namespace
}  // namespace websocket::limits
