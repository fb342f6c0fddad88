// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/refusal/accept.hh"

#include <algorithm>
#include <optional>

#include "mod_websocket/handshake/token.hh"

namespace websocket::refusal {

namespace {

using handshake::equals_ignoring_case;
using handshake::take_element;

// In thousandths; RFC 9110 section 12.4.2.
using Weight = int;
constexpr Weight k_full = 1000;

std::optional<Weight> parse_weight(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  Weight weight = text[0] == '1' ? k_full : 0;
  Weight place = 100;
  for (std::size_t i = 2; i < text.size(); ++i, place /= 10) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    weight += (text[i] - '0') * place;
  }
  if (weight > k_full) return std::nullopt;
  return weight;
}

struct Range {
  std::string_view type;
  Weight weight = k_full;
};

std::optional<Range> parse_range(std::string_view element) noexcept {
  Range range{take_element(element, ';')};
  while (!element.empty()) {
    const auto parameter = take_element(element, ';');
    if (parameter.empty()) continue;
    if (!equals_ignoring_case(parameter.substr(0, 2), "q=")) return std::nullopt;
    const auto weight = parse_weight(parameter.substr(2));
    if (!weight) return std::nullopt;
    range.weight = *weight;
  }
  return range;
}

// Where a range comes twice the higher weight counts.
void note(std::optional<Weight>& noted, const Range& range, std::string_view type) noexcept {
  if (!equals_ignoring_case(range.type, type)) return;
  noted = std::max(noted.value_or(0), range.weight);
}

}  // namespace

bool prefers_problem(std::string_view accept) noexcept {
  std::optional<Weight> problem;
  std::optional<Weight> plain;
  std::optional<Weight> any_text;
  std::optional<Weight> anything;
  while (!accept.empty()) {
    const auto range = parse_range(take_element(accept, ','));
    if (!range) continue;
    note(problem, *range, k_problem_type);
    note(plain, *range, "text/plain");
    note(any_text, *range, "text/*");
    note(anything, *range, "*/*");
  }
  // The most specific range decides.
  const Weight text = plain.value_or(any_text.value_or(anything.value_or(0)));
  return problem.value_or(0) > 0 && *problem >= text;
}

}  // namespace websocket::refusal
