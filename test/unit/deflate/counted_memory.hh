// SPDX-License-Identifier: Apache-2.0
// As long as it lives, the default memory resource counts, and can be told to fail.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory_resource>
#include <new>

namespace websocket::deflate::test {

class CountedMemory : public std::pmr::memory_resource {
 public:
  // The allocation with this number, from 1, fails; 0: none.
  explicit CountedMemory(std::size_t failing = 0)
      : failing_(failing), before_(std::pmr::set_default_resource(this)) {}
  ~CountedMemory() override { std::pmr::set_default_resource(before_); }
  CountedMemory(const CountedMemory&) = delete;
  CountedMemory& operator=(const CountedMemory&) = delete;

  std::size_t held() const { return held_; }
  std::size_t most_held() const { return most_held_; }
  std::size_t allocations() const { return allocations_; }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (++allocations_ == failing_) throw std::bad_alloc();
    void* const block = before_->allocate(bytes, alignment);
    held_ += bytes;
    most_held_ = std::max(most_held_, held_);
    return block;
  }
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
    held_ -= bytes;
    before_->deallocate(block, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  std::size_t failing_;
  std::size_t held_ = 0;
  std::size_t most_held_ = 0;
  std::size_t allocations_ = 0;
  std::pmr::memory_resource* before_;
};

}  // namespace websocket::deflate::test
