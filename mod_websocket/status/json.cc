// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/status/json.hh"

#include "mod_websocket/status/family.hh"
#include "mod_websocket/status/text.hh"
#include "policy/json.hh"

namespace websocket::status {

namespace {

using ::policy::Json;

Json json_of(const Family& family) {
  if (family.label.empty()) return Json(family.samples.front().value);
  Json object = Json::object();
  for (const Sample& sample : family.samples) object.set(sample.label, sample.value);
  return object;
}

Json json_of(const Histogram& histogram) {
  Json buckets = Json::object();
  std::uint64_t up_to = 0;
  for (std::size_t i = 0; i < histogram.durations.counts.size(); ++i) {
    up_to += histogram.durations.counts[i];
    const bool is_last = i == k_duration_bounds.size();
    buckets.set(is_last ? "+Inf" : as_seconds(k_duration_bounds[i]), up_to);
  }
  return Json::object()
      .set("bucket", std::move(buckets))
      .set("sum", static_cast<double>(histogram.durations.microseconds) / 1e6)
      .set("count", up_to);
}

Json json_of(const EndpointView& endpoint) {
  Json object = Json::object();
  object.set("vhost", valid_utf8(shown_host(endpoint)))
      .set("policy", valid_utf8(shown_policy(endpoint)))
      .set("number", endpoint.number)
      .set("bytes_per_second", endpoint.rate);
  for (const Family& family : families_of(endpoint)) object.set(family.name, json_of(family));
  return object;
}

Json json_of(const TunnelView& tunnel) {
  Json object = Json::object();
  object.set("name", to_string(tunnel.name))
      .set("vhost", valid_utf8(tunnel.host))
      .set("policy", valid_utf8(tunnel.policy))
      .set("client", tunnel.whose.client ? Json(tunnel.whose.client->to_string()) : Json::null())
      .set("user", tunnel.whose.user.empty() ? Json::null() : Json(tunnel.whose.user))
      .set("carried_by", name(tunnel.whose.carriage))
      .set("child", tunnel.process)
      .set("draining", tunnel.draining)
      .set("ending", tunnel.dismissed)
      .set("age_seconds", tunnel.age)
      .set("bytes_per_second", tunnel.rate);
  object.set(
      "bytes",
      Json::object().set("from-client", tunnel.client_bytes).set("to-client", tunnel.target_bytes));
  object.set("messages", Json::object()
                             .set("from-client", tunnel.client_messages)
                             .set("to-client", tunnel.target_messages));
  return object;
}

Json json_of(const ChildView& child) {
  return Json::object()
      .set("process", child.process)
      .set("state", child.draining ? "draining" : "serving")
      .set("age_seconds", child.age)
      .set("tunnels_open", child.open)
      .set("bytes_per_second", child.rate);
}

template <class Views>
Json list_of(const Views& views) {
  Json list = Json::array();
  for (const auto& view : views) list.push(json_of(view));
  return list;
}

}  // namespace

std::string to_json(const Snapshot& snapshot) {
  Json all = Json::object();
  all.set("time_seconds", snapshot.time).set("bytes_per_second", snapshot.rate);
  for (const Family& family : families_of(snapshot)) all.set(family.name, json_of(family));
  for (const Histogram& each : histograms_of(snapshot)) all.set(each.name, json_of(each));
  all.set("endpoints", list_of(snapshot.endpoints))
      .set("oldest_tunnels", list_of(snapshot.oldest))
      .set("busiest_tunnels", list_of(snapshot.busiest))
      .set("child_processes", list_of(snapshot.children));
  return all.to_string();
}

}  // namespace websocket::status
