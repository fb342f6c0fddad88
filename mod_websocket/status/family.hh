// SPDX-License-Identifier: Apache-2.0
// The names under which counts are shown: the same in every format, and written here alone.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "mod_websocket/status/snapshot.hh"

namespace websocket::status {

struct Sample {
  std::string_view label;  // the value of the family's label
  std::uint64_t value;
};

// Named by Prometheus' conventions, which put `websocket_` in front, and of an endpoint's
// `websocket_endpoint_`. Without a label there is one sample.
struct Family {
  std::string_view name;
  std::string_view help;
  bool is_counter;
  std::string_view label;
  std::vector<Sample> samples;
};

// Of the whole server.
std::vector<Family> families_of(const Snapshot& snapshot);
// The same families for each endpoint, in the same order.
std::vector<Family> families_of(const EndpointView& endpoint);

struct Histogram {
  std::string_view name;
  std::string_view help;
  const Durations<std::uint64_t>& durations;
};

std::vector<Histogram> histograms_of(const Snapshot& snapshot);

}  // namespace websocket::status
