// SPDX-License-Identifier: Apache-2.0
// zlib's stream with C++'s memory and spans, for the sources of this room only: who includes
// their headers need not have zlib's.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <memory_resource>
#include <span>

namespace websocket::deflate {

// Has a stream that is not initialised yet allocate from the resource, which must outlive it. An
// allocation that fails becomes Z_MEM_ERROR.
void allocate_from(std::pmr::memory_resource& resource, z_stream& stream) noexcept;

// Both take as much as zlib's counters can tell of, 4 GiB; avail_in and avail_out say how much.
void set_input(z_stream& stream, std::span<const std::byte> input) noexcept;
void set_room(z_stream& stream, std::span<std::byte> room) noexcept;

// The result, unless it is one of the two errors that are not the data's: throws std::bad_alloc
// for Z_MEM_ERROR and std::logic_error for Z_STREAM_ERROR.
int checked(int result);

}  // namespace websocket::deflate
