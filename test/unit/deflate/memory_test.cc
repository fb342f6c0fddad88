// SPDX-License-Identifier: Apache-2.0
// The table of doc/compression.md, measured.
#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "mod_websocket/deflate/deflater.hh"
#include "mod_websocket/deflate/inflater.hh"
#include "test/unit/catch.hh"
#include "test/unit/deflate/counted_memory.hh"
#include "test/unit/deflate/zlib_peer.hh"
#include "test/unit/frame/bytes.hh"

namespace websocket::deflate {
namespace {

using test::CountedMemory;
using test::prose;

// In KiB.
struct Row {
  double inflater;
  double deflater;
  double both;
  double without_takeover;
};

// By window.
std::map<int, Row> documented() {
  std::ifstream file(TEST_SOURCE_DIR "/doc/compression.md");
  REQUIRE(file);
  std::map<int, Row> rows;
  std::string line;
  while (std::getline(file, line) && line.find("memory_test.cc") == std::string::npos) continue;
  while (std::getline(file, line) && !line.starts_with('#')) {
    std::ranges::replace(line, '|', ' ');
    std::istringstream words(line);
    int window = 0;
    Row row{};
    if (words >> window >> row.inflater >> row.deflater >> row.both >> row.without_takeover) {
      rows[window] = row;
    }
  }
  return rows;
}

// What an inflater and a deflater hold when a long message is over, or held at most meanwhile.
struct Held {
  std::size_t idle;
  std::size_t most;
};

Held by_inflater(int window, bool takeover) {
  const auto payload = frame::test::bytes(test::ZlibCompressor(window).message(prose(100000)));
  CountedMemory memory;
  Inflater inflater(window, takeover);
  std::span<const std::byte> input(payload);
  std::size_t produced = 0;
  do {
    frame::test::Bytes room(4096);
    const auto step = inflater.inflate(input, room);
    REQUIRE_FALSE(step.corrupt);
    input = input.subspan(step.consumed);
    produced = step.produced;
  } while (produced == 4096);
  REQUIRE(inflater.end_message());
  return {memory.held(), memory.most_held()};
}

Held by_deflater(int window, bool takeover) {
  const auto message = frame::test::bytes(prose(100000));
  CountedMemory memory;
  Deflater deflater(6, window, takeover);
  std::span<const std::byte> input(message);
  bool done = false;
  while (!done) {
    frame::test::Bytes room(4096);
    const auto step = deflater.deflate(input, true, room);
    input = input.subspan(step.consumed);
    done = step.done;
  }
  return {memory.held(), memory.most_held()};
}

// As documented, and not so much less that the document is no longer true.
void check(std::size_t measured, double documented) {
  CHECK(static_cast<double>(measured) <= documented * 1024);
  CHECK(static_cast<double>(measured) > (documented - 1) * 1024);
}

TEST_CASE("the memory of an idle compressed tunnel is what the manual says", "[deflate]") {
  const auto rows = documented();
  REQUIRE(rows.size() == 7);
  for (const auto& [window, row] : rows) {
    CAPTURE(window);
    const Held inflater = by_inflater(window, true);
    const Held deflater = by_deflater(window, true);
    check(inflater.idle, row.inflater);
    check(deflater.idle, row.deflater);
    check(inflater.idle + deflater.idle, row.both);
    // A message under way needs no more than one that is over.
    CHECK(inflater.most == inflater.idle);
    CHECK(deflater.most == deflater.idle);

    CHECK(row.without_takeover == 0);
    const Held forgetful_inflater = by_inflater(window, false);
    const Held forgetful_deflater = by_deflater(window, false);
    CHECK(forgetful_inflater.idle == 0);
    CHECK(forgetful_deflater.idle == 0);
    CHECK(forgetful_inflater.most == inflater.most);
    CHECK(forgetful_deflater.most == deflater.most);
  }
}

}  // namespace
}  // namespace websocket::deflate
