// SPDX-License-Identifier: Apache-2.0
// The inflater against arbitrary bytes: in chunks and rooms of any size they must give what they
// give in one go (with the largest window; see Inflater), and what zlib's own inflate gives by the
// letter of RFC 7692 section 7.2.2. What comes out goes through the deflater and back.
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "mod_websocket/deflate/agreement.hh"
#include "mod_websocket/deflate/deflater.hh"
#include "mod_websocket/deflate/inflater.hh"

namespace {

using namespace websocket::deflate;
using Bytes = std::vector<std::byte>;

// Of one input. Stops what few bytes can become from making the fuzzer slow.
constexpr std::size_t k_most = 1U << 14U;

void require(bool condition) {
  if (!condition) std::abort();
}

// Gives the input's first bytes out, one a question; later the last ones over and over.
class Sizes {
 public:
  explicit Sizes(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  std::size_t next(std::size_t least) {
    if (bytes_.empty()) return least;
    const std::size_t byte = bytes_[at_++ % bytes_.size()];
    return std::max(least, byte < 128 ? byte : (byte - 127) * 64);
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

struct Message {
  Bytes inflated;
  bool whole = false;
  bool endless = false;  // more than k_most
  bool operator==(const Message&) const = default;
};

// Each chunk and each room in an allocation of its own size, so that a step beyond it is seen.
Message inflate(Inflater& inflater, std::span<const std::byte> payload, Sizes sizes, bool at_once) {
  Message message;
  do {
    const std::size_t size = at_once ? payload.size() : std::min(sizes.next(1), payload.size());
    const Bytes chunk(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size));
    payload = payload.subspan(size);
    std::span<const std::byte> input(chunk);
    bool filled = true;
    while (filled) {
      Bytes room(at_once ? k_most : sizes.next(1));
      const auto step = inflater.inflate(input, room);
      require(step.consumed <= input.size() && step.produced <= room.size());
      input = input.subspan(step.consumed);
      filled = step.produced == room.size();
      room.resize(step.produced);
      message.inflated.insert(message.inflated.end(), room.begin(), room.end());
      if (message.inflated.size() > k_most) {
        message.inflated.resize(k_most);
        message.endless = true;
        return message;
      }
      if (step.corrupt) return message;
    }
    require(input.empty());
  } while (!payload.empty());
  message.whole = inflater.end_message();
  return message;
}

// What zlib makes of a single stream without BFINAL; nothing where it ends early or is corrupt.
bool zlib_agrees(std::span<const std::byte> payload, int window, const Bytes& inflated) {
  Bytes input(payload.begin(), payload.end());
  for (const int byte : {0x00, 0x00, 0xFF, 0xFF}) input.push_back(static_cast<std::byte>(byte));
  Bytes output(inflated.size() + 1);
  z_stream zlib{};
  require(inflateInit2(&zlib, -window) == Z_OK);
  zlib.next_in = reinterpret_cast<Bytef*>(input.data());
  zlib.avail_in = static_cast<uInt>(input.size());
  zlib.next_out = reinterpret_cast<Bytef*>(output.data());
  zlib.avail_out = static_cast<uInt>(output.size());
  const int result = ::inflate(&zlib, Z_SYNC_FLUSH);
  const bool same =
      zlib.avail_out == 1 && std::ranges::equal(std::span(output).first(inflated.size()), inflated);
  inflateEnd(&zlib);
  return result == Z_STREAM_END || (result == Z_OK && same);
}

Bytes deflate(Deflater& deflater, std::span<const std::byte> message, Sizes sizes) {
  Bytes payload;
  bool ended = false;
  for (std::size_t i = 0; !ended; ++i) {
    // Every other piece may be empty.
    const std::size_t size = std::min(sizes.next(i % 2), message.size());
    std::span<const std::byte> piece = message.first(size);
    message = message.subspan(size);
    ended = message.empty();
    bool done = false;
    while (!done) {
      Bytes room(sizes.next(Deflater::k_least_room));
      const auto step = deflater.deflate(piece, ended, room);
      require(step.consumed <= piece.size() && step.produced <= room.size());
      require(step.done || step.consumed + step.produced > 0);
      piece = piece.subspan(step.consumed);
      payload.insert(payload.end(), room.begin(),
                     room.begin() + static_cast<std::ptrdiff_t>(step.produced));
      done = step.done;
    }
  }
  require(!payload.empty());
  return payload;
}

}  // namespace

// The first byte chooses window and takeover, the second how many of the next bytes are sizes; what
// follows is payload, in two messages.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const int window = 9 + data[0] % 7;
  const bool takeover = (data[0] & 0x80U) != 0;
  const std::size_t count = std::min<std::size_t>(data[1] % 16U, size - 3);
  const Sizes sizes(std::span(data + 3, count));
  const auto input = std::as_bytes(std::span(data, size)).subspan(3 + count);
  const std::size_t cut = std::min<std::size_t>(data[2], input.size());

  Inflater at_once(window, takeover);
  Inflater in_parts(window, takeover);
  Deflater deflater(1 + data[0] % 9, window, takeover);
  Inflater back(window, takeover);
  bool first = true;
  for (const auto payload : {input.first(cut), input.subspan(cut)}) {
    const Message whole = inflate(at_once, payload, sizes, true);
    const Message parts = inflate(in_parts, payload, sizes, false);
    if (window == k_largest_window || parts.whole) {
      require(parts == whole);
    } else {
      // A reach beyond the window is only noticed where it is beyond the room too.
      require(whole.inflated.size() >= parts.inflated.size());
      require(std::equal(parts.inflated.begin(), parts.inflated.end(), whole.inflated.begin()));
      break;
    }
    if (!whole.whole) break;
    if (first && !payload.empty()) require(zlib_agrees(payload, window, whole.inflated));
    first = false;
    const Bytes again = deflate(deflater, whole.inflated, sizes);
    const Message returned = inflate(back, again, sizes, true);
    require(returned.whole && returned.inflated == whole.inflated);
  }
  return 0;
}
