// SPDX-License-Identifier: Apache-2.0
// A mutex in memory that processes share. Should its holder die it is passed on, and whoever gets
// it is told; should its holder be stopped, the others wait for some time and then go without.
#pragma once

#include <pthread.h>

#include <chrono>

namespace websocket::limits {

class RobustMutex {
 public:
  enum class Taken : unsigned char {
    no,
    yes,
    after_death,  // the holder before may have left half of its work: see mend()
  };

  // Throws std::system_error.
  RobustMutex();
  RobustMutex(const RobustMutex&) = delete;
  RobustMutex& operator=(const RobustMutex&) = delete;

  // Whatever the calendar does meanwhile.
  Taken lock(std::chrono::seconds patience) noexcept;
  // After a death, once what it guards is sound again: without it nobody gets the mutex any more.
  // False where that cannot be; it is not held then.
  bool mend() noexcept;
  void unlock() noexcept;

 private:
  pthread_mutex_t mutex_{};
};

}  // namespace websocket::limits
