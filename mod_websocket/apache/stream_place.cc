// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/stream_place.hh"

#include <apr_optional.h>
#include <http_main.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

// mod_http2's, as its mod_http2.h declares it, which is not installed everywhere.
extern "C" {
APR_DECLARE_OPTIONAL_FN(void, http2_get_num_workers, (server_rec*, int*, int*));
}

namespace websocket::apache {

namespace {

std::atomic<int> taken{0};

// The workers are the child's: the main server's configuration counts. None for the only worker.
std::optional<int> places() {
  const auto ask = APR_RETRIEVE_OPTIONAL_FN(http2_get_num_workers);
  if (ask == nullptr) return std::nullopt;
  int least = 0;
  int most = 0;
  ask(ap_server_conf, &least, &most);
  if (most <= 0) return std::nullopt;
  return most - std::max(1, most / 4);
}

}  // namespace

StreamPlace::StreamPlace(const request_rec* r) noexcept {
  if (r->connection->master == nullptr) return;
  const std::optional<int> limit = places();
  if (!limit) return;
  is_counted_ = true;
  has_place_ = taken.fetch_add(1) < *limit;
}

StreamPlace::StreamPlace(StreamPlace&& other) noexcept
    : is_counted_(std::exchange(other.is_counted_, false)), has_place_(other.has_place_) {}

StreamPlace::~StreamPlace() {
  if (is_counted_) --taken;
}

}  // namespace websocket::apache
