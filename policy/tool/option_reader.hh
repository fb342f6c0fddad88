// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace policy::tool {

/// A command's words, one after the other: `--name VALUE`, `--name=VALUE`, `--flag`, operands, and
/// `--` before operands that look like options. A lone `-` is an operand.
class OptionReader {
 public:
  explicit OptionReader(std::span<const std::string_view> words) : words_(words) {}

  struct Word {
    bool is_option;
    std::string_view text;  ///< of an option `--name`, without its value
  };
  std::optional<Word> next();

  /// The value of the option that next() gave last.
  tl::expected<std::string_view, std::string> value();
  /// That option is a flag: an error where it was given a value.
  tl::expected<void, std::string> no_value() const;

 private:
  std::span<const std::string_view> words_;
  std::string_view option_;                   // read last
  std::optional<std::string_view> attached_;  // what stood behind its `=`
  bool only_operands_ = false;
};

}  // namespace policy::tool
