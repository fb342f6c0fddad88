// SPDX-License-Identifier: Apache-2.0
#include "policy/quantity.hh"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <system_error>

#include "policy/ascii.hh"
#include "policy/quoted.hh"

namespace policy {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// The largest last: the writers begin there. Factors of a size: octets; of a time: milliseconds.
constexpr std::array k_size_units = {Unit{"", 1}, Unit{"K", 1U << 10U}, Unit{"M", 1U << 20U},
                                     Unit{"G", 1U << 30U}};
constexpr std::array k_time_units = {Unit{"ms", 1}, Unit{"s", 1000}, Unit{"min", 60'000},
                                     Unit{"h", 3'600'000}};

/// The quantity in its smallest unit. Nothing where it is not written so; `most` + 1 where it is
/// above `most`, however many digits there are: nothing overflows.
template <std::size_t N>
std::optional<std::uint64_t> parse(std::string_view text, const std::array<Unit, N>& units,
                                   std::uint64_t most) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit& candidate) {
    return candidate.name == text.substr(digits);
  });
  if (digits == 0 || unit == units.end()) return std::nullopt;
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + digits, number);
  return read.ec != std::errc{} || number > most / unit->factor ? most + 1 : number * unit->factor;
}

template <std::size_t N>
std::string written(std::uint64_t value, const std::array<Unit, N>& units) {
  const auto unit = std::find_if(units.rbegin(), units.rend(), [&](const Unit& candidate) {
    return value >= candidate.factor && value % candidate.factor == 0;
  });
  const Unit& chosen = unit == units.rend() ? units.front() : *unit;
  return std::to_string(value / chosen.factor) + std::string(chosen.name);
}

}  // namespace

tl::expected<std::uint64_t, std::string> parse_size(std::string_view text) {
  std::string upper(text);
  if (!upper.empty() && ascii::is_lower(upper.back())) {
    upper.back() = static_cast<char>(upper.back() - 'a' + 'A');
  }
  const std::optional<std::uint64_t> size = parse(upper, k_size_units, k_max_size);
  if (!size) {
    return tl::unexpected(quoted(text) +
                          " is not a size; write bytes, or a number with K, M or G, such as 64K");
  }
  if (*size == 0 || *size > k_max_size) {
    return tl::unexpected(quoted(text) + " is not from 1 byte to 1024G");
  }
  return *size;
}

tl::expected<std::chrono::milliseconds, std::string> parse_time(std::string_view text) {
  const bool bare = !text.empty() && std::all_of(text.begin(), text.end(), ascii::is_digit);
  const std::optional<std::uint64_t> time =
      parse(bare ? std::string(text) + "s" : std::string(text), k_time_units,
            static_cast<std::uint64_t>(k_max_time.count()));
  if (!time) {
    return tl::unexpected(
        quoted(text) + " is not a time; write a whole number and ms, s, min or h, such as 10min");
  }
  const std::chrono::milliseconds read(*time);
  if (read.count() == 0) {
    return tl::unexpected(quoted(text) + " is no time at all; leave the element out for no limit");
  }
  if (read > k_max_time) {
    return tl::unexpected(quoted(text) + " is more than a year; write 8760h at most");
  }
  return read;
}

std::string size_text(std::uint64_t octets) { return written(octets, k_size_units); }

std::string time_text(std::chrono::milliseconds time) {
  return written(static_cast<std::uint64_t>(time.count()), k_time_units);
}

}  // namespace policy
