// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/tunnel/socket_end.hh"

#include <fcntl.h>

#include <array>
#include <csignal>
#include <string>

#include "test/unit/catch.hh"
#include "test/unit/support/socket_pair.hh"

namespace websocket::tunnel::test {
namespace {

using namespace std::chrono_literals;
using frame::test::bytes;
using frame::test::text;

// Reads once, with a buffer of this size.
std::pair<IoStatus, std::string> read(End& end, std::size_t size = 100) {
  Bytes buffer(size);
  const IoResult got = end.read(buffer);
  REQUIRE((got.status == IoStatus::done) == (got.bytes != 0));
  return {got.status, text(std::span(buffer).first(got.bytes))};
}

TEST_CASE("a socket end reads what came, as much as asked for, and then the end", "[tunnel]") {
  SocketPair pair = GENERATE(0, 1) == 0 ? unix_pair() : tcp_pair();
  SocketEnd end(std::move(pair.near));
  CHECK(read(end).first == IoStatus::would_block);
  send_all(pair.far, bytes("hello"));
  finish_sending(pair.far);
  CHECK(read(end, 3) == std::pair(IoStatus::done, std::string("hel")));
  CHECK(read(end) == std::pair(IoStatus::done, std::string("lo")));
  CHECK(read(end).first == IoStatus::ended);
  CHECK(read(end).first == IoStatus::ended);
}

TEST_CASE("a socket end writes until there is no room, and goes on when there is", "[tunnel]") {
  SocketPair pair = GENERATE(0, 1) == 0 ? unix_pair() : tcp_pair();
  SocketEnd end(std::move(pair.near));
  const Bytes much(8U << 20U, std::byte{'x'});
  std::size_t sent = 0;
  IoResult last{IoStatus::done, 0};
  while (sent < much.size()) {
    last = end.write(std::span(much).subspan(sent));
    if (last.status != IoStatus::done) break;
    sent += last.bytes;
  }
  CHECK(last.status == IoStatus::would_block);
  CHECK(sent > 0);
  CHECK(receive(pair.far, sent).size() == sent);
  CHECK(end.write(bytes("more")).status == IoStatus::done);
  CHECK(text(receive(pair.far, 4)) == "more");
}

TEST_CASE("a socket end that has finished writing can still read", "[tunnel]") {
  SocketPair pair = tcp_pair();
  SocketEnd end(std::move(pair.near));
  CHECK(end.write(bytes("bye")).bytes == 3);
  end.finish_writing();
  CHECK(text(receive_to_the_end(pair.far)) == "bye");
  send_all(pair.far, bytes("and you"));
  CHECK(read(end).second == "and you");
}

TEST_CASE("a socket end whose connection was reset fails, without a signal", "[tunnel]") {
  SocketPair pair = tcp_pair();
  SocketEnd end(std::move(pair.near));
  reset_connection(pair.far);
  CHECK(read(end).first == IoStatus::failed);
  CHECK(end.write(bytes("x")).status == IoStatus::failed);
}

TEST_CASE("what came before a reset can still be read after a write that failed", "[tunnel]") {
  SocketPair pair = unix_pair();
  SocketEnd end(std::move(pair.near));
  send_all(pair.far, bytes("last words"));
  pair.far.reset();
  CHECK(end.write(bytes("x")).status == IoStatus::failed);
  CHECK(read(end).second == "last words");
}

TEST_CASE("a socket end owns its descriptor", "[tunnel]") {
  SocketPair pair = unix_pair();
  const int fd = pair.near.get();
  {
    const SocketEnd end(std::move(pair.near));
    CHECK_FALSE(pair.near);
    CHECK(end.descriptor() == fd);
    CHECK_FALSE(end.has_buffered_input());
    CHECK_FALSE(end.has_buffered_output());
    CHECK(fcntl(fd, F_GETFD) >= 0);
  }
  CHECK(fcntl(fd, F_GETFD) == -1);
}

TEST_CASE("a descriptor has one owner", "[tunnel]") {
  const std::size_t before = open_descriptors();
  {
    SocketPair pair = unix_pair();
    Descriptor other(std::move(pair.near));
    CHECK_FALSE(pair.near);
    CHECK(other);
    other = std::move(pair.far);
    CHECK(open_descriptors() == before + 1);
    const int fd = other.release();
    CHECK_FALSE(other);
    CHECK(open_descriptors() == before + 1);
    other.reset(fd);
    CHECK(other.get() == fd);
  }
  CHECK(open_descriptors() == before);
}

}  // namespace
}  // namespace websocket::tunnel::test
