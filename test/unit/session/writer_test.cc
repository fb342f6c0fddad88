// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/session/writer.hh"

#include <algorithm>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "test/unit/catch.hh"
#include "test/unit/deflate/counted_memory.hh"
#include "test/unit/deflate/zlib_peer.hh"
#include "test/unit/frame/bytes.hh"

namespace websocket::session {
namespace {

using deflate::Agreement;
using deflate::Settings;
using deflate::test::CountedMemory;
using deflate::test::noise;
using deflate::test::prose;
using deflate::test::ZlibDecompressor;
using frame::Opcode;
using frame::test::Bytes;
using frame::test::bytes;
using frame::test::text;
using frame::test::operator+;

// A client that takes frames apart as RFC 6455 section 5.2 has them, and messages as section 5.4.
class Client : public FrameSink {
 public:
  explicit Client(const Agreement& agreement = {})
      : inflater_(agreement.server_window, agreement.server_takeover) {}

  void frame_bytes(std::span<const std::byte> part) override {
    ++calls;
    wire.insert(wire.end(), part.begin(), part.end());
  }

  struct Frame {
    unsigned opcode;
    bool fin;
    bool rsv1;
    std::string payload;
    bool operator==(const Frame&) const = default;
  };

  // All frames so far; they must be whole.
  std::vector<Frame> frames() const {
    std::vector<Frame> out;
    std::size_t at = 0;
    const auto byte = [&] { return std::to_integer<unsigned>(wire.at(at++)); };
    while (at < wire.size()) {
      const unsigned first = byte();
      REQUIRE((first & 0x30U) == 0);
      std::uint64_t size = byte();
      REQUIRE(size < 0x80);  // a server does not mask
      const int more = size == 126 ? 2 : size == 127 ? 8 : 0;
      if (more > 0) size = 0;
      for (int i = 0; i < more; ++i) size = size << 8U | byte();
      REQUIRE(size <= wire.size() - at);
      out.push_back({first & 0x0FU, (first & 0x80U) != 0, (first & 0x40U) != 0,
                     text(std::span(wire).subspan(at, size))});
      at += size;
    }
    return out;
  }

  // The messages so far, "text ..." or "binary ...".
  std::vector<std::string> messages() {
    std::vector<std::string> out;
    std::string payload;
    bool compressed = false;
    bool open = false;
    for (const Frame& frame : frames()) {
      REQUIRE((frame.opcode == 0) == open);
      REQUIRE((!frame.rsv1 || !open));
      if (!open) {
        compressed = frame.rsv1;
        out.emplace_back(frame.opcode == 1 ? "text " : "binary ");
        payload.clear();
      }
      payload += frame.payload;
      open = !frame.fin;
      if (frame.fin) out.back() += compressed ? inflater_.message(payload) : payload;
    }
    REQUIRE_FALSE(open);
    wire.clear();
    return out;
  }

  Bytes wire;
  int calls = 0;

