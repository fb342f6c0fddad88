// SPDX-License-Identifier: Apache-2.0
// Bytes on their way through an open tunnel, and what a slow peer may cost.
#include <algorithm>
#include <string>

#include "mod_websocket/frame/encoder.hh"
#include "test/unit/catch.hh"
#include "test/unit/frame/feeder.hh"
#include "test/unit/support/bench.hh"

namespace websocket::tunnel::test {
namespace {

using frame::Opcode;
using frame::test::k_fin;
using frame::test::operator+;

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
  return text;
}

Bytes repeated(const Bytes& one, std::size_t times) {
  Bytes all;
  all.reserve(one.size() * times);
  for (std::size_t i = 0; i < times; ++i) all.insert(all.end(), one.begin(), one.end());
  return all;
}

// ---- both ways -----------------------------------------------------------------------------

TEST_CASE("what a target sends at once is one binary message", "[tunnel]") {
  const std::size_t size = GENERATE(1U, 125U, 126U, 65'535U, 65'536U);
  Bench bench;
  bench.target_sends(pattern(size));
  bench.serve();
  REQUIRE(bench.frames().size() == 1);
  CHECK(bench.frames()[0] == ServerFrame{Opcode::binary, pattern(size), true});
  CHECK(bench.client->writes == 1);
  CHECK(bench.tunnel->account().target_bytes == size);
  CHECK(bench.tunnel->account().target_messages == 1);
}

TEST_CASE("text and binary, whole and in fragments, reach the target as bytes", "[tunnel]") {
  Bench bench;
  bench.client_sends(frame::test::text_frame("a line\n") + message(std::string("\0\xFF", 2)) +
                     frame::test::frame(0x02, "frag") + ping("between") +
                     frame::test::frame(0x00, "") + frame::test::frame(k_fin, "ments") +
                     message(""));
  bench.serve();
  CHECK(bench.target_got() == std::string("a line\n\0\xFF"
                                          "fragments",
                                          18));
  CHECK(bench.tunnel->account().client_bytes == 18);
  CHECK(bench.tunnel->account().client_messages == 4);
}

TEST_CASE("many small frames of one read leave in one write", "[tunnel]") {
  Bench bench;
  Bytes frames;
  std::string all;
  for (int i = 0; i < 1000; ++i) {
    const std::string word = "line " + std::to_string(i) + '\n';
    frames = std::move(frames) + message(word);
    if (i % 100 == 50) frames = std::move(frames) + ping(word);
    all += word;
  }
  bench.client_sends(frames);
  bench.serve();
  CHECK(bench.target_got() == all);
  CHECK(bench.target->writes == 1);
  CHECK(bench.tunnel->account().client_messages == 1000);
  CHECK(bench.frames().size() == 10);
}

TEST_CASE("a ping is answered at once, with its payload", "[tunnel][rfc6455-5.5.3]") {
  Bench bench;
  bench.client_sends(ping("are you there") + pong() + ping(""));
  bench.serve();
  CHECK(bench.frames() ==
        std::vector<ServerFrame>{{Opcode::pong, "are you there", true}, {Opcode::pong, "", true}});
  CHECK(bench.target->writes == 0);
}

TEST_CASE("a pong never comes into the middle of a frame", "[tunnel]") {
  Bench bench;
  bench.client->room = 5;
  bench.target_sends("down");
  bench.serve();
  bench.client_sends(ping("p"));
  bench.serve();
  bench.client->room = k_unlimited;
  bench.serve();
  CHECK(bench.frames() ==
        std::vector<ServerFrame>{{Opcode::binary, "down", true}, {Opcode::pong, "p", true}});
}

TEST_CASE("a client's connection may break right behind its last bytes", "[tunnel]") {
  Bench bench;
  bench.client->writes_fail = true;
  bench.client_sends(message("before ") + ping("the pong fails") + message("and after"));
  bench.serve();
  CHECK(bench.target_got() == "before and after");
}

// ---- early bytes ---------------------------------------------------------------------------

TEST_CASE("bytes behind the handshake are the first of the stream, wherever it is cut",
          "[tunnel]") {
  const Bytes stream = message("early ") + ping("p") + message("and late");
  for (std::size_t split = 0; split <= stream.size(); ++split) {
    Bench bench;
    Bytes early(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(split));
    bench.feed_early(early);
    bench.client_sends({stream.begin() + static_cast<std::ptrdiff_t>(split), stream.end()});
    bench.serve();
    CAPTURE(split);
    REQUIRE(bench.target_got() == "early and late");
    REQUIRE(bench.frames() == std::vector<ServerFrame>{{Opcode::pong, "p", true}});
  }
}

TEST_CASE("early bytes may hold a Close, and the target may be full", "[tunnel]") {
  Bench bench;
  bench.target->room = 2;
  Bytes early = message("early") + close_frame(1000);
  bench.feed_early(early);
  bench.serve();
  CHECK(bench.target_got() == "ea");
  bench.target->room = k_unlimited;
  bench.serve();
  CHECK(bench.target_got() == "early");
  CHECK(bench.target->finished);
  bench.peers_finish();
  CHECK(bench.close()->close_code() == 1000);
  CHECK(bench.tunnel->finished());
}

TEST_CASE("what early bytes decide is done at once", "[tunnel]") {
  Bench bench;
  Bytes early = message("early") + close_frame(1000);
  bench.feed_early(early);
  CHECK(bench.target_got() == "early");
  CHECK(bench.target->finished);
  CHECK((bench.tunnel->deadline() == bench.now + 1s));
}

TEST_CASE("early bytes may break the protocol", "[tunnel]") {
  Bench bench;
  Bytes early = frame::test::frame(0x83, "");
  bench.feed_early(early);
  bench.target_sends("too late");
  bench.serve();
  CHECK(bench.close()->close_code() == 1002);
  CHECK(bench.client_got().empty());
}

// ---- back-pressure -------------------------------------------------------------------------

TEST_CASE("a target is not read while its client takes nothing", "[tunnel]") {
  Bench bench;
  bench.client->room = 1000;
  const std::string much = pattern(300'000);
  bench.target_sends(much);
  bench.serve();
  CHECK_FALSE(bench.tunnel->wants().target_readable);
  CHECK(bench.tunnel->wants().client_writable);
  CHECK(bench.target->reads == 1);
  CHECK(much.size() - bench.target->input.size() == ReadSize::k_small);
  // The other way is open as ever.
  bench.client_sends(message("up"));
  bench.serve();
  CHECK(bench.target_got() == "up");

  bench.client->room = k_unlimited;
  bench.serve();
  CHECK(bench.client_got() == much);
}

TEST_CASE("a client is not read while its target takes nothing", "[tunnel]") {
  Bench bench;
  bench.target->room = 1000;
  const std::string much = pattern(300'000);
  bench.client_sends(message(much));
  bench.serve();
  CHECK_FALSE(bench.tunnel->wants().client_readable);
  CHECK(bench.tunnel->wants().target_writable);
  CHECK(bench.client->reads == 1);
  CHECK(message(much).size() - bench.client->input.size() == ReadSize::k_small);
  bench.target_sends("down");
  bench.serve();
  CHECK(bench.client_got() == "down");

  bench.target->room = k_unlimited;
  bench.serve();
  CHECK(bench.target_got() == much);
}

TEST_CASE("a stream that goes on is read in larger pieces, one that stops in small ones again",
          "[tunnel]") {
  Bench bench;
  const std::string much = pattern(1'000'000);
  bench.target_sends(much);
  bench.client_sends(message(much));
  bench.serve();
  CHECK(bench.client_got() == much);
  CHECK(bench.target_got() == much);
  // 64 KiB, and then 256 KiB at once, until the last and the one that finds nothing.
  CHECK(bench.target->reads <= 6);
  CHECK(bench.client->reads <= 6);

  for (const auto& [from, to] :
       {std::pair(bench.target, bench.client), std::pair(bench.client, bench.target)}) {
    to->room = 1000;
    const Bytes more = from == bench.target ? frame::test::bytes(much) : message(much);
    from->input = more;
    bench.serve();
    CHECK(more.size() - from->input.size() == ReadSize::k_large);
    to->room = 2 * ReadSize::k_large;
    bench.serve();
    CHECK(more.size() - from->input.size() <= 2 * ReadSize::k_large + ReadSize::k_small);
    to->room = k_unlimited;
    bench.serve();
    CHECK(from->input.empty());
  }
}

TEST_CASE("room for writing is asked for only while something waits", "[tunnel]") {
  Bench bench;
  CHECK_FALSE(bench.tunnel->wants().client_writable);
  CHECK_FALSE(bench.tunnel->wants().target_writable);
  CHECK(bench.tunnel->wants().client_readable);
  CHECK(bench.tunnel->wants().target_readable);
  bench.client->room = bench.target->room = 3;
  bench.target_sends("down");
  bench.client_sends(message("up and on"));
  bench.serve();
  CHECK(bench.tunnel->wants().client_writable);
  CHECK(bench.tunnel->wants().target_writable);
  bench.client->room = bench.target->room = k_unlimited;
  bench.serve();
  CHECK_FALSE(bench.tunnel->wants().client_writable);
  CHECK_FALSE(bench.tunnel->wants().target_writable);
}

TEST_CASE("a client that pings and never reads costs a bounded amount of memory", "[tunnel]") {
  const std::size_t payload = GENERATE(0U, 1U, 125U);
  Bench bench;
  bench.client->room = 0;
  bench.target_sends(pattern(ReadSize::k_small));
  bench.serve();
  bench.client_sends(repeated(ping(pattern(payload)), 1'000'000 / (payload + 6)));
  bench.serve();
  CHECK_FALSE(bench.tunnel->wants().client_readable);
  CHECK_FALSE(bench.client->input.empty());

  // What waits comes out now, and no more than the bound: one read of the target and, beside it,
  // the pongs of what was read before the bound was seen.
  bench.client->input.clear();
  bench.client->room = k_unlimited;
  bench.serve();
  constexpr std::size_t k_bound = ReadSize::k_large + ReadSize::k_small;
  CHECK(bench.client->output.size() > k_bound);
  CHECK(bench.client->output.size() <= k_bound + ReadSize::k_small + frame::k_max_server_header);
  CHECK(bench.frames().back().complete);
  CHECK(bench.tunnel->wants().client_readable);
}

TEST_CASE("a ping flood is answered in full where its sender reads", "[tunnel]") {
  Bench bench;
  bench.client_sends(repeated(ping("p"), 50'000));
  bench.serve();
  CHECK(bench.client->output.size() == 50'000 * 3);
}

// ---- ends of other kinds -------------------------------------------------------------------

TEST_CASE("input that no poll announces is read", "[tunnel]") {
  Bench bench;
  bench.client->buffers_input = true;
  const std::string much = pattern(200'000);
  bench.client_sends(message(much) + close_frame(1000));
  bench.serve();
  CHECK(bench.target_got() == much);
  CHECK(bench.target->finished);
}

TEST_CASE("input that no poll announces is read when the target has room again", "[tunnel]") {
  Bench bench;
  bench.client->buffers_input = true;
  bench.target->room = 1000;
  const std::string much = pattern(200'000);
  bench.client_sends(message(much) + close_frame(1000));
  bench.serve();
  CHECK(bench.target_got().size() == 1000);
  bench.target->room = k_unlimited;
  bench.serve();
  CHECK(bench.target_got() == much);
  CHECK(bench.target->finished);
}

TEST_CASE("input that no poll announces is read when the target breaks", "[tunnel]") {
  Bench bench;
  bench.client->buffers_input = true;
  bench.target->room = 1000;
  bench.client_sends(message(pattern(100'000)) + close_frame(1000));
  bench.serve();
  bench.target->input_failed = true;
  bench.serve();
  // The client's Close is among that input, so no time-out is needed.
  CHECK(bench.client->finished);
}

TEST_CASE("output that an end keeps is waited for, and drained", "[tunnel]") {
  Bench bench;
  bench.client->keeps_output = true;
  bench.client->room = 3;
  bench.target_sends("down");
  bench.serve();
  CHECK(bench.tunnel->wants().client_writable);
  CHECK_FALSE(bench.tunnel->wants().target_readable);
  bench.target->input_ended = true;
  bench.client->room = 2;
  bench.serve();
  bench.client_sends(close_frame(1000));
  bench.serve();
  CHECK_FALSE(bench.client->finished);
  bench.client->room = k_unlimited;
  bench.serve();
  CHECK(bench.client_got() == "down");
  CHECK(bench.close());
  bench.peers_finish();
  CHECK(bench.tunnel->finished());
}

TEST_CASE("output that an end keeps and cannot get rid of is forgotten", "[tunnel]") {
  Bench bench;
  bench.client->keeps_output = true;
  bench.client->room = 3;
  bench.target_sends("down");
  bench.serve();
  bench.client->writes_fail = true;
  bench.serve();
  CHECK_FALSE(bench.tunnel->wants().client_writable);
  bench.pass(10s);
  CHECK(bench.tunnel->finished());
}

TEST_CASE("an end that must write in order to read is polled for that alone", "[tunnel]") {
  Bench bench;
  bench.client->room = 0;
  bench.client->read_waits_for_writable = true;
  bench.client_sends(message("up"));
  bench.serve();
  CHECK(bench.tunnel->wants().client_writable);
  CHECK_FALSE(bench.tunnel->wants().client_readable);
  bench.client->room = k_unlimited;
  bench.serve();
  CHECK(bench.target_got() == "up");
  CHECK_FALSE(bench.tunnel->wants().client_writable);
}

TEST_CASE("an end that must read in order to write is polled for that alone", "[tunnel]") {
  Bench bench;
  bench.target->room = 0;
  bench.target->write_waits_for_readable = true;
  bench.client_sends(message("up"));
  bench.serve();
  CHECK(bench.tunnel->wants().target_readable);
  CHECK_FALSE(bench.tunnel->wants().target_writable);
  bench.target->room = k_unlimited;
  bench.target_sends("down");
  bench.serve();
  CHECK(bench.target_got() == "up");
  CHECK(bench.client_got() == "down");
}

TEST_CASE("one service reads a bounded number of times and says that there is more", "[tunnel]") {
  Bench bench;
  bench.client->buffers_input = true;
  bench.client->read_at_most = 1;
  bench.client_sends(message(std::string(1000, 'x')));
  Scratch scratch;
  bench.tunnel->service({.client_readable = true}, scratch, bench.now);
  CHECK(bench.client->reads <= 16);
  CHECK(bench.tunnel->has_more_to_serve());
  bench.serve();
  CHECK_FALSE(bench.tunnel->has_more_to_serve());
  CHECK(bench.target_got() == std::string(1000, 'x'));
}

TEST_CASE("input beyond the bound waits for a target that takes nothing", "[tunnel]") {
  Bench bench;
  bench.client->buffers_input = true;
  bench.client->read_at_most = 1000;
  bench.target->room = 0;
  bench.client_sends(message(std::string(900, 'x')) + message(std::string(900, 'y')));
  bench.serve();
  CHECK_FALSE(bench.tunnel->has_more_to_serve());
  bench.target->room = k_unlimited;
  bench.serve();
  CHECK(bench.target_got() == std::string(900, 'x') + std::string(900, 'y'));
}

}  // namespace
}  // namespace websocket::tunnel::test
