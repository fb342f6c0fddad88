// SPDX-License-Identifier: Apache-2.0
// A tunnel's place in the table: there is one a tunnel, and it is given back once, by whoever holds
// it when the tunnel, or the attempt at one, is over.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <utility>

namespace websocket::limits {

class Table;

class Lease {
 public:
  Lease() = default;
  Lease(Table& table, std::uint32_t place, pid_t child) noexcept
      : table_(&table), place_(place), child_(child) {}
  Lease(Lease&& other) noexcept
      : table_(std::exchange(other.table_, nullptr)), place_(other.place_), child_(other.child_) {}
  Lease& operator=(Lease&& other) noexcept {
    std::swap(table_, other.table_);
    std::swap(place_, other.place_);
    std::swap(child_, other.child_);
    return *this;
  }
  // Any thread, and also within a signal's handler: prefork ends a child in one.
  ~Lease();

  // Its number, from 1; whoever has something of its own for each place uses it too.
  std::uint32_t place() const noexcept { return place_; }

 private:
  Table* table_ = nullptr;
  std::uint32_t place_ = 0;
  pid_t child_ = 0;  // whose it is
};

}  // namespace websocket::limits
