// SPDX-License-Identifier: Apache-2.0
#include "policy/ports.hh"

#include <algorithm>
#include <cstddef>

#include "policy/endpoint.hh"
#include "policy/quoted.hh"

namespace policy {

Ports Ports::all() {
  Ports ports;
  ports.spans_.push_back({1, 65535});
  return ports;
}

tl::expected<Ports, std::string> Ports::parse(std::string_view text) {
  if (text == "*") {
    return all();
  }
  Ports ports;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    const std::string_view item = text.substr(start, comma - start);
    const std::size_t hyphen = item.find('-');
    const auto first = parse_port(item.substr(0, hyphen));
    const auto last =
        hyphen == std::string_view::npos ? first : parse_port(item.substr(hyphen + 1));
    if (!first || !last) {
      return tl::unexpected(quoted(item) +
                            " is no port; write 6667, 6660-6669, a list with commas, "
                            "or * for all");
    }
    if (*first > *last) {
      return tl::unexpected(quoted(item) + " runs backwards; write " + std::to_string(*last) + "-" +
                            std::to_string(*first));
    }
    ports.spans_.push_back({*first, *last});
    start = comma + 1;
  }
  return ports;
}

bool Ports::contains(std::uint16_t port) const {
  return std::any_of(spans_.begin(), spans_.end(),
                     [port](const Span& span) { return span.first <= port && port <= span.last; });
}

bool Ports::is_all() const { return *this == all(); }

std::string Ports::to_string() const {
  if (is_all()) {
    return "*";
  }
  std::string out;
  for (const Span& span : spans_) {
    out += out.empty() ? "" : ",";
    out += std::to_string(span.first);
    out += span.first == span.last ? "" : "-" + std::to_string(span.last);
  }
  return out;
}

}  // namespace policy
