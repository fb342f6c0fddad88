// SPDX-License-Identifier: Apache-2.0
// UTF-8 from the target: cut between code points, and made whole where it is none.
#pragma once

#include <tl/expected.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mod_websocket/framing/fault.hh"
#include "mod_websocket/framing/sink.hh"

namespace websocket::framing {

// The `text` framing toward the client: text messages, one a feed, each of whole code points. A
// code point that is cut waits for its rest.
class CodePoints {
 public:
  // `bytes` is not empty.
  tl::expected<void, Fault> feed(std::span<const std::byte> bytes, MessageSink& sink);
  tl::expected<void, Fault> finish() const;

 private:
  std::array<std::byte, 4> held_{};  // the begun code point; the last byte only while it is sent
  std::uint8_t held_size_ = 0;
};

// The bytes as UTF-8: each maximal subpart of what is none is replaced by U+FFFD, as the WHATWG's
// Encoding Standard decodes. At most three times as many bytes.
std::vector<std::byte> as_utf8(std::span<const std::byte> bytes);

}  // namespace websocket::framing
