// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/status/prometheus.hh"

#include <string_view>
#include <utility>

#include "mod_websocket/status/family.hh"
#include "mod_websocket/status/text.hh"

namespace websocket::status {

namespace {

class Writer {
 public:
  void describe(std::string_view prefix, std::string_view name, std::string_view help,
                std::string_view type) {
    name_.assign(prefix).append(name);
    text_.append("# HELP ").append(name_).append(" ").append(help).append("\n# TYPE ");
    text_.append(name_).append(" ").append(type).append("\n");
  }

  // Of the family that was described last.
  Writer& sample(std::string_view suffix = {}) {
    text_.append(name_).append(suffix);
    separator_ = '{';
    return *this;
  }

  Writer& label(std::string_view name, std::string_view value) {
    text_.push_back(std::exchange(separator_, ','));
    text_.append(name).append("=\"");
    for (const char each : valid_utf8(value)) {
      if (each == '\\' || each == '"') text_.push_back('\\');
      if (each == '\n') {
        text_.append("\\n");
      } else {
        text_.push_back(each);
      }
    }
    text_.push_back('"');
    return *this;
  }

  void value(std::string_view number) {
    if (separator_ == ',') text_.push_back('}');
    text_.append(" ").append(number).append("\n");
  }
  void value(std::uint64_t number) { value(std::to_string(number)); }

  std::string take() && { return std::move(text_); }

 private:
  std::string text_;
  std::string name_;
  char separator_ = '{';
};

void write_server(Writer& writer, const Snapshot& snapshot) {
  for (const Family& family : families_of(snapshot)) {
    writer.describe("websocket_", family.name, family.help,
                    family.is_counter ? "counter" : "gauge");
    for (const Sample& sample : family.samples) {
      writer.sample();
      if (!family.label.empty()) writer.label(family.label, sample.label);
      writer.value(sample.value);
    }
  }
}

void write_histogram(Writer& writer, const Histogram& histogram) {
  writer.describe("websocket_", histogram.name, histogram.help, "histogram");
  std::uint64_t up_to = 0;
  for (std::size_t i = 0; i < histogram.durations.counts.size(); ++i) {
    up_to += histogram.durations.counts[i];
    writer.sample("_bucket")
        .label("le", i < k_duration_bounds.size() ? as_seconds(k_duration_bounds[i]) : "+Inf")
        .value(up_to);
  }
  const std::chrono::microseconds sum(histogram.durations.microseconds);
  writer.sample("_sum").value(as_seconds(sum));
  writer.sample("_count").value(up_to);
}

// A family is told of all endpoints together. What never happened at an endpoint is left out of
// those with many labels: there may be hundreds of endpoints.
void write_endpoints(Writer& writer, const Snapshot& snapshot) {
  std::vector<std::vector<Family>> all;
  for (const EndpointView& endpoint : snapshot.endpoints) all.push_back(families_of(endpoint));
  for (std::size_t i = 0; !all.empty() && i < all.front().size(); ++i) {
    const Family& first = all.front()[i];
    writer.describe("websocket_endpoint_", first.name, first.help,
                    first.is_counter ? "counter" : "gauge");
    for (std::size_t place = 0; place < all.size(); ++place) {
      const Family& family = all[place][i];
      for (const Sample& sample : family.samples) {
        const bool is_one_of_many = family.samples.size() > 2;
        if (is_one_of_many && sample.value == 0) continue;
        writer.sample()
            .label("vhost", shown_host(snapshot.endpoints[place]))
            .label("policy", shown_policy(snapshot.endpoints[place]));
        if (!family.label.empty()) writer.label(family.label, sample.label);
        writer.value(sample.value);
      }
    }
  }
}

}  // namespace

std::string to_prometheus(const Snapshot& snapshot) {
  Writer writer;
  write_server(writer, snapshot);
  for (const Histogram& histogram : histograms_of(snapshot)) write_histogram(writer, histogram);
  write_endpoints(writer, snapshot);
  return std::move(writer).take();
}

}  // namespace websocket::status
