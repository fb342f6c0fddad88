// SPDX-License-Identifier: Apache-2.0
#include "test/faults/plan.hh"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace faults {

namespace {

Plan* map_plan() noexcept {
  const char* const path = std::getenv("MOD_WEBSOCKET_FAULTS");
  if (path == nullptr) return nullptr;
  const int file = ::open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) std::abort();  // tests without faults would prove nothing
  void* const mapped = ::mmap(nullptr, sizeof(Plan), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) std::abort();
  ::close(file);
  return static_cast<Plan*>(mapped);
}

// A generator a thread (splitmix64): calls of one thread fall as the seed says.
std::uint64_t random_number() noexcept {
  static std::atomic<std::uint64_t> threads{0};
  thread_local std::uint64_t state =
      (static_cast<std::uint64_t>(plan()->seed) << 32U) + threads.fetch_add(1);
  state += 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31U);
}

}  // namespace

Plan* plan() noexcept {
  static Plan* const mapped = map_plan();
  return mapped;
}

bool strikes(const std::atomic<std::uint32_t>& chance,
             std::atomic<std::uint64_t>& counter) noexcept {
  if (chance == 0 || random_number() % 1000 >= chance) return false;
  ++counter;
  return true;
}

bool starves(Call call) noexcept {
  Plan* const faults = plan();
  if (faults == nullptr || (faults->starved_calls & static_cast<unsigned>(call)) == 0) return false;
  ++faults->starved;
  errno = faults->starved_error;
  return true;
}

std::size_t one_to(std::size_t most) noexcept {
  return most == 0 ? 1 : 1 + static_cast<std::size_t>(random_number() % most);
}

}  // namespace faults
