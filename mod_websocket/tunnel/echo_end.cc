// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/tunnel/echo_end.hh"

#include <algorithm>

namespace websocket::tunnel {

IoResult EchoEnd::read(std::span<std::byte> into) noexcept {
  if (bytes_.empty()) {
    if (!finished_) return {IoStatus::would_block};
    end_was_read_ = true;
    return {IoStatus::ended};
  }
  const auto taken = bytes_.front().first(std::min(into.size(), bytes_.size()));
  std::copy(taken.begin(), taken.end(), into.begin());
  bytes_.consume(taken.size());
  return {IoStatus::done, taken.size()};
}

IoResult EchoEnd::write(std::span<const std::byte> from) noexcept {
  if (finished_) return {IoStatus::failed};
  const std::size_t room = k_capacity - bytes_.size();
  if (room == 0) return {IoStatus::would_block};
  const auto taken = from.first(std::min(from.size(), room));
  bytes_.append(taken);
  return {IoStatus::done, taken.size()};
}

}  // namespace websocket::tunnel
