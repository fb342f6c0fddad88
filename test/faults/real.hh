// SPDX-License-Identifier: Apache-2.0
// The function that a wrapper stands in front of: libc's own.
#pragma once

#include <dlfcn.h>

#include <atomic>

namespace faults {

// One static of this type a wrapper. It has no constructor to run: a wrapper may be called before
// any constructor of this library.
template <class Function>
struct Real {
  const char* name;
  std::atomic<Function*> found{nullptr};

  template <class... Arguments>
  auto operator()(Arguments... arguments) {
    Function* function = found.load(std::memory_order_relaxed);
    if (function == nullptr) {
      function = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
      found.store(function, std::memory_order_relaxed);
    }
    return function(arguments...);
  }
};

}  // namespace faults
