// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/status/family.hh"

namespace websocket::status {

namespace {

std::vector<Sample> by_cause(const Totals<std::uint64_t>& totals) {
  std::vector<Sample> samples;
  for (std::size_t cause = 0; cause < k_causes; ++cause) {
    samples.push_back({cause_label(cause), totals.closed[cause]});
  }
  return samples;
}

std::vector<Sample> by_reason(const Totals<std::uint64_t>& totals) {
  std::vector<Sample> samples;
  for (const refusal::Reason reason : refusal::k_reasons) {
    samples.push_back({refusal::name(reason), totals.refused[static_cast<std::size_t>(reason)]});
  }
  return samples;
}

std::vector<Family> common(std::uint64_t open, const Totals<std::uint64_t>& totals) {
  constexpr std::string_view k_in = "from-client";
  constexpr std::string_view k_out = "to-client";
  return {
      {"tunnels_open", "Tunnels that are open.", false, "", {{"", open}}},
      {"tunnels_opened_total", "Tunnels that were opened.", true, "", {{"", totals.opened}}},
      {"tunnels_closed_total", "Tunnels that are over, by what ended them.", true, "cause",
       by_cause(totals)},
      {"refused_total", "Requests that got no tunnel, by reason.", true, "reason",
       by_reason(totals)},
      {"bytes_total",
       "Payload that went through tunnels, by direction.",
       true,
       "direction",
       {{k_in, totals.client_bytes}, {k_out, totals.target_bytes}}},
      {"messages_total",
       "Messages that went through tunnels, by direction.",
       true,
       "direction",
       {{k_in, totals.client_messages}, {k_out, totals.target_messages}}},
  };
}

}  // namespace

std::vector<Family> families_of(const Snapshot& snapshot) {
  std::vector<Family> families = common(snapshot.open, snapshot.totals);
  const std::uint64_t draining = snapshot.children_draining();
  families.push_back({"children",
                      "Child processes of httpd, by whether they are about to end.",
                      false,
                      "state",
                      {{"serving", snapshot.children.size() - draining}, {"draining", draining}}});
  families.push_back({"start_time_seconds",
                      "When the totals began, in seconds since 1970.",
                      false,
                      "",
                      {{"", static_cast<std::uint64_t>(snapshot.started)}}});
  return families;
}

std::vector<Family> families_of(const EndpointView& endpoint) {
  return common(endpoint.open, endpoint.totals);
}

std::vector<Histogram> histograms_of(const Snapshot& snapshot) {
  return {
      {"connect_duration_seconds",
       "Time to connect to a target, with the PROXY header and TLS; failures are not in it.",
       snapshot.connects},
      {"handshake_duration_seconds",
       "Time from a client's request to the answer that opened its tunnel.", snapshot.handshakes},
  };
}

}  // namespace websocket::status
