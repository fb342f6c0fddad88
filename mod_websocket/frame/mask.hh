// SPDX-License-Identifier: Apache-2.0
// Masking (RFC 6455 section 5.3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace websocket::frame {

using MaskKey = std::array<std::byte, 4>;

// Masks or unmasks (the operation is its own inverse) `data` in place. `offset` is the position of
// the first byte of `data` in the frame's payload. Any length and any alignment.
void unmask(std::span<std::byte> data, MaskKey key, std::uint64_t offset) noexcept;

}  // namespace websocket::frame