 private:
  ZlibDecompressor inflater_;
};

using Messages = std::vector<std::string>;

TEST_CASE("without an agreement a piece is a plain frame", "[session][rfc6455-5.4]") {
  Writer writer;
  Client client;
  SECTION("the message in one") {
    writer.write(Opcode::text, bytes("Hello"), true, client);
    writer.write(Opcode::binary, {}, true, client);
    CHECK(client.wire == bytes({0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F}) + bytes({0x82, 0x00}));
  }
  SECTION("and in several") {
    writer.write(Opcode::text, bytes("Hel"), false, client);
    writer.write(Opcode::text, {}, false, client);
    writer.write(Opcode::text, bytes("lo"), true, client);
    writer.write(Opcode::binary, bytes("x"), false, client);
    writer.write(Opcode::binary, {}, true, client);
    CHECK(client.wire == bytes({0x01, 0x03, 0x48, 0x65, 0x6C, 0x00, 0x00, 0x80, 0x02, 0x6C, 0x6F,
                                0x02, 0x01, 0x78, 0x80, 0x00}));
  }
}

TEST_CASE("a small plain frame is written in one go", "[session]") {
  Writer writer;
  Client client;
  const std::size_t size = GENERATE(0U, 125U, 126U, 4096U, 4097U, 65535U, 65536U, 200000U);
  const std::string message = noise(size);
  writer.write(Opcode::binary, bytes(message), true, client);
  CHECK(client.calls == (size <= 4096 ? 1 : 2));
  CHECK(client.messages() == Messages{"binary " + message});
}

TEST_CASE("messages worth it go out compressed", "[session][rfc7692-7.2.1]") {
  const int window = GENERATE(9, 12, 15);
  const bool takeover = GENERATE(true, false);
  const Agreement agreement{.server_takeover = takeover, .server_window = window};
  Writer writer(agreement, {.level = GENERATE(1, 6)});
  Client client(agreement);
  Messages expected;
  std::size_t payload = 0;
  for (const std::string& message : {prose(64), prose(5000), prose(100000), noise(50000),
                                     std::string(1U << 20U, 'x'), prose(5000)}) {
    writer.write(Opcode::text, bytes(message), true, client);
    expected.push_back("text " + message);
    payload += message.size();
  }
  CHECK(client.wire.size() < payload / 8);
  CHECK(client.messages() == expected);
}

TEST_CASE("messages not worth it go out plain", "[session][rfc7692-6]") {
  Writer writer({}, {});
  Client client;
  CountedMemory memory;
  const std::string message = prose(Writer::k_worth_compressing - 1);
  writer.write(Opcode::text, bytes(message), true, client);
  writer.write(Opcode::binary, {}, true, client);
  CHECK(memory.allocations() == 0);
  for (const auto& frame : client.frames()) CHECK_FALSE(frame.rsv1);
  CHECK(client.messages() == Messages{"text " + message, "binary "});
}

TEST_CASE("plain messages between compressed ones do not disturb the window",
          "[session][rfc7692-7.2.3.2]") {
  Writer writer({}, {});
  Client client;
  Messages expected;
  for (int i = 0; i < 20; ++i) {
    const std::string message = prose(i % 2 == 0 ? 500 : 20, static_cast<unsigned>(i));
    writer.write(Opcode::text, bytes(message), true, client);
    expected.push_back("text " + message);
  }
  CHECK(client.messages() == expected);
}

TEST_CASE("a compressed message may come in any pieces", "[session][rfc7692-6.1]") {
  const std::size_t size = GENERATE(1U, 10U, 1000U, 40000U);
  const bool ends_with_empty_piece = GENERATE(true, false);
  const bool takeover = GENERATE(true, false);
  const Agreement agreement{.server_takeover = takeover};
  Writer writer(agreement, {});
  Client client(agreement);
  Messages expected;
  for (const std::string& message : {prose(3), prose(3000), noise(100000), prose(3000)}) {
    for (std::size_t at = 0; at < message.size(); at += size) {
      const bool last = at + size >= message.size() && !ends_with_empty_piece;
      writer.write(Opcode::text, bytes(message.substr(at, size)), last, client);
    }
    if (ends_with_empty_piece) writer.write(Opcode::text, {}, true, client);
    expected.push_back("text " + message);
  }
  CHECK(client.messages() == expected);
}

TEST_CASE("an empty message in two pieces is one byte of 0", "[session][rfc7692-7.2.3.6]") {
  Writer writer({}, {});
  Client client;
  for (int i = 0; i < 2; ++i) {
    writer.write(Opcode::text, {}, false, client);
    CHECK(client.wire.empty());
    writer.write(Opcode::text, {}, true, client);
    CHECK(client.wire == bytes({0xC1, 0x01, 0x00}));
    CHECK(client.messages() == Messages{"text "});
  }
}

TEST_CASE("a long compressed message has RSV1 on its first frame only", "[session][rfc7692-6.1]") {
  Writer writer({}, {});
  Client client;
  writer.write(Opcode::binary, bytes(noise(100000)), true, client);
  const auto frames = client.frames();
  REQUIRE(frames.size() > 3);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    CHECK(frames[i].rsv1 == (i == 0));
    CHECK(frames[i].opcode == (i == 0 ? 2 : 0));
    CHECK(frames[i].fin == (i + 1 == frames.size()));
    CHECK(frames[i].payload.size() <= 16384);
  }
  // Each in one go.
  CHECK(client.calls == static_cast<int>(frames.size()));
}

TEST_CASE("a writer holds zlib's memory only where it must", "[session][rfc7692-7.1.1.1]") {
  CountedMemory memory;
  const bool takeover = GENERATE(true, false);
  Writer writer({.server_takeover = takeover, .server_window = 12}, {});
  Client client;
  writer.write(Opcode::text, bytes(prose(1000)), false, client);
  CHECK(memory.held() > 0);
  writer.write(Opcode::text, bytes(prose(1000)), true, client);
  CHECK((memory.held() > 0) == takeover);
  CHECK(memory.most_held() < 40000);
}

TEST_CASE("memory that a writer cannot have is told", "[session]") {
  CountedMemory memory(1);
  Writer writer({}, {});
  Client client;
  CHECK_THROWS_AS(writer.write(Opcode::text, bytes(prose(1000)), true, client), std::bad_alloc);
  CHECK(client.wire.empty());
}

}  // namespace
}  // namespace websocket::session
