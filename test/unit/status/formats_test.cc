// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "mod_websocket/status/family.hh"
#include "mod_websocket/status/json.hh"
#include "mod_websocket/status/page.hh"
#include "mod_websocket/status/prometheus.hh"
#include "test/unit/policy/contains.hh"
#include "test/unit/status/shared_board.hh"

namespace websocket::status {
namespace {

using refusal::Reason;

Snapshot sample() {
  Snapshot snapshot;
  snapshot.time = 1'700'000'100;
  snapshot.started = 1'700'000'000;
  snapshot.open = 2;
  snapshot.totals.opened = 3;
  snapshot.totals.client_bytes = 1'234'567;
  snapshot.totals.refused[static_cast<std::size_t>(Reason::origin)] = 4;
  snapshot.connects.counts[2] = 2;
  snapshot.connects.counts.back() = 1;
  snapshot.connects.microseconds = 7'030'000;
  EndpointView endpoint;
  endpoint.number = 5;
  endpoint.host = "www.example.org:443";
  endpoint.policy = "/irc.xml";
  endpoint.open = 2;
  endpoint.totals = snapshot.totals;
  snapshot.endpoints.push_back(endpoint);
  snapshot.children.push_back({.process = 42, .draining = true, .age = 3, .open = 2, .rate = 0});
  return snapshot;
}

std::string page_of(const Snapshot& snapshot) {
  return to_page(snapshot, {.server = "www", .token = "t0ken", .nonce = "n0nce"});
}

TEST_CASE("Prometheus is told of each family once, with its type", "[status]") {
  const std::string text = to_prometheus(sample());
  CHECK(contains(text, "# TYPE websocket_tunnels_open gauge\nwebsocket_tunnels_open 2\n"));
  CHECK(contains(text, "websocket_refused_total{reason=\"origin\"} 4\n"));
  CHECK(contains(text, "websocket_refused_total{reason=\"limit\"} 0\n"));
  CHECK(contains(text, "websocket_bytes_total{direction=\"from-client\"} 1234567\n"));
  CHECK(contains(text, "websocket_children{state=\"serving\"} 0\n"));
  CHECK(contains(text, "websocket_children{state=\"draining\"} 1\n"));
  CHECK(contains(text,
                 "websocket_endpoint_refused_total{vhost=\"www.example.org:443\","
                 "policy=\"/irc.xml\",reason=\"origin\"} 4\n"));
  CHECK_FALSE(contains(text, "policy=\"/irc.xml\",reason=\"limit\""));
}

TEST_CASE("Prometheus' buckets hold all that took no longer", "[status]") {
  const std::string text = to_prometheus(sample());
  const std::string name = "websocket_connect_duration_seconds";
  CHECK(contains(text, name + "_bucket{le=\"0.005\"} 0\n"));
  CHECK(contains(text, name + "_bucket{le=\"0.025\"} 2\n"));
  CHECK(contains(text, name + "_bucket{le=\"5\"} 2\n"));
  CHECK(contains(text, name + "_bucket{le=\"+Inf\"} 3\n"));
  CHECK(contains(text, name + "_sum 7.03\n"));
  CHECK(contains(text, name + "_count 3\n"));
}

TEST_CASE("Prometheus' labels are escaped", "[status]") {
  Snapshot snapshot = sample();
  snapshot.endpoints[0].policy = "a\"b\\c\nd\xff";
  CHECK(contains(to_prometheus(snapshot), "policy=\"a\\\"b\\\\c\\nd%FF\""));
}

TEST_CASE("JSON has the families' names, and lists", "[status]") {
  const std::string text = to_json(sample());
  for (const Family& family : families_of(sample())) {
    CHECK(contains(text, "\n  \"" + std::string(family.name) + "\": "));
  }
  CHECK(contains(text, "\"tunnels_open\": 2"));
  CHECK(contains(text, "\"origin\": 4"));
  CHECK(contains(text, "\"sum\": 7.03"));
  CHECK(contains(text, "\"policy\": \"/irc.xml\""));
  CHECK(contains(text, "\"state\": \"draining\""));
}

TEST_CASE("the page escapes whatever was chosen elsewhere", "[status]") {
  const std::string evil = "<b>\"'&\xff";
  const std::string escaped = "&lt;b&gt;&quot;&#39;&amp;%FF";
  Snapshot snapshot = sample();
  snapshot.endpoints[0].host = evil;
  snapshot.endpoints[0].policy = evil;
  TunnelView tunnel;
  tunnel.name = {17, 93};
  tunnel.host = tunnel.policy = tunnel.whose.user = evil;
  snapshot.oldest.push_back(tunnel);
  const std::string page = to_page(snapshot, {.server = evil, .token = evil, .nonce = evil});
  CHECK_FALSE(contains(page, "<b>"));
  CHECK_FALSE(contains(page, "\xff"));
  CHECK(contains(page, "value=\"" + escaped + "\""));
  CHECK(contains(page, "nonce=\"" + escaped + "\""));
  CHECK(contains(page, "<td class=\"name\" data-heading=\"User\">" + escaped + "</td>"));
  CHECK(contains(page, "<button name=\"tunnel\" value=\"17-93\">"));
  CHECK(contains(page, "<button name=\"endpoint\" value=\"5\">"));
}

TEST_CASE("the page offers to end what can be ended", "[status]") {
  Snapshot snapshot = sample();
  snapshot.endpoints[0].open = 0;
  TunnelView tunnel;
  tunnel.name = {1, 2};
  tunnel.dismissed = true;
  snapshot.busiest.push_back(tunnel);
  CHECK_FALSE(contains(page_of(snapshot), "<button"));
}

TEST_CASE("the page sums up virtual hosts", "[status]") {
  Snapshot snapshot = sample();
  snapshot.endpoints.push_back(snapshot.endpoints[0]);
  snapshot.endpoints[1].policy = "/other.xml";
  CHECK(contains(page_of(snapshot),
                 "<tr><td class=\"name\" data-heading=\"Virtual host\">www.example.org:443</td>"
                 "<td class=\"number\" data-heading=\"Open\">4</td>"));
}

TEST_CASE("script and style are those of the files", "[status]") {
  CHECK(contains(page_script(), "fetch(query, { cache: \"no-store\""));
  CHECK(contains(page_script(),
                 "return `${text} ${prefixes[power]}${unit && `${unit}/s`}`.trim();\n"));
  CHECK(contains(page_style(), "@media (prefers-color-scheme: dark) {\n"));
}

}  // namespace
}  // namespace websocket::status
