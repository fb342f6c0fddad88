// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/deflate/zlib_stream.hh"

#include <algorithm>
#include <limits>
#include <new>
#include <stdexcept>

namespace websocket::deflate {
namespace {

// In front of every block, because zlib does not say how big a block is that it gives back.
struct alignas(std::max_align_t) BlockHeader {
  std::size_t size;  // with this header
};

void* allocate(void* opaque, unsigned items, unsigned size) noexcept {
  static_assert(sizeof(std::size_t) == 2 * sizeof(unsigned), "the product below cannot overflow");
  const std::size_t whole = sizeof(BlockHeader) + std::size_t{items} * size;
  try {
    auto* const resource = static_cast<std::pmr::memory_resource*>(opaque);
    void* const block = resource->allocate(whole, alignof(BlockHeader));
    return (::new (block) BlockHeader{whole}) + 1;
  } catch (const std::bad_alloc&) {
    return Z_NULL;
  }
}

void release(void* opaque, void* address) noexcept {
  BlockHeader* const header = static_cast<BlockHeader*>(address) - 1;
  auto* const resource = static_cast<std::pmr::memory_resource*>(opaque);
  resource->deallocate(header, header->size, alignof(BlockHeader));
}

uInt clamp(std::size_t size) noexcept {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

}  // namespace

void allocate_from(std::pmr::memory_resource& resource, z_stream& stream) noexcept {
  stream.zalloc = allocate;
  stream.zfree = release;
  stream.opaque = &resource;
}

void set_input(z_stream& stream, std::span<const std::byte> input) noexcept {
  // zlib does not write through it, but declares it so unless ZLIB_CONST is defined.
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(input.data()));
  stream.avail_in = clamp(input.size());
}

void set_room(z_stream& stream, std::span<std::byte> room) noexcept {
  stream.next_out = reinterpret_cast<Bytef*>(room.data());
  stream.avail_out = clamp(room.size());
}

int checked(int result) {
  if (result == Z_MEM_ERROR) throw std::bad_alloc();
  if (result == Z_STREAM_ERROR) throw std::logic_error("zlib's stream is misused");
  return result;
}

}  // namespace websocket::deflate
