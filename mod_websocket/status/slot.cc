// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/status/slot.hh"

#include <algorithm>
#include <cstring>
#include <span>

namespace websocket::status {

namespace {

// The serial number is read again behind all of it.
constexpr auto k_acquire = std::memory_order_acquire;

// Text in words, which another process may read while they are written.
template <std::size_t words>
void store(std::array<std::atomic<std::uint64_t>, words>& into,
           std::span<const std::uint8_t> bytes) noexcept {
  std::array<std::uint64_t, words> copy{};
  if (!bytes.empty()) std::memcpy(copy.data(), bytes.data(), std::min(bytes.size(), sizeof copy));
  for (std::size_t i = 0; i < words; ++i) into[i].store(copy[i], std::memory_order_relaxed);
}

template <std::size_t words>
std::array<char, words * 8> load(const std::array<std::atomic<std::uint64_t>, words>& from) {
  std::array<std::uint64_t, words> copy{};
  for (std::size_t i = 0; i < words; ++i) copy[i] = from[i].load(k_acquire);
  std::array<char, words * 8> bytes{};
  std::memcpy(bytes.data(), copy.data(), sizeof copy);
  return bytes;
}

std::optional<::policy::Address> address_of(const std::array<char, 16>& bytes, unsigned size) {
  const auto* const octets = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (size == 4) return ::policy::Address::v4({octets[0], octets[1], octets[2], octets[3]});
  if (size != 16) return std::nullopt;
  std::array<std::uint8_t, 16> all{};
  std::copy_n(octets, all.size(), all.begin());
  return ::policy::Address::v6(all);
}

// A letter of UTF-8 that did not fit is left out as a whole.
std::string_view cut(std::string_view text, std::size_t size) noexcept {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) --size;
  return text.substr(0, size);
}

}  // namespace

std::string_view name(Carriage carriage) noexcept {
  switch (carriage) {
    case Carriage::engine: return "engine";
    case Carriage::thread: return "thread";
    case Carriage::stream: return "stream";
  }
  return "?";
}

std::uint32_t seconds(std::chrono::steady_clock::time_point time) noexcept {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

void Slot::write(const Identity& identity) noexcept {
  constexpr auto k_relaxed = std::memory_order_relaxed;
  const auto octets = identity.client ? identity.client->bytes() : std::span<const std::uint8_t>();
  carriage.store(static_cast<std::uint8_t>(identity.carriage), k_relaxed);
  address_bytes.store(static_cast<std::uint8_t>(octets.size()), k_relaxed);
  store(address, octets);
  const std::string_view name = cut(identity.user, k_user_bytes);
  store(user, {reinterpret_cast<const std::uint8_t*>(name.data()), name.size()});
}

Identity Slot::identity() const {
  const auto name = load(user);
  return {.client = address_of(load(address), address_bytes.load(k_acquire)),
          .user = std::string(name.data(), strnlen(name.data(), name.size())),
          .carriage = static_cast<Carriage>(carriage.load(k_acquire))};
}

}  // namespace websocket::status
