// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/tunnel/echo_end.hh"

#include <algorithm>
#include <string>
#include <string_view>

#include "test/unit/catch.hh"
#include "test/unit/frame/bytes.hh"

namespace websocket::tunnel {
namespace {

using frame::test::Bytes;
using frame::test::bytes;

std::size_t write(EchoEnd& end, std::string_view text) {
  const IoResult sent = end.write(bytes(text));
  REQUIRE(sent.status == IoStatus::done);
  return sent.bytes;
}

std::string read(EchoEnd& end, std::size_t at_most) {
  Bytes into(at_most);
  const IoResult got = end.read(into);
  REQUIRE(got.status == IoStatus::done);
  return frame::test::text(std::span(into).first(got.bytes));
}

IoStatus read_status(EchoEnd& end) {
  Bytes into(1);
  return end.read(into).status;
}

TEST_CASE("what is written to an echo is read from it", "[tunnel]") {
  EchoEnd end;
  CHECK(end.descriptor() == -1);
  CHECK(read_status(end) == IoStatus::would_block);
  CHECK_FALSE(end.has_buffered_input());
  CHECK(write(end, "one ") == 4);
  CHECK(write(end, "two") == 3);
  CHECK(end.has_buffered_input());
  CHECK(read(end, 5) == "one t");
  CHECK(end.has_buffered_input());
  CHECK(write(end, " three") == 6);
  CHECK(read(end, 100) == "wo three");
  CHECK_FALSE(end.has_buffered_input());
  CHECK(read_status(end) == IoStatus::would_block);
}

TEST_CASE("an echo takes what it has room for, and no more until it was read", "[tunnel]") {
  EchoEnd end;
  const std::string much(EchoEnd::k_capacity - 10, 'x');
  CHECK(write(end, much) == much.size());
  CHECK(write(end, std::string(20, 'y')) == 10);
  CHECK(end.write(bytes("z")).status == IoStatus::would_block);
  CHECK(read(end, 4) == "xxxx");
  CHECK(write(end, "abcdef") == 4);
  CHECK(end.write(bytes("ef")).status == IoStatus::would_block);
  CHECK(read(end, 2 * EchoEnd::k_capacity) == much.substr(4) + "yyyyyyyyyyabcd");
  CHECK(read_status(end) == IoStatus::would_block);
  CHECK(write(end, "again") == 5);
}

TEST_CASE("an echo loses nothing, in steps of any size", "[tunnel]") {
  const std::size_t in = GENERATE(1U, 7U, 1000U, 70000U);
  const std::size_t out = GENERATE(1U, 10U, 999U, 65536U);
  EchoEnd end;
  std::size_t written = 0;
  std::size_t got = 0;
  CAPTURE(in, out);
  const auto nth = [](std::size_t n) { return static_cast<std::byte>(n * 31 % 251); };
  for (int round = 0; round < 200; ++round) {
    Bytes more(in);
    for (std::size_t i = 0; i < in; ++i) more[i] = nth(written + i);
    const IoResult sent = end.write(more);
    REQUIRE(sent.status ==
            (written - got == EchoEnd::k_capacity ? IoStatus::would_block : IoStatus::done));
    written += sent.bytes;
    REQUIRE(written - got <= EchoEnd::k_capacity);
    Bytes into(out);
    const IoResult read = end.read(into);
    REQUIRE(read.status == IoStatus::done);
    REQUIRE(std::ranges::all_of(std::span(into).first(read.bytes),
                                [&](std::byte byte) { return byte == nth(got++); }));
  }
}

TEST_CASE("an echo ends behind what was written before", "[tunnel]") {
  EchoEnd end;
  write(end, "last");
  end.finish_writing();
  CHECK(end.write(bytes("more")).status == IoStatus::failed);
  CHECK(read(end, 100) == "last");
  CHECK(end.has_buffered_input());  // its end
  CHECK(read_status(end) == IoStatus::ended);
  CHECK_FALSE(end.has_buffered_input());
  CHECK(read_status(end) == IoStatus::ended);
}

TEST_CASE("an echo that nobody wrote to ends as well", "[tunnel]") {
  EchoEnd end;
  end.finish_writing();
  CHECK(end.has_buffered_input());
  CHECK(read_status(end) == IoStatus::ended);
}

}  // namespace
}  // namespace websocket::tunnel
