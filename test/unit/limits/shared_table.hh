// SPDX-License-Identifier: Apache-2.0
// A table in memory that forked processes share, as httpd's is.
#pragma once

#include <sys/mman.h>

#include <vector>

#include "mod_websocket/limits/table.hh"
#include "test/unit/catch.hh"

namespace websocket::limits::test {

class SharedTable {
 public:
  explicit SharedTable(std::uint32_t places) : size_(Table::size_for(places)) {
    memory_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory_ != MAP_FAILED);
    table_ = Table::create(memory_, places);
  }
  ~SharedTable() { munmap(memory_, size_); }
  SharedTable(const SharedTable&) = delete;
  SharedTable& operator=(const SharedTable&) = delete;

  Table* operator->() const { return table_; }
  Table& operator*() const { return *table_; }

 private:
  std::size_t size_;
  void* memory_ = nullptr;
  Table* table_ = nullptr;
};

constexpr ClientKey client(std::uint64_t number) { return static_cast<ClientKey>(number); }

// How many more the client gets, all given back afterwards; at most `most`.
inline unsigned room(Table& table, const Bounds& bounds, ClientKey key, unsigned most = 10'000) {
  constexpr pid_t k_nobody = 999'999;
  std::vector<Lease> leases;
  while (leases.size() < most) {
    auto lease = table.take(k_nobody, key, bounds);
    if (!lease) break;
    leases.push_back(std::move(*lease));
  }
  return static_cast<unsigned>(leases.size());
}

}  // namespace websocket::limits::test
