// SPDX-License-Identifier: Apache-2.0
// Sole ownership of what OpenSSL makes.
#pragma once

#include <memory>

namespace websocket::apache {

template <auto Free>
struct OpensslFree {
  template <class T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};

// OpensslHandle<BIO, BIO_free>
template <class T, auto Free>
using OpensslHandle = std::unique_ptr<T, OpensslFree<Free>>;

}  // namespace websocket::apache
