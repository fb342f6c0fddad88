// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/frame/decoder.hh"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "test/unit/catch.hh"
#include "test/unit/frame/bytes.hh"
#include "test/unit/frame/feeder.hh"

namespace websocket::frame {
namespace {

using namespace test;

Frame whole_message(Opcode opcode, std::string payload) {
  return {opcode, false, true, true, true, std::move(payload)};
}

Frame control(Opcode opcode, std::string payload) {
  return {opcode, false, false, false, true, std::move(payload)};
}

// Violation, and the number of bytes that it takes to see it.
void check_violation(const Bytes& input, Violation expected, std::size_t consumed,
                     Decoder::Options options = {}) {
  const Result result = decode_every_way(input, options);
  REQUIRE(result.violation);
  CHECK(describe(*result.violation) == describe(expected));
  CHECK(result.consumed == consumed);
  // One byte less, and nobody could know.
  const Bytes before(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(consumed - 1));
  CHECK_FALSE(decode_whole(before, options).violation);
}

// RFC 6455 section 5.7. The server's own examples are the encoder's; here is what a client sends.

TEST_CASE("a masked text message in a single frame", "[frame][rfc6455-5.7]") {
  const Bytes input = bytes({0x81,                            // FIN, text
                             0x85,                            // MASK, 5 bytes
                             0x37, 0xFA, 0x21, 0x3D,          // the key
                             0x7F, 0x9F, 0x4D, 0x51, 0x58});  // "Hello"
  const Result result = decode_every_way(input);
  CHECK(result.frames == std::vector{whole_message(Opcode::text, "Hello")});
  CHECK_FALSE(result.violation);
  CHECK(result.consumed == input.size());
}

TEST_CASE("a fragmented text message, masked", "[frame][rfc6455-5.7]") {
  const Bytes input = bytes({0x01,                    // text, more to come
                             0x83,                    // MASK, 3 bytes
                             0x37, 0xFA, 0x21, 0x3D,  // the key
                             0x7F, 0x9F, 0x4D,        // "Hel"
                             0x80,                    // FIN, continuation
                             0x82,                    // MASK, 2 bytes
                             0x3D, 0x21, 0xFA, 0x37,  // another key
                             0x51, 0x4E});            // "lo"
  const Result result = decode_every_way(input);
  CHECK(result.frames == std::vector{Frame{Opcode::text, false, true, false, true, "Hel"},
                                     Frame{Opcode::text, false, false, true, true, "lo"}});
}

TEST_CASE("a masked pong that answers the ping", "[frame][rfc6455-5.7]") {
  const Bytes input = bytes({0x8A, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58});
  CHECK(decode_every_way(input).frames == std::vector{control(Opcode::pong, "Hello")});
}

TEST_CASE("the unmasked examples are a server's, and refused from a client",
          "[frame][rfc6455-5.7][rfc6455-5.1]") {
  check_violation(bytes({0x81, 0x05, 'H', 'e', 'l', 'l', 'o'}), Violation::unmasked_frame, 2);
  check_violation(bytes({0x01, 0x03, 'H', 'e', 'l'}), Violation::unmasked_frame, 2);
  check_violation(bytes({0x89, 0x05, 'H', 'e', 'l', 'l', 'o'}), Violation::unmasked_frame, 2);
  check_violation(bytes({0x82, 0x7E, 0x01, 0x00}), Violation::unmasked_frame, 2);
  check_violation(bytes({0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0}), Violation::unmasked_frame, 2);
}

TEST_CASE("a binary message of 256 bytes has a 16-bit length", "[frame][rfc6455-5.7]") {
  const std::string payload(256, 'x');
  const Bytes input = frame(k_fin | 2, payload);
  REQUIRE(Bytes(input.begin(), input.begin() + 4) == bytes({0x82, 0xFE, 0x01, 0x00}));
  CHECK(decode_every_way(input).frames == std::vector{whole_message(Opcode::binary, payload)});
}

TEST_CASE("a binary message of 64 KiB has a 64-bit length", "[frame][rfc6455-5.7]") {
  std::string payload(65536, 'x');
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(i * 31 / 7);
  const Bytes input = frame(k_fin | 2, payload);
  REQUIRE(Bytes(input.begin(), input.begin() + 10) == bytes({0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0}));
  const Result whole = decode_whole(input);
  CHECK(whole.frames == std::vector{whole_message(Opcode::binary, payload)});
  for (const std::size_t size : {1U, 997U, 4096U}) {  // 997: the chops of Autobahn 1.1.8
    Feeder feeder({});
    for (std::size_t at = 0; at < input.size(); at += size) {
      feeder.feed(std::span(input).subspan(at, std::min(size, input.size() - at)));
    }
    CAPTURE(size);
    CHECK((feeder.result() == whole));
  }
}

// Section 5.2: lengths.

TEST_CASE("payloads around the changes of the length's form come through whole",
          "[frame][rfc6455-5.2]") {
  const std::size_t size = GENERATE(0U, 1U, 124U, 125U, 126U, 127U, 128U, 300U);
  const std::string payload(size, 'p');
  CHECK(decode_every_way(text_frame(payload)).frames ==
        std::vector{whole_message(Opcode::text, payload)});
}

TEST_CASE("65535 bytes have a 16-bit length, 65536 a 64-bit one", "[frame][rfc6455-5.2]") {
  for (const std::size_t size : {65535U, 65536U}) {
    const std::string payload(size, 'p');
    const Result result = decode_whole(text_frame(payload));
    REQUIRE(result.frames.size() == 1);
    CHECK((result.frames[0] == whole_message(Opcode::text, payload)));
  }
}

TEST_CASE("a length that is not in its shortest form is refused", "[frame][rfc6455-5.2]") {
  check_violation(bytes({0x82, 0xFE, 0x00, 0x00, 1, 2, 3, 4}), Violation::length_not_minimal, 4);
  check_violation(bytes({0x82, 0xFE, 0x00, 0x7D, 1, 2, 3, 4}), Violation::length_not_minimal, 4);
  check_violation(bytes({0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0, 5, 1, 2}), Violation::length_not_minimal,
                  10);
  check_violation(bytes({0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 1, 2}),
                  Violation::length_not_minimal, 10);
}

TEST_CASE("a 64-bit length with its top bit set is refused at that very byte",
          "[frame][rfc6455-5.2]") {
  check_violation(bytes({0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0}), Violation::length_top_bit, 3);
  check_violation(bytes({0x82, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}),
                  Violation::length_top_bit, 3, {.max_frame = ~std::uint64_t{0}});
}

TEST_CASE("a 16-bit length may have its top bit set", "[frame][rfc6455-5.2]") {
  const Result result = decode_every_way(bytes({0x82, 0xFE, 0x80, 0x00, 1, 2, 3, 4}));
  CHECK_FALSE(result.violation);
  CHECK(result.frames.empty());
}

TEST_CASE("a frame above the limit is refused on its header, before any payload",
          "[frame][rfc6455-10.4]") {
  check_violation(frame(k_fin | 2, std::string(126, 'x')), Violation::message_too_big, 4,
                  {.max_frame = 125});
  check_violation(frame(k_fin | 2, "123"), Violation::message_too_big, 2, {.max_frame = 2});
  check_violation(bytes({0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}),
                  Violation::message_too_big, 10);
  check_violation(bytes({0x82, 0xFF, 0, 0, 0, 0, 0x01, 0, 0, 0x01}), Violation::message_too_big,
                  10);
  check_violation(frame(1, "ab") + frame(k_fin | 0, "abc"), Violation::message_too_big, 10,
                  {.max_frame = 2});
}

TEST_CASE("a frame of just the limit is taken, and control frames have their own limit",
          "[frame][rfc6455-10.4]") {
  const Bytes input = frame(k_fin | 2, "12") + frame(k_fin | 9, "longer than two");
  CHECK(decode_every_way(input, {.max_frame = 2}).frames ==
        std::vector{whole_message(Opcode::binary, "12"), control(Opcode::ping, "longer than two")});
}

TEST_CASE("the longest length that there is can be taken", "[frame][rfc6455-5.2]") {
  const Bytes header =
      bytes({0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0});
  const Result result = decode_every_way(header + bytes("abc"),
                                         {.max_frame = std::numeric_limits<std::uint64_t>::max()});
  CHECK_FALSE(result.violation);
  CHECK(result.frames == std::vector{Frame{Opcode::binary, false, true, false, false, "abc"}});
}

// Section 5.2: reserved bits and opcodes.

TEST_CASE("reserved bits that no extension uses are refused on the first byte",
          "[frame][rfc6455-5.2]") {
  for (unsigned rsv = 1; rsv <= 7; ++rsv) {
    for (const unsigned opcode : {0U, 1U, 2U, 8U, 9U, 10U}) {
      CAPTURE(rsv, opcode);
      check_violation(bytes({k_fin | rsv << 4U | opcode, 0x80, 1, 2, 3, 4}),
                      Violation::reserved_bits, 1);
    }
  }
}

TEST_CASE("a reserved bit after a sound message spoils what follows only", "[frame][rfc6455-5.2]") {
  const Bytes sound = text_frame("sound");
  const Result result = decode_every_way(sound + bytes({0xA1, 0x80, 0, 0, 0, 0}) + text_frame("x"));
  CHECK(result.frames == std::vector{whole_message(Opcode::text, "sound")});
  CHECK(result.violation == Violation::reserved_bits);
  CHECK(result.consumed == sound.size() + 1);
}

TEST_CASE("reserved opcodes are refused on the first byte, whole or fragmented",
          "[frame][rfc6455-5.2]") {
  for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
    CAPTURE(opcode);
    check_violation(bytes({k_fin | opcode, 0x80, 0, 0, 0, 0}), Violation::reserved_opcode, 1);
    check_violation(bytes({opcode, 0x80, 0, 0, 0, 0}), Violation::reserved_opcode, 1);
  }
}

// Section 5.5: control frames.

TEST_CASE("a control frame must not be fragmented", "[frame][rfc6455-5.5]") {
  const unsigned opcode = GENERATE(8U, 9U, 10U);
  check_violation(frame(opcode, "x"), Violation::control_fragmented, 1);
}

TEST_CASE("a control frame has at most 125 bytes", "[frame][rfc6455-5.5]") {
  const unsigned opcode = GENERATE(8U, 9U, 10U);
  check_violation(frame(k_fin | opcode, std::string(126, 'x')), Violation::control_too_long, 2);
  check_violation(bytes({k_fin | opcode, 0xFF, 0, 0, 0, 0, 0, 0, 0, 1}),
                  Violation::control_too_long, 2);
  const Result longest = decode_every_way(frame(k_fin | opcode, std::string(125, 'x')));
  CHECK(longest.frames == std::vector{control(static_cast<Opcode>(opcode), std::string(125, 'x'))});
}

TEST_CASE("an unmasked control frame that is too long is unmasked first", "[frame][rfc6455-5.1]") {
  check_violation(bytes({0x89, 0x7E, 0x00, 0x7E}), Violation::unmasked_frame, 2);
}

TEST_CASE("control frames come between fragments and leave the message alone",
          "[frame][rfc6455-5.4]") {
  const Bytes input = frame(1, "one ") + frame(k_fin | 9, "ping") + frame(0, "two ") +
                      frame(k_fin | 10, "") + frame(k_fin | 0, "three") + frame(k_fin | 8, "");
  CHECK(decode_every_way(input).frames ==
        std::vector{
            Frame{Opcode::text, false, true, false, true, "one "}, control(Opcode::ping, "ping"),
            Frame{Opcode::text, false, false, false, true, "two "}, control(Opcode::pong, ""),
            Frame{Opcode::text, false, false, true, true, "three"}, control(Opcode::close, "")});
}

// Section 5.4: the order of fragments.

TEST_CASE("a continuation of nothing is refused on the first byte", "[frame][rfc6455-5.4]") {
  check_violation(frame(k_fin | 0, "x"), Violation::orphan_continuation, 1);
  check_violation(frame(0, "x"), Violation::orphan_continuation, 1);
  check_violation(text_frame("a") + frame(k_fin | 0, "x"), Violation::orphan_continuation, 8);
  check_violation(frame(1, "a") + frame(k_fin | 0, "b") + frame(k_fin | 0, "c"),
                  Violation::orphan_continuation, 15);
  check_violation(frame(k_fin | 9, "a") + frame(k_fin | 0, "x"), Violation::orphan_continuation, 8);
}

TEST_CASE("a new message before the old one has ended is refused on the first byte",
          "[frame][rfc6455-5.4]") {
  const unsigned second = GENERATE(1U, 2U, k_fin | 1U, k_fin | 2U);
  check_violation(frame(1, "a") + frame(second, "b"), Violation::expected_continuation, 8);
  check_violation(frame(2, "a") + frame(0, "b") + frame(second, "c"),
                  Violation::expected_continuation, 15);
  check_violation(frame(2, "a") + frame(k_fin | 9, "b") + frame(second, "c"),
                  Violation::expected_continuation, 15);
  check_violation(frame(1, "") + frame(second, "b"), Violation::expected_continuation, 7);
}

TEST_CASE("empty frames give one empty piece each", "[frame][rfc6455-5.4]") {
  CHECK(decode_every_way(text_frame("")).frames == std::vector{whole_message(Opcode::text, "")});
  CHECK(decode_every_way(frame(2, "") + frame(0, "") + frame(k_fin | 0, "")).frames ==
        std::vector{Frame{Opcode::binary, false, true, false, true, ""},
                    Frame{Opcode::binary, false, false, false, true, ""},
                    Frame{Opcode::binary, false, false, true, true, ""}});
  CHECK(decode_every_way(frame(1, "") + frame(0, "middle") + frame(k_fin | 0, "")).frames ==
        std::vector{Frame{Opcode::text, false, true, false, true, ""},
                    Frame{Opcode::text, false, false, false, true, "middle"},
                    Frame{Opcode::text, false, false, true, true, ""}});
}

TEST_CASE("messages of either kind follow one another", "[frame][rfc6455-5.4]") {
  const Bytes input = text_frame("one") + frame(k_fin | 2, "two") + frame(2, "th") +
                      frame(k_fin | 0, "ree") + text_frame("four");
  CHECK(decode_every_way(input).frames ==
        std::vector{whole_message(Opcode::text, "one"), whole_message(Opcode::binary, "two"),
                    Frame{Opcode::binary, false, true, false, true, "th"},
                    Frame{Opcode::binary, false, false, true, true, "ree"},
                    whole_message(Opcode::text, "four")});
}

// RFC 7692 section 6: RSV1.

TEST_CASE("RSV1 of the first frame marks the whole message compressed, controls never",
          "[frame][rfc7692-6]") {
  const Decoder::Options options{.allow_compressed = true};
  const Bytes input = frame(k_rsv1 | 1, "a") + frame(k_fin | 9, "p") + frame(0, "b") +
                      frame(k_fin | 0, "c") + text_frame("plain") + frame(k_fin | k_rsv1 | 2, "d");
  CHECK(decode_every_way(input, options).frames ==
        std::vector{Frame{Opcode::text, true, true, false, true, "a"}, control(Opcode::ping, "p"),
                    Frame{Opcode::text, true, false, false, true, "b"},
                    Frame{Opcode::text, true, false, true, true, "c"},
                    whole_message(Opcode::text, "plain"),
                    Frame{Opcode::binary, true, true, true, true, "d"}});
}

TEST_CASE("RSV1 has no place on continuations and control frames", "[frame][rfc7692-6]") {
  const Decoder::Options options{.allow_compressed = true};
  check_violation(frame(k_rsv1 | 1, "a") + frame(k_fin | k_rsv1 | 0, "b"),
                  Violation::rsv1_on_continuation, 8, options);
  check_violation(frame(1, "a") + frame(k_fin | k_rsv1 | 0, "b"), Violation::rsv1_on_continuation,
                  8, options);
  for (const unsigned opcode : {8U, 9U, 10U}) {
    CAPTURE(opcode);
    check_violation(frame(k_fin | k_rsv1 | opcode, ""), Violation::rsv1_on_control, 1, options);
  }
}

TEST_CASE("RSV2 and RSV3 stay refused where RSV1 is agreed", "[frame][rfc6455-5.2]") {
  for (const unsigned bits : {0x10U, 0x20U, 0x30U, 0x50U, 0x60U, 0x70U}) {
    CAPTURE(bits);
    check_violation(frame(k_fin | bits | 1, "a"), Violation::reserved_bits, 1,
                    {.allow_compressed = true});
  }
}

TEST_CASE("frames of a compressed message may be longer by what compression can add",
          "[frame][rfc6455-10.4]") {
  const Decoder::Options options{.allow_compressed = true, .max_frame = 800};
  REQUIRE(most_compressed(800) == 800 + 100 + 1024);
  const std::string longest(1924, 'x');
  const std::string too_long(1925, 'x');
  CHECK_FALSE(decode_whole(frame(k_fin | k_rsv1 | 2, longest), options).violation);
  CHECK_FALSE(decode_whole(frame(k_rsv1 | 2, "") + frame(k_fin | 0, longest), options).violation);
  check_violation(frame(k_fin | k_rsv1 | 2, too_long), Violation::message_too_big, 4, options);
  check_violation(frame(k_rsv1 | 2, "") + frame(k_fin | 0, too_long), Violation::message_too_big,
                  10, options);
  // A message that is not compressed gains nothing, wherever it stands.
  check_violation(frame(k_fin | k_rsv1 | 2, "") + frame(k_fin | 2, std::string(801, 'x')),
                  Violation::message_too_big, 10, options);
  check_violation(frame(2, "") + frame(k_fin | 0, std::string(801, 'x')),
                  Violation::message_too_big, 10, options);
}

TEST_CASE("no limit stays none for compressed frames", "[frame]") {
  constexpr auto k_none = std::numeric_limits<std::uint64_t>::max();
  CHECK(most_compressed(k_none) == k_none);
  CHECK(most_compressed(0) == 1024);
  CHECK(most_compressed(std::uint64_t{1} << 62U) >= std::uint64_t{1} << 62U);
}

// The contract of decode().

TEST_CASE("after a violation the answer stays and nothing is consumed", "[frame]") {
  Decoder decoder({});
  Bytes wrong = bytes({0x83, 0x80, 0, 0, 0, 0});
  std::span<std::byte> input(wrong);
  REQUIRE(std::get<Violation>(decoder.decode(input)) == Violation::reserved_opcode);
  REQUIRE(input.size() == 5);
  Bytes sound = text_frame("sound");
  std::span<std::byte> later(sound);
  CHECK(std::get<Violation>(decoder.decode(later)) == Violation::reserved_opcode);
  CHECK(later.size() == sound.size());
}

TEST_CASE("no input is no piece, whatever went before", "[frame]") {
  const Bytes message = text_frame("hello");
  for (std::size_t split = 0; split <= message.size(); ++split) {
    Decoder decoder({});
    Bytes part(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(split));
    std::span<std::byte> input(part);
    while (!std::holds_alternative<NeedMore>(decoder.decode(input))) {
    }
    std::span<std::byte> nothing;
    CAPTURE(split);
    CHECK(std::holds_alternative<NeedMore>(decoder.decode(nothing)));
  }
}

TEST_CASE("the parts of a frame say which is the first and which the last", "[frame]") {
  Decoder decoder({});
  const Bytes message = text_frame("abc");
  std::string seen;
  std::vector<std::pair<bool, bool>> ends;
  for (const std::byte byte : message) {
    Bytes one{byte};
    std::span<std::byte> input(one);
    const Step step = decoder.decode(input);
    if (const auto* piece = std::get_if<Piece>(&step)) {
      seen += test::text(piece->payload);
      ends.emplace_back(piece->frame_begins, piece->frame_ends);
      CHECK(piece->message_begins == piece->frame_begins);
      CHECK(piece->message_ends == piece->frame_ends);
    }
  }
  CHECK(seen == "abc");
  CHECK(ends == std::vector<std::pair<bool, bool>>{{true, false}, {false, false}, {false, true}});
}

TEST_CASE("every two first bytes are judged as RFC 6455 section 5 says", "[frame][rfc6455-5.2]") {
  for (const bool allow_compressed : {false, true}) {
    for (unsigned first = 0; first <= 0xFF; ++first) {
      for (unsigned second = 0; second <= 0xFF; ++second) {
        const unsigned opcode = first & 0x0FU;
        const bool known = opcode <= 2 || (opcode >= 8 && opcode <= 10);
        const bool control_frame = opcode >= 8;
        const bool sound = known && opcode != 0 && (first & 0x30U) == 0 &&
                           ((first & 0x40U) == 0 || (allow_compressed && !control_frame)) &&
                           (second & 0x80U) != 0 &&
                           (!control_frame || ((first & 0x80U) != 0 && (second & 0x7FU) <= 125));
        Decoder decoder({.allow_compressed = allow_compressed});
        Bytes two = bytes({first, second});
        std::span<std::byte> input(two);
        const bool accepted = !std::holds_alternative<Violation>(decoder.decode(input));
        if (accepted != sound) {
          CAPTURE(first, second, allow_compressed);
          CHECK(accepted == sound);
        }
      }
    }
  }
  SUCCEED("all as they should be");
}

}  // namespace
}  // namespace websocket::frame
