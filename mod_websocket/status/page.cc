// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/status/page.hh"

#include "mod_websocket/status/page_tables.hh"
#include "mod_websocket/status/text.hh"

namespace websocket::status {

namespace {

// Made of page.js and page.css when the module is built.
constexpr std::string_view k_script =
#include "mod_websocket/status/page.js.inc"
    ;
constexpr std::string_view k_style =
#include "mod_websocket/status/page.css.inc"
    ;

std::string head(const PageOptions& options) {
  const std::string nonce = " nonce=\"" + escape_html(options.nonce) + "\"";
  std::string html(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n");
  if (options.reloads) html.append("<meta http-equiv=\"refresh\" content=\"5\">\n");
  html.append("<title>WebSocket tunnels of ").append(escape_html(options.server));
  html.append("</title>\n<link rel=\"icon\" href=\"data:,\">\n");
  html.append("<link rel=\"stylesheet\" href=\"?css\"").append(nonce).append(">\n");
  html.append("<script src=\"?js\" type=\"module\"").append(nonce).append("></script>\n</head>\n");
  return html;
}

void add_figure(std::string& html, std::string_view name, std::string_view value) {
  html.append("<div><dt>").append(name).append("</dt><dd>");
  html.append(escape_html(value)).append("</dd></div>\n");
}

std::string figures(const Snapshot& snapshot) {
  std::string html("<section id=\"figures\"><h2>Now</h2><dl>\n");
  add_figure(html, "Open", as_number(snapshot.open));
  add_figure(html, "Moving", as_bytes(snapshot.rate).append("/s"));
  add_figure(html, "Opened", as_number(snapshot.totals.opened));
  add_figure(html, "Refused", as_number(sum_of(snapshot.totals.refused)));
  add_figure(html, "From clients", as_bytes(snapshot.totals.client_bytes));
  add_figure(html, "To clients", as_bytes(snapshot.totals.target_bytes));
  add_figure(html, "Children", as_number(snapshot.children.size() - snapshot.children_draining()));
  add_figure(html, "Draining", as_number(snapshot.children_draining()));
  return html.append("</dl></section>\n");
}

// What the script draws, by the names in the JSON; without it there is nothing to be seen here.
constexpr std::string_view k_plots = R"(<section id="plots" hidden><h2>The last three minutes</h2>
<figure data-level="tunnels_open"><figcaption>Open tunnels</figcaption></figure>
<figure data-growth="tunnels_opened_total tunnels_closed_total" data-names="opened closed"><figcaption>Tunnels a second</figcaption></figure>
<figure data-growth="bytes_total.from-client bytes_total.to-client" data-names="from-clients to-clients" data-unit="B"><figcaption>Bytes a second</figcaption></figure>
<figure data-growth="refused_total" data-names="refused"><figcaption>Refusals a second</figcaption></figure>
</section>
)";

std::string header(const Snapshot& snapshot, const PageOptions& options) {
  std::string html("<header><h1>WebSocket tunnels</h1>\n<p id=\"when\">");
  html.append(escape_html(options.server)).append(", ").append(as_calendar(snapshot.time));
  html.append("; counted since ").append(as_calendar(snapshot.started)).append("</p>\n");
  html.append("<p id=\"trouble\" role=\"status\" hidden></p>\n");
  return html.append("</header>\n");
}

std::string footer(const PageOptions& options) {
  std::string html("<footer><p><a href=\"?json\">JSON</a> <a href=\"?prometheus\">Prometheus</a>");
  html.append("<noscript> <a href=\"").append(options.reloads ? "?" : "?refresh").append("\">");
  html.append(options.reloads ? "Stop refreshing" : "Refresh every five seconds");
  return html.append("</a></noscript></p></footer>\n");
}

}  // namespace

std::string_view page_script() noexcept { return k_script; }
std::string_view page_style() noexcept { return k_style; }

std::string to_page(const Snapshot& snapshot, const PageOptions& options) {
  std::string html = head(options);
  html.append("<body>\n").append(header(snapshot, options));
  html.append("<main>\n").append(figures(snapshot)).append(k_plots);
  html.append(
      "<form method=\"post\" action=\"?\">\n<input type=\"hidden\" name=\"token\" value=\"");
  html.append(escape_html(options.token)).append("\">\n");
  html.append(endpoint_table(snapshot)).append(host_table(snapshot));
  html.append(busiest_table(snapshot)).append(oldest_table(snapshot));
  html.append("</form>\n");
  html.append(refusal_table(snapshot)).append(closing_table(snapshot));
  html.append(child_table(snapshot)).append("</main>\n");
  return html.append(footer(options)).append("</body></html>\n");
}

}  // namespace websocket::status
