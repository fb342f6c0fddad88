// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/filter_end.hh"

#include <algorithm>
#include <cstring>
#include <utility>

namespace websocket::apache {

using tunnel::IoResult;
using tunnel::IoStatus;

namespace {

// Above FlushMaxThreshold (64 KiB unless configured) the core filter would block until the socket
// has taken what is more.
constexpr std::size_t k_write_at_once = 32U << 10U;

}  // namespace

FilterEnd::FilterEnd(conn_rec* connection, apr_pool_t* pool)
    : connection_(connection),
      input_(apr_brigade_create(pool, connection->bucket_alloc)),
      output_(apr_brigade_create(pool, connection->bucket_alloc)) {}

FilterEnd::~FilterEnd() {
  apr_brigade_destroy(input_);
  apr_brigade_destroy(output_);
}

IoResult FilterEnd::read(std::span<std::byte> into) noexcept {
  if (finished_writing_) return {IoStatus::ended};
  std::size_t filled = 0;
  input_was_dry_ = false;
  while (true) {
    while (!APR_BRIGADE_EMPTY(input_) && filled < into.size()) {
      apr_bucket* const bucket = APR_BRIGADE_FIRST(input_);
      if (APR_BUCKET_IS_EOS(bucket)) {
        apr_bucket_delete(bucket);
        if (std::exchange(ignores_next_end_, false)) continue;
        return filled != 0 ? IoResult{IoStatus::done, filled} : IoResult{IoStatus::ended};
      }
      if (APR_BUCKET_IS_METADATA(bucket)) {
        apr_bucket_delete(bucket);
        continue;
      }
      const char* data = nullptr;
      apr_size_t size = 0;
      const apr_status_t status = apr_bucket_read(bucket, &data, &size, APR_NONBLOCK_READ);
      if (status != APR_SUCCESS) break;
      const std::size_t taken = std::min<std::size_t>(size, into.size() - filled);
      std::memcpy(into.data() + filled, data, taken);
      filled += taken;
      if (taken < size) apr_bucket_split(bucket, taken);
      apr_bucket_delete(bucket);
    }
    if (filled != 0) return {IoStatus::done, filled};
    const apr_status_t status =
        ap_get_brigade(connection_->input_filters, input_, AP_MODE_READBYTES, APR_NONBLOCK_READ,
                       static_cast<apr_off_t>(into.size()));
    if (APR_STATUS_IS_EAGAIN(status) || (status == APR_SUCCESS && APR_BRIGADE_EMPTY(input_))) {
      input_was_dry_ = true;
      return {IoStatus::would_block};
    }
    if (APR_STATUS_IS_EOF(status)) return {IoStatus::ended};
    if (status != APR_SUCCESS) return {IoStatus::failed};
  }
}

IoResult FilterEnd::write(std::span<const std::byte> from) noexcept {
  if (output_pending_) {
    const IoStatus drained = drain_output();
    if (drained != IoStatus::done) return {drained};
  }
  from = from.first(std::min(from.size(), k_write_at_once));
  if (from.empty()) return {IoStatus::done, 0};
  APR_BRIGADE_INSERT_TAIL(
      output_, apr_bucket_transient_create(reinterpret_cast<const char*>(from.data()), from.size(),
                                           connection_->bucket_alloc));
  if (!pass()) return {IoStatus::failed};
  // httpd's core filter keeps a small write for company; sends it now, if the socket takes it.
  if (output_pending_ && drain_output() == IoStatus::failed) return {IoStatus::failed};
  return {IoStatus::done, from.size()};
}

// The core filter keeps a copy of what the socket does not take, and says so on the connection.
bool FilterEnd::pass() noexcept {
  const apr_status_t status = ap_pass_brigade(connection_->output_filters, output_);
  apr_brigade_cleanup(output_);
  output_pending_ = connection_->data_in_output_filters != 0;
  return status == APR_SUCCESS && connection_->aborted == 0;
}

IoStatus FilterEnd::drain_output() noexcept {
  ap_filter_t* network = connection_->output_filters;
  while (network->next != nullptr) network = network->next;
  const apr_status_t status = network->frec->filter_func.out_func(network, nullptr);
  output_pending_ = connection_->data_in_output_filters != 0;
  if (status != APR_SUCCESS || connection_->aborted) return IoStatus::failed;
  return output_pending_ ? IoStatus::would_block : IoStatus::done;
}

// mod_ssl's filters must not be used after the end of the connection was passed through them. What
// the client still sends is discarded by httpd, which closes with lingering.
void FilterEnd::finish_writing() noexcept {
  finished_writing_ = true;
  APR_BRIGADE_INSERT_TAIL(output_, ap_bucket_eoc_create(connection_->bucket_alloc));
  APR_BRIGADE_INSERT_TAIL(output_, apr_bucket_flush_create(connection_->bucket_alloc));
  pass();
  apr_socket_shutdown(ap_get_conn_socket(connection_), APR_SHUTDOWN_WRITE);
}

}  // namespace websocket::apache
