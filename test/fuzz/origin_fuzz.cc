// SPDX-License-Identifier: Apache-2.0
// Origins and patterns. The input is a header, a line feed, and patterns, one a line. A pattern
// never matches more than a slow and simple reading of it does.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/decide.hh"

namespace {

using policy::Origin;
using policy::OriginPattern;

void require(bool condition) {
  if (!condition) std::abort();
}

std::vector<std::string> labels(const std::string& host) {
  std::vector<std::string> found(1);
  for (const char c : host) {
    if (c == '.') {
      found.emplace_back();
    } else {
      found.back() += c;
    }
  }
  return found;
}

/// Label by label from the right.
bool below(const std::string& host, const std::string& parent) {
  const std::vector<std::string> inner = labels(host);
  const std::vector<std::string> outer = labels(parent);
  if (inner.size() <= outer.size()) {
    return false;
  }
  for (std::size_t i = 1; i <= outer.size(); ++i) {
    if (inner[inner.size() - i] != outer[outer.size() - i]) {
      return false;
    }
  }
  return true;
}

bool simply_matches(const OriginPattern& pattern, const Origin& origin) {
  if (pattern.is_any() || pattern.is_null()) {
    return pattern.is_any() || origin.is_opaque();
  }
  if (!pattern.is_wildcard()) {
    return pattern.to_string() == origin.to_string();
  }
  std::string plain = pattern.to_string();
  plain.erase(plain.find("*."), 2);
  const Origin parent = Origin::parse(plain).value();
  return origin.scheme() == parent.scheme() && origin.port() == parent.port() &&
         below(origin.host(), parent.host());
}

void check_origin(const Origin& origin) {
  const auto again = Origin::parse(origin.to_string());
  require(again.has_value());
  require(again->to_string() == origin.to_string());
  require(origin.is_opaque() != again->same_as(origin));
}

void check_pattern(const OriginPattern& pattern, const std::optional<Origin>& origin) {
  const auto again = OriginPattern::parse(pattern.to_string());
  require(again.has_value());
  require(again->to_string() == pattern.to_string());
  require(!again->counted_by_origin());
  if (origin) {
    require(pattern.matches(*origin) == simply_matches(pattern, *origin));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Origin own = Origin::parse("https://www.example.com").value();
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto next_line = [&text] {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
  };

  const std::string_view header = next_line();
  const auto parsed = Origin::parse(header);
  std::optional<Origin> origin;
  if (parsed) {
    origin = *parsed;
    check_origin(*origin);
  }
  policy::Document document;
  bool matched = false;
  bool any = false;
  while (!text.empty()) {
    if (auto pattern = OriginPattern::parse(next_line())) {
      check_pattern(*pattern, origin);
      matched = matched || (origin && pattern->matches(*origin));
      any = any || pattern->is_any();
      document.allow_origins.push_back(std::move(*pattern));
    }
  }

  if (document.allow_origins.empty()) {
    matched = origin && origin->to_string() == own.to_string();
  }
  const auto decision = policy::decide_origin(document, header, own);
  require(!origin || decision.has_value() == matched);
  require(policy::decide_origin(document, std::nullopt, own).has_value() == any);
  if (!decision) {
    require(decision.error().log_text.find_first_of("\r\n") == std::string::npos);
  }
  return 0;
}
