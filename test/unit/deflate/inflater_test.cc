// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/deflate/inflater.hh"

#include <algorithm>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

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
using test::ZlibCompressor;

struct Chunks {
  std::size_t input;
  std::size_t room;
};

struct Message {
  std::string text;
  bool whole = false;
  bool operator==(const Message&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Message& message) {
  return out << '"' << message.text.substr(0, 100) << "\" of " << message.text.size()
             << (message.whole ? "" : ", not whole");
}

// Every chunk and every room is an allocation of its own, so that a step beyond it is seen.
Message inflate(Inflater& inflater, std::string_view payload, Chunks chunks) {
  Message message;
  do {
    const Bytes chunk = bytes(payload.substr(0, chunks.input));
    payload.remove_prefix(chunk.size());
    std::span<const std::byte> input(chunk);
    while (true) {
      Bytes room(chunks.room, std::byte{0xA5});
      const auto step = inflater.inflate(input, room);
      const bool kept_within =
          step.consumed <= input.size() && step.produced <= room.size() &&
          std::all_of(room.begin() + static_cast<std::ptrdiff_t>(step.produced), room.end(),
                      [](std::byte byte) { return byte == std::byte{0xA5}; });
      if (!kept_within) FAIL("more was taken or written than there was");
      message.text += text(std::span(room).first(step.produced));
      input = input.subspan(step.consumed);
      if (step.corrupt) return message;
      if (step.produced < room.size()) break;
    }
    if (!input.empty()) FAIL("input is left although there was room");
  } while (!payload.empty());
  message.whole = inflater.end_message();
  return message;
}

Message inflate(std::string_view payload, Chunks chunks = {1000, 1000}) {
  Inflater inflater(15, false);
  return inflate(inflater, payload, chunks);
}

std::string hex(std::initializer_list<unsigned> values) { return text(bytes(values)); }

Chunks hostile_chunks() {
  return GENERATE(Chunks{1, 1}, Chunks{1, 1000}, Chunks{1000, 1}, Chunks{2, 3}, Chunks{7, 5},
                  Chunks{1000, 1000}, Chunks{4096, 16384}, Chunks{100000, 1024});
}

TEST_CASE("the RFC's examples are inflated", "[deflate][rfc7692-7.2.3]") {
  const Chunks chunks = hostile_chunks();
  Inflater inflater(15, true);
  const auto example = [&](std::initializer_list<unsigned> payload) {
    return inflate(inflater, hex(payload), chunks);
  };
  const Message hello{"Hello", true};
  // 7.2.3.1 one block of fixed Huffman codes, 7.2.3.2 the same again over the first one's window
  CHECK(example({0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00}) == hello);
  CHECK(example({0xF2, 0x00, 0x11, 0x00, 0x00}) == hello);
  // 7.2.3.3 a block that is not compressed
  CHECK(example({0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00}) == hello);
  // 7.2.3.4 BFINAL
  CHECK(example({0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00}) == hello);
  // 7.2.3.5 two blocks
  CHECK(example({0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00}) ==
        hello);
  // 7.2.3.6 an empty fragment
  CHECK(example({0x00}) == Message{"", true});
  CHECK(example({0xF2, 0x00, 0x11, 0x00, 0x00}) == hello);
}

TEST_CASE("what zlib compresses is inflated however it is cut", "[deflate][rfc7692-7.2.2]") {
  const Chunks chunks = hostile_chunks();
  const int window = GENERATE(9, 12, 15);
  const bool takeover = GENERATE(true, false);
  CAPTURE(chunks.input, chunks.room, window, takeover);
  ZlibCompressor client(window, takeover);
  Inflater inflater(window, takeover);
  for (const std::string& message :
       {prose(10), prose(3000), prose(3000), std::string(), noise(700), std::string(5000, 'x'),
        prose(3000), std::string(), std::string(), noise(1)}) {
    CHECK(inflate(inflater, client.message(message), chunks) == Message{message, true});
  }
}

TEST_CASE("large messages are inflated", "[deflate][rfc7692-7.2.2]") {
  const int level = GENERATE(0, 1, 6, 9);
  ZlibCompressor client(15, true, level);
  Inflater inflater(15, true);
  for (const std::string& message : {prose(1 << 20), noise(1 << 20), std::string(1 << 22, '\0')}) {
    CHECK(inflate(inflater, client.message(message), {5000, 16384}) == Message{message, true});
  }
}

TEST_CASE("a smaller window than agreed is inflated", "[deflate][rfc7692-7.1.2]") {
  ZlibCompressor client(9);
  Inflater inflater(GENERATE(9, 10, 15), true);
  const std::string message = prose(20000);
  CHECK(inflate(inflater, client.message(message), {100, 100}) == Message{message, true});
}

TEST_CASE("a reach beyond the agreed window is corrupt", "[deflate][rfc7692-7.1.2]") {
  const std::string far = noise(600) + prose(2000) + noise(600);
  ZlibCompressor client(15);
  Inflater inflater(9, true);
  CHECK_FALSE(inflate(inflater, client.message(far), {1000, 1000}).whole);
}

TEST_CASE("streams with BFINAL follow one another over one window", "[deflate][rfc7692-7.2.3.4]") {
  const Chunks chunks = hostile_chunks();
  Inflater inflater(15, true);
  const std::string hello = hex({0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00});
  const std::string hello_again = hex({0xF2, 0x00, 0x11, 0x00, 0x00});
  SECTION("in one message") {
    CHECK(inflate(inflater, hello + hello + hello_again, chunks) ==
          Message{"HelloHelloHello", true});
  }
  SECTION("from message to message") {
    CHECK(inflate(inflater, hello + '\0', chunks) == Message{"Hello", true});
    CHECK(inflate(inflater, hello_again, chunks) == Message{"Hello", true});
  }
  SECTION("where the empty block behind the last is left out") {
    CHECK(inflate(inflater, hello, chunks) == Message{"Hello", true});
    CHECK(inflate(inflater, hello_again, chunks) == Message{"Hello", true});
    CHECK(inflate(inflater, hello, chunks) == Message{"Hello", true});
  }
  SECTION("where the empty block itself has BFINAL") {
    CHECK(inflate(inflater, "\x01", chunks) == Message{"", true});
    CHECK(inflate(inflater, hello + '\x01', chunks) == Message{"Hello", true});
    CHECK(inflate(inflater, hello_again, chunks) == Message{"Hello", true});
  }
  SECTION("mixed with the usual kind") {
    ZlibCompressor client(15, false);
    for (const std::string& message : {prose(5000), noise(300), prose(20)}) {
      CHECK(inflate(inflater, client.final_message(message), chunks) == Message{message, true});
      CHECK(inflate(inflater, client.message(message), chunks) == Message{message, true});
    }
  }
}

TEST_CASE("many empty streams in one message cost no more than their bytes",
          "[deflate][rfc7692-7.2.3.4]") {
  // An empty final block of fixed codes, two bytes, behind a window that is full.
  Inflater inflater(15, true);
  const std::string filler = noise(40000);
  ZlibCompressor client;
  REQUIRE(inflate(inflater, client.message(filler), {100000, 100000}).whole);
  std::string payload;
  for (int i = 0; i < 20000; ++i) payload += hex({0x03, 0x00});
  CountedMemory memory;
  CHECK(inflate(inflater, payload, {65536, 1024}) == Message{"", true});
  CHECK(memory.allocations() == 0);
}

TEST_CASE("a message without any payload is empty", "[deflate][rfc7692-7.2.2]") {
  const bool takeover = GENERATE(true, false);
  Inflater inflater(15, takeover);
  ZlibCompressor client(15, takeover);
  CHECK(inflate(inflater, "", {1, 1}) == Message{"", true});
  CHECK(inflate(inflater, client.message("one"), {1, 1}) == Message{"one", true});
  CHECK(inflate(inflater, "", {1, 1}) == Message{"", true});
  CHECK(inflate(inflater, client.message("two"), {1, 1}) == Message{"two", true});
}

TEST_CASE("a message that is cut is not whole", "[deflate][rfc7692-7.2.2]") {
  const std::string message = GENERATE(prose(300), noise(40), std::string(500, 'x'));
  const std::string payload = ZlibCompressor().message(message);
  // Not from 1: the first byte of a stored block is an empty message by itself.
  for (std::size_t size = 2; size < payload.size(); ++size) {
    const Message cut = inflate(payload.substr(0, size));
    CAPTURE(size, payload.size());
    CHECK_FALSE(cut.whole);
    // What does come is of the message: the appended bytes are not taken for symbols of it.
    CHECK(message.starts_with(cut.text));
  }
  CHECK(inflate(payload) == Message{message, true});
}

TEST_CASE("a message whose last four bytes were not taken off is not whole",
          "[deflate][rfc7692-7.2.1]") {
  CHECK_FALSE(inflate(ZlibCompressor().message(prose(50)) + test::k_tail).whole);
}

TEST_CASE("a message to which the appended bytes add something is not whole",
          "[deflate][rfc7692-7.2.2]") {
  // A block of dynamic codes that is cut inside its header. 00 00 FF FF give the last 15 lengths of
  // its distance codes, an A, which is 01, and the end of the block, fifteen times 1: all of it
  // would be in order, and end at a byte's boundary.
  const Chunks chunks = hostile_chunks();
  CHECK_FALSE(inflate(hex({0x04, 0xF0, 0x01, 0xA6, 0x6D, 0xDB, 0xB6, 0x6D, 0x8B,
                           0x46, 0x29, 0x45, 0x21, 0x05, 0x25, 0xE5, 0x52, 0x5B,
                           0x1F, 0x73, 0xED, 0x73, 0x5F, 0x04, 0x7E, 0xE8, 0x3F}),
                      chunks)
                  .whole);
}

TEST_CASE("what no compressor writes is corrupt", "[deflate][rfc7692-7.2.2]") {
  const Chunks chunks = hostile_chunks();
  // "Hello" and an empty block; what follows begins at a byte's boundary.
  const std::string hello = hex({0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00}) + test::k_tail;
  const auto inflated = [&](std::initializer_list<unsigned> tail) {
    const Message message = inflate(hello + hex(tail), chunks);
    CHECK_FALSE(message.whole);
    return message.text;
  };
  // All that is good comes out.
  CHECK(inflated({0x06}) == "Hello");                          // block type 3
  CHECK(inflated({0x00, 0x05, 0x00, 0xFA, 0xFE}) == "Hello");  // lengths that do not agree
  CHECK(inflated({0x02, 0x52}) == "Hello");                    // a reach beyond all that came
  CHECK(inflated({0x72, 0x04, 0x52}) == "HelloA");             // the same behind an A
  CHECK(inflated({0x72, 0x04, 0x3E}) == "HelloA");             // distance code 30
  CHECK(inflated({0x72, 0x1C, 0x03}) == "HelloA");             // length code 286
  CHECK(inflated({0xF4, 0x00, 0x00}) == "Hello");              // 287 length codes
  // codes without one for the end of the block
  CHECK(inflated({0x04, 0xE0, 0x81, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0xFC, 0x67, 0x03}) ==
        "Hello");
}

TEST_CASE("what is corrupt stays so", "[deflate]") {
  Inflater inflater(15, true);
  Bytes room(10);
  REQUIRE(inflater.inflate(bytes("\x06"), room).corrupt);
  CHECK(inflater.inflate({}, room).corrupt);
  CHECK(inflater.inflate(bytes("\xCA"), room).corrupt);
  CHECK_FALSE(inflater.end_message());
}

TEST_CASE("without room nothing is inflated, and the caller is told", "[deflate]") {
  Inflater inflater(15, true);
  CHECK_THROWS_AS(inflater.inflate(bytes("\xF2"), {}), std::logic_error);
  Bytes room(1);
  CHECK_THROWS_AS(inflater.inflate(bytes("\xF2"), std::span(room).first(0)), std::logic_error);
}

TEST_CASE("no more is inflated than there is room for", "[deflate][rfc7692-7.2.2]") {
  const std::string bomb = ZlibCompressor().message(std::string(4U << 20U, '\0'));
  REQUIRE(bomb.size() < 5000);
  const Bytes input = bytes(bomb);
  CountedMemory memory;
  Inflater inflater(15, true);
  Bytes room(1024);
  const auto first = inflater.inflate(input, room);
  CHECK(first.produced == room.size());
  CHECK(first.consumed < 200);
  const auto second = inflater.inflate(std::span(input).subspan(first.consumed), room);
  CHECK(second.produced == room.size());
  CHECK(memory.most_held() < 48000);
}

TEST_CASE("an inflater holds memory only from the first byte on, and where it must",
          "[deflate][rfc7692-7.1.1.2]") {
  CountedMemory memory;
  const int window = GENERATE(9, 10, 11, 12, 13, 14, 15);
  const bool takeover = GENERATE(true, false);
  {
    ZlibCompressor client(window, takeover);
    Inflater inflater(window, takeover);
    CHECK(memory.held() == 0);
    for (int i = 0; i < 3; ++i) {
      CHECK(inflate(inflater, client.message(prose(100000)), {500, 4096}).whole);
      CHECK((memory.held() > 0) == takeover);
    }
    // doc/compression.md
    CHECK(memory.most_held() <= (std::size_t{1} << window) + 8192);
  }
  CHECK(memory.held() == 0);
}

TEST_CASE("an allocation that fails is told and leaves nothing behind", "[deflate]") {
  const std::string payload = ZlibCompressor().message(prose(5000));
  const auto run = [&] {
    Inflater inflater(15, true);
    return inflate(inflater, payload, {100, 100}).whole;
  };
  std::size_t allocations = 0;
  {
    CountedMemory memory;
    CHECK(run());
    allocations = memory.allocations();
  }
  REQUIRE(allocations >= 2);  // the state and the window
  for (std::size_t failing = 1; failing <= allocations; ++failing) {
    CountedMemory memory(failing);
    CAPTURE(failing);
    CHECK_THROWS_AS(run(), std::bad_alloc);
    CHECK(memory.held() == 0);
  }
}

}  // namespace
}  // namespace websocket::deflate
