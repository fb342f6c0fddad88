// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/log/clock.hh"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "mod_websocket/log/item.hh"

namespace websocket::log {

namespace {

using Form = TimeFormat::Form;

constexpr std::array k_months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

tm local(WallTime time) noexcept {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  tm broken{};
  localtime_r(&seconds, &broken);
  return broken;
}

std::size_t write_common(WallTime time, std::span<char> out) noexcept {
  const tm at = local(time);
  const long minutes = std::labs(at.tm_gmtoff) / 60;
  return static_cast<std::size_t>(std::snprintf(
      out.data(), out.size(), "[%02d/%s/%d:%02d:%02d:%02d %c%02ld%02ld]", at.tm_mday,
      k_months[static_cast<std::size_t>(at.tm_mon)], at.tm_year + 1900, at.tm_hour, at.tm_min,
      at.tm_sec, at.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60));
}

std::size_t write_number(const char* format, long long number, std::span<char> out) noexcept {
  return static_cast<std::size_t>(std::snprintf(out.data(), out.size(), format, number));
}

bool take(std::string_view& text, std::string_view word) {
  if (text != word && !text.starts_with(std::string(word) + ":")) return false;
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return true;
}

}  // namespace

tl::expected<TimeFormat, std::string> TimeFormat::parse(std::string_view argument) {
  TimeFormat format;
  std::string_view rest = argument;
  if (!take(rest, "begin")) format.of_end = take(rest, "end");
  if (rest.empty()) return format;
  constexpr std::array<std::pair<std::string_view, Form>, 5> k_words{{
      {"sec", Form::sec},
      {"msec", Form::msec},
      {"usec", Form::usec},
      {"msec_frac", Form::msec_frac},
      {"usec_frac", Form::usec_frac},
  }};
  for (const auto& [word, form] : k_words) {
    if (rest != word) continue;
    format.form = form;
    return format;
  }
  format.form = Form::strftime;
  format.pattern = rest;
  std::array<char, 512> sample;
  const std::size_t size = write_time(format, WallTime{std::chrono::years(50)}, sample);
  if (size == 0 || size > *longest(Item::time)) {
    return tl::unexpected("'%{" + std::string(argument) + "}t' is not a time of 1 to " +
                          std::to_string(*longest(Item::time)) + " characters");
  }
  return format;
}

std::size_t write_time(const TimeFormat& format, WallTime time, std::span<char> out) noexcept {
  const long long micros = time.time_since_epoch().count();
  std::size_t size = 0;
  switch (format.form) {
    case Form::common: size = write_common(time, out); break;
    case Form::sec: size = write_number("%lld", micros / 1'000'000, out); break;
    case Form::msec: size = write_number("%lld", micros / 1000, out); break;
    case Form::usec: size = write_number("%lld", micros, out); break;
    case Form::msec_frac: size = write_number("%03lld", micros / 1000 % 1000, out); break;
    case Form::usec_frac: size = write_number("%06lld", micros % 1'000'000, out); break;
    case Form::strftime: {
      const tm at = local(time);
      size = std::strftime(out.data(), out.size(), format.pattern.c_str(), &at);
      break;
    }
  }
  return size < out.size() ? size : 0;
}

}  // namespace websocket::log
