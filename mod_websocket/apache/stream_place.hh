// SPDX-License-Identifier: Apache-2.0
// A tunnel on a stream of HTTP/2 keeps one of the worker threads that mod_http2 has in this child
// (H2MaxWorkers). When all are kept, no request by HTTP/2 is answered in this child any more, on
// any connection, until a tunnel ends. So tunnels get three quarters of them.
#pragma once

#include "mod_websocket/apache/httpd.hh"

namespace websocket::apache {

// Held while the tunnel lives. A request that is no stream needs none, and has one.
class StreamPlace {
 public:
  explicit StreamPlace(const request_rec* r) noexcept;
  StreamPlace(StreamPlace&& other) noexcept;
  ~StreamPlace();

  explicit operator bool() const noexcept { return has_place_; }

 private:
  bool is_counted_ = false;
  bool has_place_ = true;
};

}  // namespace websocket::apache
