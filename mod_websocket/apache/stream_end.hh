// SPDX-License-Identifier: Apache-2.0
// A stream of an HTTP/2 connection (RFC 8441) as the client's end of a tunnel, through the filters
// that mod_http2 puts where a connection's would be.
//
// Its output filter takes a bounded amount and then holds the thread that writes, until the client
// opens the stream's window. A thread that is held hears neither the client nor its orders, and a
// client that sends all it has before it reads would wait for ever. So this end writes only where
// that filter has room for sure: output goes in parcels, buckets which tell when mod_http2 has done
// with them, and the next one goes when (nearly) nothing of the last is left. Should mod_http2 come
// to copy what it is given, each parcel is done with at once and writes block as they would have.
//
// No descriptor announces room; it is looked for, soon after it was found and then ever more
// rarely.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "mod_websocket/apache/filter_end.hh"
#include "mod_websocket/engine/one_thread.hh"
#include "mod_websocket/tunnel/tunnel.hh"

namespace websocket::apache {

class StreamEnd final : public FilterEnd, public engine::OutputRoom {
 public:
  explicit StreamEnd(request_rec* r);

  // Becomes readable when there is input; -1: there will be none.
  int input_descriptor() const noexcept { return input_descriptor_; }

  // Fails when the client has opened no window for as long as H2StreamTimeout says.
  tunnel::IoResult write(std::span<const std::byte> from) noexcept override;
  // END_STREAM.
  void finish_writing() noexcept override;
  bool has_buffered_output() const noexcept override { return false; }
  tunnel::IoStatus drain_output() noexcept override { return tunnel::IoStatus::done; }

  std::chrono::microseconds look_again_in() noexcept override;

 private:
  bool send_parcel(std::span<const std::byte> bytes);

  // Of parcels that mod_http2 has not done with; they may outlive this end.
  std::shared_ptr<std::atomic<std::size_t>> under_way_;
  int input_descriptor_ = -1;
  tunnel::Clock::duration stall_limit_;
  tunnel::Time moved_at_;
  std::chrono::microseconds pause_;
};

}  // namespace websocket::apache
