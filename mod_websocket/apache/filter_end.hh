// SPDX-License-Identifier: Apache-2.0
// The client's connection through httpd's connection filters, for a tunnel that stays on the
// request's thread. Never blocks. (For a stream of HTTP/2 see StreamEnd.)
#pragma once

#include "mod_websocket/apache/httpd.hh"
#include "mod_websocket/tunnel/end.hh"

namespace websocket::apache {

class FilterEnd : public tunnel::End {
 public:
  // `connection` outlives the end; nobody else uses its filters meanwhile. `pool` is the request's.
  FilterEnd(conn_rec* connection, apr_pool_t* pool);
  ~FilterEnd() override;

  tunnel::IoResult read(std::span<std::byte> into) noexcept override;
  tunnel::IoResult write(std::span<const std::byte> from) noexcept override;
  void finish_writing() noexcept override;
  // Filters may hold input that no poll announces, until a read found nothing.
  bool has_buffered_input() const noexcept override { return finished_writing_ || !input_was_dry_; }
  bool has_buffered_output() const noexcept override { return output_pending_; }
  tunnel::IoStatus drain_output() noexcept override;

 protected:
  // Sends what is in output(); false: the connection is gone.
  bool pass() noexcept;
  conn_rec* connection() const noexcept { return connection_; }
  apr_bucket_brigade* output() const noexcept { return output_; }
  void ignore_next_end_of_input() noexcept { ignores_next_end_ = true; }
  // Nothing is read any more either.
  void note_finished_writing() noexcept { finished_writing_ = true; }

 private:
  conn_rec* connection_;
  apr_bucket_brigade* input_;
  apr_bucket_brigade* output_;
  bool input_was_dry_ = false;
  bool output_pending_ = false;
  bool ignores_next_end_ = false;
  bool finished_writing_ = false;
};

}  // namespace websocket::apache
