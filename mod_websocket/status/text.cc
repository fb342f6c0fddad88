// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/status/text.hh"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

#include "policy/source_text.hh"

namespace websocket::status {

namespace {

constexpr std::string_view k_other_name = "other";

std::string with_unit(double value, std::string_view unit) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), value < 9.95 ? "%.1f" : "%.0f", value);
  return std::string(text.data()).append(" ").append(unit);
}

std::string of_two(std::uint64_t large, const char* large_unit, std::uint64_t small,
                   const char* small_unit) {
  std::string text = std::to_string(large).append(" ").append(large_unit);
  if (small != 0) text.append(" ").append(std::to_string(small)).append(" ").append(small_unit);
  return text;
}

std::optional<std::uint32_t> parse_number(std::string_view text) noexcept {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string valid;
  while (!text.empty()) {
    // bad_utf8 stops at NUL as well, which no name has.
    const std::size_t good = std::min(::policy::SourceText(text).bad_utf8(), text.size());
    valid.append(text.substr(0, good));
    text.remove_prefix(good);
    if (text.empty()) break;
    std::array<char, 4> octet{};
    std::snprintf(octet.data(), octet.size(), "%%%02X",
                  static_cast<unsigned>(static_cast<unsigned char>(text.front())));
    valid.append(octet.data());
    text.remove_prefix(1);
  }
  return valid;
}

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char each : valid_utf8(text)) {
    switch (each) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += each;
    }
  }
  return escaped;
}

std::string as_seconds(std::chrono::microseconds time) {
  std::array<char, 40> text{};
  const auto written =
      std::to_chars(text.data(), text.data() + text.size(), static_cast<double>(time.count()) / 1e6,
                    std::chars_format::fixed);
  return {text.data(), written.ptr};
}

std::string as_bytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 6> k_units = {"kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return std::to_string(bytes).append(" B");
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < k_units.size(); ++unit) value /= 1000;
  return with_unit(value, k_units[unit]);
}

std::string as_age(std::uint64_t seconds) {
  const std::uint64_t minutes = seconds / 60;
  const std::uint64_t hours = minutes / 60;
  if (hours >= 24) return of_two(hours / 24, "d", hours % 24, "h");
  if (hours > 0) return of_two(hours, "h", minutes % 60, "min");
  if (minutes > 0) return of_two(minutes, "min", seconds % 60, "s");
  return std::to_string(seconds).append(" s");
}

std::string as_number(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t end = text.size(); end > 3; end -= 3) text.insert(end - 3, "\u202f");
  return text;
}

std::string as_calendar(std::int64_t time) {
  const auto seconds = static_cast<std::time_t>(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text.data();
}

std::string_view shown_host(const EndpointView& endpoint) noexcept {
  return endpoint.number == k_other ? k_other_name : endpoint.host;
}

std::string_view shown_policy(const EndpointView& endpoint) noexcept {
  return endpoint.number == k_other ? k_other_name : endpoint.policy;
}

std::string to_string(const TunnelName& name) {
  return std::to_string(name.slot) + "-" + std::to_string(name.serial);
}

std::optional<TunnelName> parse_tunnel_name(std::string_view text) noexcept {
  const std::size_t hyphen = text.find('-');
  if (hyphen == std::string_view::npos) return std::nullopt;
  const auto slot = parse_number(text.substr(0, hyphen));
  const auto serial = parse_number(text.substr(hyphen + 1));
  if (!slot || !serial || *slot == 0 || *serial == 0) return std::nullopt;
  return TunnelName{*slot, *serial};
}

}  // namespace websocket::status
