// SPDX-License-Identifier: Apache-2.0
//
// Sole ownership of what a C library hands out.
#pragma once

#include <memory>

namespace policy {

/// Gives it back by that function, whatever the function returns.
template <auto release>
struct Releasing {
  template <typename T>
  void operator()(T* handle) const noexcept {
    release(handle);
  }
};

/// Handle<BIO, BIO_free>
template <typename T, auto release>
using Handle = std::unique_ptr<T, Releasing<release>>;

}  // namespace policy
