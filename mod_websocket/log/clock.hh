// SPDX-License-Identifier: Apache-2.0
// %t: when a tunnel was opened, or was over.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace websocket::log {

using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

// What %{...}t asks for, mod_log_config's words: `begin` or `end`, then by itself or behind a colon
// sec, msec, usec, msec_frac, usec_frac or a format of strftime(3). Nothing is [day/month/year:time
// zone], in English.
struct TimeFormat {
  enum class Form { common, sec, msec, usec, msec_frac, usec_frac, strftime };
  bool of_end = false;
  Form form = Form::common;
  std::string pattern;

  static tl::expected<TimeFormat, std::string> parse(std::string_view argument);
};

// Writes it in local time and gives its length; 0 where there is not enough room.
std::size_t write_time(const TimeFormat& format, WallTime time, std::span<char> out) noexcept;

}  // namespace websocket::log
