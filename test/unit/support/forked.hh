// SPDX-License-Identifier: Apache-2.0
// A process of the test's that works without end, until it is killed.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "test/unit/catch.hh"

namespace websocket::test {

// It ends with this, whatever becomes of the test.
class Forked {
 public:
  // `work` does not return.
  template <class Work>
  explicit Forked(Work work) : pid_(fork()) {
    if (pid_ == 0) work();
    REQUIRE(pid_ > 0);
  }
  Forked(Forked&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
  Forked& operator=(Forked&& other) noexcept {
    std::swap(pid_, other.pid_);
    return *this;
  }
  ~Forked() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  pid_t pid() const noexcept { return pid_; }

  // Kills it, and tells who that was.
  pid_t end() {
    REQUIRE(kill(pid_, SIGKILL) == 0);
    int status = 0;
    REQUIRE(waitpid(pid_, &status, 0) == pid_);
    REQUIRE(WIFSIGNALED(status));
    return std::exchange(pid_, 0);
  }

 private:
  pid_t pid_;
};

}  // namespace websocket::test
