// SPDX-License-Identifier: Apache-2.0
// The other side of a compressed connection, over zlib itself and by the letter of RFC 7692
// section 7.2: what ours is held against.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

#include "test/unit/catch.hh"

namespace websocket::deflate::test {

inline const std::string k_tail("\x00\x00\xFF\xFF", 4);

inline Bytef* zlib_bytes(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

class ZlibCompressor {
 public:
  explicit ZlibCompressor(int window = 15, bool takeover = true, int level = 6)
      : takeover_(takeover) {
    REQUIRE(deflateInit2(&stream_, level, Z_DEFLATED, -window, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  }
  ~ZlibCompressor() { deflateEnd(&stream_); }
  ZlibCompressor(const ZlibCompressor&) = delete;
  ZlibCompressor& operator=(const ZlibCompressor&) = delete;

  // The compressed payload of a message, section 7.2.1.
  std::string message(std::string_view text) {
    if (text.empty()) return std::string(1, '\0');
    std::string out = flush(text, Z_SYNC_FLUSH);
    REQUIRE(out.ends_with(k_tail));
    out.resize(out.size() - k_tail.size());
    if (!takeover_) deflateReset(&stream_);
    return out;
  }

  // The same by a block with BFINAL, section 7.2.3.4: the empty block behind it is one byte of 0.
  std::string final_message(std::string_view text) {
    std::string out = flush(text, Z_FINISH);
    deflateReset(&stream_);
    return out + '\0';
  }

  std::string flush(std::string_view text, int mode) {
    std::string out(deflateBound(&stream_, text.size()) + 64, '\0');
    stream_.next_in = zlib_bytes(text);
    stream_.avail_in = static_cast<uInt>(text.size());
    stream_.next_out = zlib_bytes(out);
    stream_.avail_out = static_cast<uInt>(out.size());
    const int result = ::deflate(&stream_, mode);
    REQUIRE((result == Z_OK || result == Z_STREAM_END));
    REQUIRE(stream_.avail_out > 0);
    out.resize(out.size() - stream_.avail_out);
    return out;
  }

 private:
  z_stream stream_{};
  bool takeover_;
};

class ZlibDecompressor {
 public:
  explicit ZlibDecompressor(int window = 15, bool takeover = true) : takeover_(takeover) {
    REQUIRE(inflateInit2(&stream_, -window) == Z_OK);
  }
  ~ZlibDecompressor() { inflateEnd(&stream_); }
  ZlibDecompressor(const ZlibDecompressor&) = delete;
  ZlibDecompressor& operator=(const ZlibDecompressor&) = delete;

  // What the payload stands for, section 7.2.2. It must be whole.
  std::string message(std::string payload) {
    payload += k_tail;
    std::string out;
    int where = 0;
    stream_.next_in = zlib_bytes(payload);
    stream_.avail_in = static_cast<uInt>(payload.size());
    do {
      char room[4096];
      stream_.next_out = reinterpret_cast<Bytef*>(room);
      stream_.avail_out = sizeof room;
      const int result = ::inflate(&stream_, Z_SYNC_FLUSH);
      REQUIRE((result == Z_OK || result == Z_BUF_ERROR));
      if (result == Z_OK) where = stream_.data_type;
      out.append(room, sizeof room - stream_.avail_out);
    } while (stream_.avail_out == 0);
    REQUIRE(stream_.avail_in == 0);
    REQUIRE(where == 128);  // between two blocks
    if (!takeover_) inflateReset(&stream_);
    return out;
  }

 private:
  z_stream stream_{};
  bool takeover_;
};

// Bytes that compress badly, the same in every run.
inline std::string noise(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string out(size, '\0');
  std::ranges::generate(out, [&] { return static_cast<char>(random()); });
  return out;
}

// Text that compresses as text does.
inline std::string prose(std::size_t size, unsigned seed = 1) {
  constexpr std::string_view k_words[] = {
      "the ",   "tunnel ", "moves ",   "bytes ",   "between ", "client ", "and ",
      "target", ", ",      "message ", "window. ", "deflate ", "holds ",  "{\"id\": 17} "};
  std::mt19937 random(seed);
  std::string out;
  while (out.size() < size) out += k_words[random() % std::size(k_words)];
  out.resize(size);
  return out;
}

}  // namespace websocket::deflate::test
