// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/stream_end.hh"

#include <apr_portable.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace websocket::apache {

using tunnel::Clock;
using tunnel::IoResult;
using tunnel::IoStatus;

namespace {

// mod_http2 always has room for another bucket, whatever its size, while it holds less than
// H2StreamMaxMemSize, and that is never less than 1024.
constexpr std::size_t k_room_for_sure = 1023;

// Bounds, with the above, what a client that does not read makes mod_http2 hold for us.
constexpr std::size_t k_largest_parcel = 32U << 10U;

// A client that reads has its parcel taken within some of the shortest; a client that does not
// costs its thread twenty looks a second.
constexpr std::chrono::microseconds k_shortest_pause{100};
constexpr std::chrono::microseconds k_longest_pause{50'000};

// What comes before the bytes of a parcel.
struct Label {
  std::shared_ptr<std::atomic<std::size_t>> under_way;
  std::size_t size;
};

// Called by mod_http2, on the thread of the stream or, after its end, of the connection.
void done_with(void* bytes) noexcept {
  Label* const label = static_cast<Label*>(bytes) - 1;
  *label->under_way -= label->size;
  std::destroy_at(label);
  std::free(label);
}

int pipe_of(const apr_pollfd_t& pollfd) {
  if (pollfd.desc_type != APR_POLL_FILE) return -1;
  apr_os_file_t pipe = -1;
  apr_os_file_get(&pipe, pollfd.desc.f);
  return pipe;
}

}  // namespace

StreamEnd::StreamEnd(request_rec* r)
    : FilterEnd(r->connection, r->pool),
      under_way_(std::make_shared<std::atomic<std::size_t>>(0)),
      moved_at_(Clock::now()),
      pause_(k_shortest_pause) {
  // mod_http2 ends the request's body, of which there is none, before the tunnel's input begins.
  ignore_next_end_of_input();
  apr_interval_time_t timeout = -1;
#if AP_MODULE_MAGIC_AT_LEAST(20120211, 129)
  apr_pollfd_t pollfd{};
  if (ap_get_pollfd_from_conn(r->connection, &pollfd, &timeout) == APR_SUCCESS) {
    input_descriptor_ = pipe_of(pollfd);
  }
#endif
  if (timeout <= 0) timeout = r->server->timeout;
  stall_limit_ = std::chrono::microseconds(timeout);
}

IoResult StreamEnd::write(std::span<const std::byte> from) noexcept {
  if (from.empty()) return {IoStatus::done, 0};
  const std::size_t before = *under_way_;
  // Without anything to send, mod_http2 has only to see what it has done with.
  if (before > k_room_for_sure && !pass()) return {IoStatus::failed};
  const tunnel::Time now = Clock::now();
  const std::size_t left = *under_way_;
  if (left < before || left <= k_room_for_sure) {
    moved_at_ = now;
    pause_ = k_shortest_pause;
  }
  if (left > k_room_for_sure) {
    return {now - moved_at_ < stall_limit_ ? IoStatus::would_block : IoStatus::failed};
  }
  from = from.first(std::min(from.size(), k_largest_parcel));
  return send_parcel(from) ? IoResult{IoStatus::done, from.size()} : IoResult{IoStatus::failed};
}

bool StreamEnd::send_parcel(std::span<const std::byte> bytes) {
  static_assert(alignof(Label) <= alignof(std::max_align_t));
  void* const memory = std::malloc(sizeof(Label) + bytes.size());
  if (memory == nullptr) return false;
  Label* const label = new (memory) Label{under_way_, bytes.size()};
  char* const content = reinterpret_cast<char*>(label + 1);
  std::memcpy(content, bytes.data(), bytes.size());
  *under_way_ += bytes.size();
  apr_bucket_alloc_t* const allocator = connection()->bucket_alloc;
  // Of the kinds of bucket, the one that mod_http2 keeps as it is.
  APR_BRIGADE_INSERT_TAIL(output(),
                          apr_bucket_heap_create(content, bytes.size(), done_with, allocator));
  // It holds back what is not flushed.
  APR_BRIGADE_INSERT_TAIL(output(), apr_bucket_flush_create(allocator));
  return pass();
}

void StreamEnd::finish_writing() noexcept {
  note_finished_writing();
  APR_BRIGADE_INSERT_TAIL(output(), apr_bucket_eos_create(connection()->bucket_alloc));
  pass();
}

std::chrono::microseconds StreamEnd::look_again_in() noexcept {
  return std::exchange(pause_, std::min(2 * pause_, k_longest_pause));
}

}  // namespace websocket::apache
