// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/tunnel/backlog.hh"

namespace websocket::tunnel {

std::size_t Backlog::size() const noexcept {
  return bytes_ ? bytes_->storage.size() - bytes_->consumed : 0;
}

std::span<const std::byte> Backlog::front() const noexcept {
  if (!bytes_) return {};
  return std::span(bytes_->storage).subspan(bytes_->consumed);
}

void Backlog::append(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  if (!bytes_) bytes_ = std::make_unique<Bytes>();
  auto& storage = bytes_->storage;
  if (bytes_->consumed >= storage.size() / 2) {
    storage.erase(storage.begin(), storage.begin() + static_cast<std::ptrdiff_t>(bytes_->consumed));
    bytes_->consumed = 0;
  }
  storage.insert(storage.end(), bytes.begin(), bytes.end());
}

void Backlog::consume(std::size_t n) noexcept {
  if (n == 0) return;
  bytes_->consumed += n;
  if (bytes_->consumed == bytes_->storage.size()) bytes_.reset();
}

}  // namespace websocket::tunnel
