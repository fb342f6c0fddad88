// SPDX-License-Identifier: Apache-2.0
//
// JSON to be written (RFC 8259); nothing here reads any.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace policy {

class Json {
 public:
  static Json null() { return Json(Value(std::monostate{})); }
  static Json object() { return Json(Value(Object{})); }
  static Json array() { return Json(Value(Array{})); }
  template <typename Range>
  static Json array_of(const Range& range) {
    Json array = Json::array();
    for (const auto& each : range) array.push(Json(each));
    return array;
  }

  // Implicit, so that object().set("port", 6667) reads as what it makes.
  Json(std::same_as<bool> auto value) : value_(value) {}
  Json(std::integral auto value) requires(!std::same_as<decltype(value), bool> &&
                                          !std::same_as<decltype(value), char>)
      : value_(static_cast<std::int64_t>(value)) {}
  Json(std::floating_point auto value) : value_(static_cast<double>(value)) {}
  Json(std::string_view text) : value_(std::string(text)) {}
  Json(const std::string& text) : value_(text) {}
  Json(const char* text) : value_(std::string(text)) {}

  /// Of an object: members stay in the order in which they were set; each key once.
  Json& set(std::string_view key, Json value);
  /// Of an array.
  Json& push(Json value);

  /// Two spaces a level, a line feed at the end. Pure ASCII: what is not is written \uXXXX, octets
  /// that are not UTF-8 as U+FFFD.
  std::string to_string() const;

 private:
  using Array = std::vector<Json>;
  struct Object {
    std::vector<std::string> keys;
    std::vector<Json> values;  // as many
  };
  using Value =
      std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object>;

  explicit Json(Value value) : value_(std::move(value)) {}
  void write(std::string& out, std::size_t depth) const;

  Value value_;
};

}  // namespace policy
