// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/tunnel/backlog.hh"

#include <string>

#include "test/unit/catch.hh"
#include "test/unit/frame/bytes.hh"

namespace websocket::tunnel {
namespace {

using frame::test::bytes;
using frame::test::text;

TEST_CASE("a backlog gives bytes back in the order in which they came", "[tunnel]") {
  Backlog backlog;
  CHECK(backlog.empty());
  CHECK(backlog.size() == 0);
  CHECK(backlog.front().empty());
  backlog.append(bytes("one "));
  backlog.append(bytes("two "));
  CHECK(text(backlog.front()) == "one two ");
  backlog.consume(2);
  CHECK(backlog.size() == 6);
  backlog.append(bytes("three"));
  CHECK(text(backlog.front()) == "e two three");
  CHECK_FALSE(backlog.empty());
  backlog.consume(11);
  CHECK(backlog.empty());
  CHECK(backlog.front().empty());
}

TEST_CASE("nothing appended is nothing, and nothing consumed changes nothing", "[tunnel]") {
  Backlog backlog;
  backlog.append({});
  CHECK(backlog.empty());
  backlog.consume(0);
  CHECK(backlog.empty());
  backlog.append(bytes("x"));
  backlog.append({});
  backlog.consume(0);
  CHECK(text(backlog.front()) == "x");
}

TEST_CASE("a cleared backlog is empty and can be used again", "[tunnel]") {
  Backlog backlog;
  backlog.append(bytes("gone"));
  backlog.consume(1);
  backlog.clear();
  CHECK(backlog.empty());
  backlog.append(bytes("new"));
  CHECK(text(backlog.front()) == "new");
}

TEST_CASE("a backlog that is filled and emptied in steps of any size loses no byte", "[tunnel]") {
  const std::size_t in = GENERATE(1U, 3U, 10U, 64U);
  const std::size_t out = GENERATE(1U, 2U, 7U, 63U);
  CAPTURE(in, out);
  Backlog backlog;
  unsigned next_in = 0;
  unsigned next_out = 0;
  for (int round = 0; round < 2000; ++round) {
    frame::test::Bytes more(in);
    for (std::byte& byte : more) byte = static_cast<std::byte>(next_in++);
    backlog.append(more);
    for (std::size_t left = out; left != 0 && !backlog.empty(); --left) {
      REQUIRE(backlog.front()[0] == static_cast<std::byte>(next_out++));
      backlog.consume(1);
    }
    REQUIRE(backlog.size() == next_in - next_out);
  }
}

}  // namespace
}  // namespace websocket::tunnel
