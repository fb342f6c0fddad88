// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace policy {

/// A set of TCP ports.
class Ports {
 public:
  /// `6667` · `6660-6669` · `25,6660-6669` · `*`. No spaces, no port 0. The error says what to
  /// write.
  static tl::expected<Ports, std::string> parse(std::string_view text);
  static Ports all();

  bool contains(std::uint16_t port) const;
  bool is_all() const;
  std::string to_string() const;

  friend bool operator==(const Ports&, const Ports&) = default;

 private:
  struct Span {
    std::uint16_t first;
    std::uint16_t last;
    friend bool operator==(const Span&, const Span&) = default;
  };
  std::vector<Span> spans_;
};

}  // namespace policy
