// SPDX-License-Identifier: Apache-2.0
// What an open tunnel has published of itself: held by its journal, and used by the one thread that
// owns the tunnel. Nothing here waits, and all of it may be done in a signal's handler.
#pragma once

#include <cstdint>
#include <utility>

#include "mod_websocket/status/counters.hh"
#include "mod_websocket/status/slot.hh"

namespace websocket::status {

class Record {
 public:
  // Publishes nothing.
  Record() = default;
  Record(Slot& slot, Totals<SharedNumber>& totals) noexcept : slot_(&slot), totals_(&totals) {}
  Record(Record&& other) noexcept
      : slot_(std::exchange(other.slot_, nullptr)), totals_(other.totals_) {}
  Record& operator=(Record&& other) noexcept {
    std::swap(slot_, other.slot_);
    std::swap(totals_, other.totals_);
    return *this;
  }
  // A tunnel that never came to be counts as one that the server closed.
  ~Record();

  // What has gone through up to now; at most about once a second.
  void report(const tunnel::Account& account, std::uint32_t now) noexcept;
  // The tunnel is over.
  void end(const tunnel::Account& account) noexcept;
  // Whether somebody wants the tunnel to end.
  bool is_dismissed() const noexcept;

 private:
  std::uint64_t publish(const tunnel::Account& account) noexcept;

  Slot* slot_ = nullptr;
  Totals<SharedNumber>* totals_ = nullptr;
};

}  // namespace websocket::status
