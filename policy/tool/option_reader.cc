// SPDX-License-Identifier: Apache-2.0
#include "policy/tool/option_reader.hh"

namespace policy::tool {

std::optional<OptionReader::Word> OptionReader::next() {
  if (words_.empty()) return std::nullopt;
  const std::string_view word = words_.front();
  words_ = words_.subspan(1);
  if (only_operands_ || !word.starts_with('-') || word == "-") return Word{false, word};
  if (word == "--") {
    only_operands_ = true;
    return next();
  }
  const auto equals = word.starts_with("--") ? word.find('=') : std::string_view::npos;
  option_ = word.substr(0, equals);
  attached_ =
      equals == std::string_view::npos ? std::nullopt : std::optional(word.substr(equals + 1));
  return Word{true, option_};
}

tl::expected<std::string_view, std::string> OptionReader::value() {
  if (attached_) return *attached_;
  if (words_.empty()) return tl::unexpected(std::string(option_) + " needs a value");
  const std::string_view word = words_.front();
  words_ = words_.subspan(1);
  return word;
}

tl::expected<void, std::string> OptionReader::no_value() const {
  if (!attached_) return {};
  return tl::unexpected(std::string(option_) + " takes no value");
}

}  // namespace policy::tool
