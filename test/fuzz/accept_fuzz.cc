// SPDX-License-Identifier: Apache-2.0
// The choice of an answer's form against arbitrary Accept fields.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "mod_websocket/handshake/token.hh"
#include "mod_websocket/refusal/accept.hh"

namespace {

using websocket::refusal::k_problem_type;
using websocket::refusal::prefers_problem;

void require(bool condition) {
  if (!condition) std::abort();
}

bool names_the_type(std::string_view accept) {
  for (std::size_t i = 0; i + k_problem_type.size() <= accept.size(); ++i) {
    const auto text = accept.substr(i, k_problem_type.size());
    if (websocket::handshake::equals_ignoring_case(text, k_problem_type)) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // In an allocation of its own size, so that a step beyond it is seen.
  const std::vector<char> copy(data, data + size);
  const std::string_view accept(copy.data(), copy.size());
  const bool prefers = prefers_problem(accept);
  require(!prefers || names_the_type(accept));
  // The whole weight for both forms, unless an open quotation takes it in: the named one wins.
  if (std::count(copy.begin(), copy.end(), '"') == 0) {
    require(prefers_problem(std::string(k_problem_type) + "," + std::string(accept)));
  }
  return 0;
}
