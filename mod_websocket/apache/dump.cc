// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/dump.hh"

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mod_websocket/apache/access_log.hh"
#include "mod_websocket/apache/config.hh"
#include "mod_websocket/apache/directives.hh"
#include "mod_websocket/apache/verdict_cache.hh"
#include "policy/quantity.hh"

namespace websocket::apache {

namespace {

// The arguments of a directive, as often as it is given; none where it says nothing and has no
// default.
using Arguments = std::vector<std::string>;

Arguments once(std::string arguments) { return {std::move(arguments)}; }

Arguments on_off(bool on) { return once(on ? "On" : "Off"); }

// As httpd reads it again (ap_getword_conf).
std::string as_argument(std::string_view text) {
  if (text.find_first_of(" \t\"'\\") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

Arguments path_or_none(const char* path) {
  return path != nullptr ? once(as_argument(path)) : Arguments();
}

Arguments number_or_none(std::uint32_t number) {
  return once(number == 0 ? "none" : std::to_string(number));
}

Arguments time_or(std::string_view zero, Milliseconds time) {
  return once(time.count() == 0 ? std::string(zero) : ::policy::time_text(time));
}

template <class List, class Text>
std::string listed(const List& list, Text text) {
  std::string all;
  for (const auto& one : list) all += (all.empty() ? "" : " ") + text(one);
  return all;
}

std::string targets(const SectionConfig& section) {
  if (section.targets == nullptr || section.targets->empty()) return "none";
  return listed(section.targets->rules(), [](const auto& rule) { return as_argument(rule.text); });
}

std::string consent(ConsentAsked asked) {
  switch (asked) {
    case ConsentAsked::off: return "off";
    case ConsentAsked::dns: return "dns";
    case ConsentAsked::dnssec: return "dnssec";
  }
  return {};
}

Arguments resolvers(const ConsentConfig& consent) {
  if (consent.resolvers == nullptr) return {};
  return once(listed(*consent.resolvers, [](const auto& server) { return server.to_string(); }));
}

std::string compression(const Compression& compression) {
  if (!compression.on) return "Off";
  const auto& [level, window, takeover] = compression.settings;
  return "On level=" + std::to_string(level) + " window=" + std::to_string(window) +
         (takeover ? "" : " no-takeover");
}

Arguments log_lines(const AccessLogs& logs) {
  Arguments lines;
  for (const AccessLog* log : logs.logs) lines.emplace_back(log->place->args);
  return lines;
}

Arguments format_lines(const AccessLogs& logs) {
  Arguments lines;
  for (const auto& [name, format] : logs.formats) lines.emplace_back(format.arguments);
  return lines;
}

// What holds outside of sections.
struct Scope {
  const SectionConfig& section;
  const ProcessConfig& process;
  const AccessLogs& logs;
};

struct Line {
  std::string_view directive;
  Arguments (*arguments)(const Scope& at);
};

constexpr Line k_lines[] = {
    {"WebSocket", [](const Scope& at) { return on_off(at.section.is_endpoint()); }},
    {"WebSocketPolicyFile", [](const Scope& at) { return path_or_none(at.section.policy_file); }},
    {"WebSocketTarget", [](const Scope& at) { return once(targets(at.section)); }},
    {"WebSocketConsent", [](const Scope& at) { return once(consent(at.section.consent.how())); }},
    {"WebSocketResolver", [](const Scope& at) { return resolvers(at.section.consent); }},
    {"WebSocketTrustAnchor",
     [](const Scope& at) { return path_or_none(at.section.consent.anchor_file); }},
    {"WebSocketCache",
     [](const Scope&) { return once(as_argument(VerdictCache::instance().provider())); }},
    {"WebSocketCacheKey",
     [](const Scope&) { return path_or_none(VerdictCache::instance().key_file()); }},
    {"WebSocketOriginStatus",
     [](const Scope& at) { return once(std::to_string(at.section.refused_origin_status())); }},
    {"WebSocketExplain", [](const Scope& at) { return on_off(at.section.explains()); }},
    {"WebSocketStatus", [](const Scope& at) { return on_off(at.section.shows_status()); }},
    {"WebSocketConnectTimeout",
     [](const Scope& at) { return time_or("0", at.section.connect_time()); }},
    {"WebSocketCloseTimeout",
     [](const Scope& at) { return time_or("0", at.section.timing().close_timeout); }},
    {"WebSocketPingInterval",
     [](const Scope& at) { return time_or("off", at.section.timing().ping_interval); }},
    {"WebSocketIdleTimeout",
     [](const Scope& at) { return time_or("off", at.section.timing().idle_timeout); }},
    {"WebSocketCompression",
     [](const Scope& at) { return once(compression(at.section.tunnel_compression())); }},
    {"WebSocketMaxMessageSize",
     [](const Scope& at) { return once(::policy::size_text(at.section.limits().max_message)); }},
    {"WebSocketThreads",
     [](const Scope& at) { return once(std::to_string(at.process.engine_threads())); }},
    {"WebSocketDrainTimeout",
     [](const Scope& at) { return time_or("0", at.process.drain_time()); }},
    {"WebSocketMaxTunnels",
     [](const Scope& at) { return number_or_none(at.process.tunnel_bounds().tunnels); }},
    {"WebSocketMaxTunnelsPerClient",
     [](const Scope& at) { return number_or_none(at.process.tunnel_bounds().per_client); }},
    {"WebSocketLog", [](const Scope& at) { return log_lines(at.logs); }},
    {"WebSocketLogFormat", [](const Scope& at) { return format_lines(at.logs); }},
};

void print(const Scope& at) {
  for (const command_rec* command = directives; command->name != nullptr; ++command) {
    const auto* const line = std::ranges::find(k_lines, command->name, &Line::directive);
    if (line == std::end(k_lines)) {
      std::printf("# %s: not in this listing\n", command->name);
      continue;
    }
    const Arguments all = line->arguments(at);
    if (all.empty()) std::printf("# %s: not set\n", command->name);
    for (const std::string& one : all) std::printf("%s %s\n", command->name, one.c_str());
  }
  // Its default is another there.
  const std::string at_echo = compression(at.section.echo_compression());
  std::printf("# websocket-echo: WebSocketCompression %s\n", at_echo.c_str());
}

}  // namespace

void dump_where_asked(server_rec* main_server) {
  if (!ap_exists_config_define("DUMP_WEBSOCKET")) return;
  for (const server_rec* server = main_server; server != nullptr; server = server->next) {
    const char* const name =
        server->server_hostname != nullptr ? server->server_hostname : "without a ServerName";
    if (server->is_virtual) {
      std::printf("# virtual host %s (%s:%u)\n", name, server->defn_name, server->defn_line_number);
    } else {
      std::printf("# main server %s\n", name);
    }
    print({.section = *static_cast<const SectionConfig*>(
               ap_get_module_config(server->lookup_defaults, &websocket_module)),
           .process = process_config(main_server),
           .logs = access_logs_of(server)});
  }
}

}  // namespace websocket::apache
