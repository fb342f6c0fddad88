// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/status/page_tables.hh"

#include <map>
#include <utility>

#include "mod_websocket/status/html_table.hh"
#include "mod_websocket/status/text.hh"

namespace websocket::status {

namespace {

constexpr Column k_policy{"Policy", Column::Kind::name};
constexpr Column k_host{"Virtual host", Column::Kind::name};
constexpr Column k_open{"Open", Column::Kind::number};
constexpr Column k_opened{"Opened", Column::Kind::number};
constexpr Column k_refused{"Refused", Column::Kind::number};
constexpr Column k_from_clients{"From clients", Column::Kind::number};
constexpr Column k_to_clients{"To clients", Column::Kind::number};
constexpr Column k_rate{"Now", Column::Kind::number};
constexpr Column k_age{"Age", Column::Kind::number};
constexpr Column k_count{"Count", Column::Kind::number};

std::string as_rate(std::uint64_t bytes) { return as_bytes(bytes).append("/s"); }

std::string button(std::string_view name, std::string_view value, std::string_view text) {
  std::string html("<button name=\"");
  html.append(name).append("\" value=\"").append(escape_html(value)).append("\">");
  return html.append(escape_html(text)).append("</button>");
}

void add_counts(HtmlTable& table, std::uint64_t open, const Totals<std::uint64_t>& totals,
                std::uint64_t rate) {
  table.text(as_number(open));
  table.text(as_number(totals.opened));
  table.text(as_number(sum_of(totals.refused)));
  table.text(as_bytes(totals.client_bytes));
  table.text(as_bytes(totals.target_bytes));
  table.text(as_rate(rate));
}

std::string tunnel_table(HtmlTable table, const std::vector<TunnelView>& tunnels,
                         std::string_view without_rows) {
  for (const TunnelView& tunnel : tunnels) {
    table.begin_row();
    table.text(tunnel.whose.client ? tunnel.whose.client->to_string() : "unknown");
    table.text(tunnel.whose.user.empty() ? "\u2013" : tunnel.whose.user);
    const bool is_other = tunnel.policy.empty();
    table.text(is_other ? "other" : tunnel.policy + " on " + tunnel.host);
    table.text(as_age(tunnel.age));
    table.text(as_bytes(tunnel.client_bytes));
    table.text(as_bytes(tunnel.target_bytes));
    table.text(as_rate(tunnel.rate));
    table.text(std::to_string(tunnel.process) + (tunnel.draining ? ", draining" : ""));
    table.html(tunnel.dismissed ? "ending" : button("tunnel", to_string(tunnel.name), "End"));
  }
  return std::move(table).take(without_rows);
}

std::vector<Column> tunnel_columns() {
  return {{"Client"},
          {"User", Column::Kind::name},
          {"Endpoint", Column::Kind::name},
          k_age,
          k_from_clients,
          k_to_clients,
          k_rate,
          {"Child"},
          {"End it"}};
}

// Those that happened: most of them never do.
template <class Counts, class Label>
std::string count_table(HtmlTable table, const Counts& counts, Label label,
                        std::string_view without_rows) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    table.begin_row();
    table.text(label(i));
    table.text(as_number(counts[i]));
  }
  return std::move(table).take(without_rows);
}

}  // namespace

std::string endpoint_table(const Snapshot& snapshot) {
  HtmlTable table("endpoints", "Endpoints",
                  {k_policy,
                   k_host,
                   k_open,
                   k_opened,
                   k_refused,
                   k_from_clients,
                   k_to_clients,
                   k_rate,
                   {"End all"}});
  for (const EndpointView& endpoint : snapshot.endpoints) {
    table.begin_row();
    table.text(shown_policy(endpoint));
    table.text(shown_host(endpoint));
    add_counts(table, endpoint.open, endpoint.totals, endpoint.rate);
    const bool has_none = endpoint.open == 0;
    table.html(has_none ? "\u2013"
                        : button("endpoint", std::to_string(endpoint.number), "End all"));
  }
  return std::move(table).take("No endpoint has been asked for yet.");
}

std::string host_table(const Snapshot& snapshot) {
  std::map<std::string_view, EndpointView> hosts;
  for (const EndpointView& endpoint : snapshot.endpoints) {
    EndpointView& host = hosts[shown_host(endpoint)];
    host.open += endpoint.open;
    host.rate += endpoint.rate;
    add_up(host.totals, endpoint.totals);
  }
  HtmlTable table("hosts", "Virtual hosts",
                  {k_host, k_open, k_opened, k_refused, k_from_clients, k_to_clients, k_rate});
  for (const auto& [name, host] : hosts) {
    table.begin_row();
    table.text(name);
    add_counts(table, host.open, host.totals, host.rate);
  }
  return std::move(table).take("None has been asked for yet.");
}

std::string refusal_table(const Snapshot& snapshot) {
  return count_table(
      HtmlTable("refusals", "Refused, by reason", {{"Reason"}, k_count}), snapshot.totals.refused,
      [](std::size_t i) { return refusal::name(refusal::k_reasons[i]); }, "Nobody was refused.");
}

std::string closing_table(const Snapshot& snapshot) {
  return count_table(HtmlTable("closings", "Over, by cause", {{"Cause"}, k_count}),
                     snapshot.totals.closed, cause_label, "No tunnel is over yet.");
}

std::string oldest_table(const Snapshot& snapshot) {
  return tunnel_table(HtmlTable("oldest", "Oldest tunnels", tunnel_columns()), snapshot.oldest,
                      "None is open.");
}

std::string busiest_table(const Snapshot& snapshot) {
  return tunnel_table(HtmlTable("busiest", "Busiest tunnels", tunnel_columns()), snapshot.busiest,
                      "Nothing moves.");
}

std::string child_table(const Snapshot& snapshot) {
  HtmlTable table("children", "Child processes", {{"Process"}, {"State"}, k_age, k_open, k_rate});
  for (const ChildView& child : snapshot.children) {
    table.begin_row();
    table.text(std::to_string(child.process));
    table.text(child.draining ? "draining" : "serving");
    table.text(as_age(child.age));
    table.text(as_number(child.open));
    table.text(as_rate(child.rate));
  }
  return std::move(table).take("There is none.");
}

}  // namespace websocket::status
