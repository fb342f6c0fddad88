// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/deflate/deflater.hh"

#include <algorithm>
#include <new>
#include <string>
#include <string_view>

#include "test/unit/catch.hh"
#include "test/unit/deflate/counted_memory.hh"
#include "test/unit/deflate/zlib_peer.hh"
#include "test/unit/frame/bytes.hh"

namespace websocket::deflate {
namespace {

using frame::test::Bytes;
using frame::test::bytes;
using frame::test::text;
using test::CountedMemory;
using test::noise;
using test::prose;
using test::ZlibDecompressor;

struct Chunks {
  std::size_t piece;
  std::size_t room;
};

// The compressed payload of a message that is given in pieces. Every room is an allocation of its
// own, so that a step beyond it is seen.
std::string deflate(Deflater& deflater, std::string_view message, Chunks chunks,
                    bool ends_with_empty_piece = false) {
  std::string payload;
  bool ended = false;
  while (!ended) {
    const Bytes piece = bytes(message.substr(0, chunks.piece));
    message.remove_prefix(piece.size());
    ended = message.empty() && (!ends_with_empty_piece || piece.empty());
    std::span<const std::byte> input(piece);
    while (true) {
      Bytes room(chunks.room);
      const auto step = deflater.deflate(input, ended, room);
      if (step.consumed > input.size() || step.produced > room.size()) FAIL("out of bounds");
      payload += text(std::span(room).first(step.produced));
      input = input.subspan(step.consumed);
      if (step.done) break;
      if (step.consumed == 0 && step.produced == 0) FAIL("no progress");
    }
    if (!input.empty()) FAIL("input is left although all is done");
  }
  return payload;
}

Chunks hostile_chunks() {
  return GENERATE(Chunks{1, Deflater::k_least_room}, Chunks{1, 1000}, Chunks{7, 17},
                  Chunks{100, 19}, Chunks{1000, 16}, Chunks{100000, 16}, Chunks{100000, 23},
                  Chunks{100000, 16384});
}

TEST_CASE("the RFC's first examples are what is written", "[deflate][rfc7692-7.2.3]") {
  Deflater deflater(6, 15, true);
  const auto hello = [&] { return deflate(deflater, "Hello", {100, 100}); };
  CHECK(hello() == text(bytes({0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00})));
  CHECK(hello() == text(bytes({0xF2, 0x00, 0x11, 0x00, 0x00})));
  Deflater forgetful(6, 15, false);
  for (int i = 0; i < 2; ++i) {
    CHECK(deflate(forgetful, "Hello", {100, 100}) ==
          text(bytes({0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00})));
  }
}

TEST_CASE("zlib inflates what is written however it is cut", "[deflate][rfc7692-7.2.1]") {
  const Chunks chunks = hostile_chunks();
  const int window = GENERATE(9, 12, 15);
  const bool takeover = GENERATE(true, false);
  const bool ends_with_empty_piece = GENERATE(true, false);
  CAPTURE(chunks.piece, chunks.room, window, takeover, ends_with_empty_piece);
  ZlibDecompressor client(window, takeover);
  Deflater deflater(6, window, takeover);
  for (const std::string& message :
       {std::string(), prose(10), std::string(), std::string(), prose(3000), prose(3000),
        noise(700), std::string(5000, 'x'), std::string(), noise(1), prose(3000)}) {
    CHECK(client.message(deflate(deflater, message, chunks, ends_with_empty_piece)) == message);
  }
}

TEST_CASE("the end that is left out may lie in two rooms", "[deflate][rfc7692-7.2.1]") {
  Deflater deflater(1, 9, true);
  ZlibDecompressor client(9, true);
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string message = noise(size, static_cast<unsigned>(size));
    CAPTURE(size);
    CHECK(client.message(deflate(deflater, message, {1000, 16})) == message);
    CHECK(client.message(deflate(deflater, message, {1000, 18}, true)) == message);
  }
}

TEST_CASE("every level and window is written as agreed", "[deflate][rfc7692-7.1.2.1]") {
  const int level = GENERATE(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
  const int window = GENERATE(9, 10, 11, 12, 13, 14, 15);
  Deflater deflater(level, window, true);
  ZlibDecompressor client(window, true);  // a reach beyond the window would not be inflated
  for (const std::string& message : {prose(50000), noise(5000), prose(50000)}) {
    CHECK(client.message(deflate(deflater, message, {100000, 4096})) == message);
  }
}

TEST_CASE("an empty message is one byte of 0", "[deflate][rfc7692-7.2.3.6]") {
  const bool takeover = GENERATE(true, false);
  Deflater deflater(6, 12, takeover);
  CountedMemory memory;
  for (int i = 0; i < 3; ++i) {
    CHECK(deflate(deflater, "", {1, 16}) == std::string(1, '\0'));
  }
  CHECK(memory.allocations() == 0);
}

TEST_CASE("the window is kept from message to message only with context takeover",
          "[deflate][rfc7692-7.1.1.1]") {
  const std::string message = noise(400);
  Deflater keeping(6, 12, true);
  Deflater forgetful(6, 12, false);
  CHECK(deflate(keeping, message, {1000, 1000}).size() >= 400);
  CHECK(deflate(keeping, message, {1000, 1000}).size() < 30);
  const std::string first = deflate(forgetful, message, {1000, 1000});
  CHECK(deflate(forgetful, message, {1000, 1000}) == first);
}

TEST_CASE("a deflater holds memory only from the first byte on, and where it must",
          "[deflate][rfc7692-7.1.1.1]") {
  CountedMemory memory;
  const int window = GENERATE(9, 10, 11, 12, 13, 14, 15);
  const int level = GENERATE(1, 6, 9);
  const bool takeover = GENERATE(true, false);
  {
    Deflater deflater(level, window, takeover);
    CHECK(memory.held() == 0);
    for (int i = 0; i < 3; ++i) {
      deflate(deflater, prose(100000), {5000, 4096});
      CHECK((memory.held() > 0) == takeover);
    }
    // doc/compression.md
    CHECK(memory.most_held() <= (std::size_t{1} << (window + 3)) + 8192);
  }
  CHECK(memory.held() == 0);
}

TEST_CASE("an allocation that fails while compressing is told and leaves nothing behind",
          "[deflate]") {
  const auto run = [] {
    Deflater deflater(6, 12, true);
    return deflate(deflater, "Hello", {100, 100});
  };
  std::size_t allocations = 0;
  {
    CountedMemory memory;
    run();
    allocations = memory.allocations();
  }
  REQUIRE(allocations >= 2);
  for (std::size_t failing = 1; failing <= allocations; ++failing) {
    CountedMemory memory(failing);
    CAPTURE(failing);
    CHECK_THROWS_AS(run(), std::bad_alloc);
    CHECK(memory.held() == 0);
  }
}

}  // namespace
}  // namespace websocket::deflate
