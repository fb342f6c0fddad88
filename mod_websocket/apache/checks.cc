// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/checks.hh"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "mod_websocket/apache/authorities.hh"
#include "mod_websocket/apache/probe.hh"
#include "mod_websocket/apache/source.hh"
#include "mod_websocket/apache/virtual_host.hh"
#include "mod_websocket/limits/capacity.hh"
#include "policy/dns_server.hh"
#include "policy/host_lookup.hh"

namespace websocket::apache {

namespace {

using namespace std::chrono_literals;

// For all files together, and all names.
constexpr std::chrono::milliseconds k_longest_look = 2s;

// Where the client's answer to a ping may well take longer.
constexpr Milliseconds k_short_ping = 1s;

void say(int descriptor, std::size_t number, std::string_view text) {
  std::string line = std::to_string(number) + " " + std::string(text) + "\n";
  std::replace(line.begin(), line.end() - 1, '\n', ' ');
  [[maybe_unused]] const ssize_t written = ::write(descriptor, line.data(), line.size());
}

// What say() said: by number.
std::map<std::size_t, std::string> heard(const std::string& said) {
  std::map<std::size_t, std::string> all;
  std::istringstream lines(said);
  std::string text;
  for (std::size_t number = 0; lines >> number && std::getline(lines, text);) {
    all.emplace(number, text.substr(text.empty() ? 0 : 1));
  }
  return all;
}

// As a handshake would find it; nothing is wrong with it where it says nothing.
std::string fault_of(const std::string& policy_file, apr_pool_t* pool) {
  const auto document = read_document(policy_file.c_str(), pool);
  if (!document) return document.error().log;
  const auto& tls = (*document)->tls;
  if (!tls || tls->ca_file.empty()) return {};
  const auto authorities = authorities_in(tls->ca_file);
  return authorities ? std::string() : policy_file + ": the file in <tls>: " + authorities.error();
}

// With what it has from the whole server and from its virtual host.
SectionConfig whole(const SectionConfig& own, server_rec* server) {
  const auto& outer = *static_cast<const SectionConfig*>(
      ap_get_module_config(server->lookup_defaults, &websocket_module));
  return SectionConfig::merged(server->process->pconf, outer, own);
}

bool asks_for_consent(const SectionConfig& section) {
  using Kind = ::policy::TargetRule::Kind;
  return section.targets != nullptr &&
         std::ranges::any_of(section.targets->rules(),
                             [](const auto& rule) { return rule.kind == Kind::consent; });
}

bool has_loopback(std::span<const ::policy::DnsServer> resolvers) {
  return std::ranges::any_of(resolvers,
                             [](const auto& each) { return each.address.is_loopback(); });
}

// ---- the whole server --------------------------------------------------------------------------

void check_descriptors(server_rec* server, std::uint32_t tunnels) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const int threads = std::max(mpm(AP_MPMQ_MAX_THREADS), 1);
  const int children = std::max(mpm(AP_MPMQ_MAX_DAEMONS), 1);
  const std::uint64_t room = limits::tunnels_within(limit.rlim_cur, threads, children);
  if (room >= tunnels) return;
  ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
               "WS0135: WebSocketMaxTunnels %u: %d children with ulimit -n %" APR_UINT64_T_FMT
               " each have descriptors for %" APR_UINT64_T_FMT " tunnels; with %" APR_UINT64_T_FMT
               " there is room for all",
               tunnels, children, std::uint64_t{limit.rlim_cur}, room,
               limits::descriptors_wanted(tunnels, threads, children));
}

void check_processes(server_rec* server, std::uint32_t tunnels) {
  const int workers = mpm(AP_MPMQ_MAX_DAEMONS);
  if (tunnels != 0 && tunnels < static_cast<std::uint32_t>(workers)) return;
  ap_log_error(
      APLOG_MARK, APLOG_NOTICE, 0, server,
      "WS0136: under prefork each tunnel keeps a process: tunnels may take all %d of "
      "MaxRequestWorkers from pages; set WebSocketMaxTunnels to less, or use the event MPM",
      workers);
}

void check_slots(server_rec* server) {
  const int slots = mpm(AP_MPMQ_HARD_LIMIT_DAEMONS);
  const int children = mpm(AP_MPMQ_MAX_DAEMONS);
  // The worker MPM gives the slot of a draining child to a new one.
  if (children == 0 || slots > children || std::string_view(ap_show_mpm()) != "event") return;
  ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, server,
               "WS0137: no slot is left for children that drain: a graceful restart may close "
               "tunnels at once; set ServerLimit to more than %d",
               children);
}

void check_shutdown(server_rec* server, Milliseconds drain) {
  const Milliseconds shutdown{ap_graceful_shutdown_timeout * 1000L};
  if (shutdown == 0ms || shutdown >= drain) return;
  ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server,
               "WS0138: GracefulShutdownTimeout %d ends a graceful stop before "
               "WebSocketDrainTimeout (%ld s) does: tunnels get 1001",
               ap_graceful_shutdown_timeout, static_cast<long>(drain.count() / 1000));
}

}  // namespace

Checks& Checks::instance() noexcept {
  static Checks checks;
  return checks;
}

void Checks::note_section(const cmd_parms* command, const SectionConfig* section) {
  sections_.emplace(section, Place{command->server, command->directive});
}

void Checks::note_policy_file(const cmd_parms* command, const char* path) {
  policy_files_.emplace_back(path, Place{command->server, command->directive});
}

void Checks::note_name(const cmd_parms* command, const SectionConfig* section,
                       const std::string& name) {
  names_.push_back({name, section, {command->server, command->directive}});
}

void Checks::run(server_rec* main_server) {
  check_policy_files();
  check_sections();
  check_server_names(main_server);
  const bool is_test = ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST;
  // A start waits for no name.
  if (is_test) check_names();
  const ProcessConfig& process = process_config(main_server);
  const std::uint32_t tunnels = process.tunnel_bounds().tunnels;
  if (sections_.empty() && tunnels == 0) return;  // loaded, and not used
  if (mpm(AP_MPMQ_IS_THREADED) == AP_MPMQ_NOT_SUPPORTED) {
    check_processes(main_server, tunnels);
    return;
  }
  if (tunnels != 0) check_descriptors(main_server, tunnels);
  check_slots(main_server);
  check_shutdown(main_server, process.drain_time());
}

void Checks::check_policy_files() const {
  if (policy_files_.empty()) return;
  const auto looked = probe_as_child(k_longest_look, [this](int out) {
    apr_pool_t* pool = nullptr;
    apr_pool_create(&pool, nullptr);
    for (std::size_t i = 0; i < policy_files_.size(); ++i) {
      const std::string fault = fault_of(policy_files_[i].first, pool);
      if (!fault.empty()) say(out, i, fault);
    }
  });
  for (const auto& [number, fault] : heard(looked.said)) {
    const Place& place = policy_files_[number].second;
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, place.server,
                 "WS0131: WebSocketPolicyFile on line %d of %s, as httpd's children see it: %s",
                 place.directive->line_num, place.directive->filename, fault.c_str());
  }
}

void Checks::check_names() const {
  // By the servers to ask.
  std::map<const std::vector<::policy::DnsServer>*, std::vector<const Name*>> groups;
  for (const Name& name : names_) {
    groups[whole(*name.section, name.place.server).consent.resolvers].push_back(&name);
  }
  const auto until = ::policy::HostClock::now() + k_longest_look;
  auto left = static_cast<long>(groups.size());
  for (const auto& [resolvers, names] : groups) {
    std::vector<std::string> texts;
    for (const Name* name : names) texts.push_back(name->text);
    std::span<const ::policy::DnsServer> servers;
    if (resolvers != nullptr) servers = *resolvers;
    // Servers that do not answer leave the others their share of the time.
    const auto now = ::policy::HostClock::now();
    const auto results = ::policy::look_up_hosts(texts, servers, now + (until - now) / left--);
    for (std::size_t i = 0; i < names.size(); ++i) {
      // Only what is sure: a server that does not answer now may do so in a minute.
      if (results[i] || results[i].error().kind != ::policy::HostFault::Kind::unknown) continue;
      const Place& place = names[i]->place;
      ap_log_error(APLOG_MARK, APLOG_WARNING, 0, place.server,
                   "WS0132: WebSocketTarget on line %d of %s: there is no host %s",
                   place.directive->line_num, place.directive->filename, names[i]->text.c_str());
    }
  }
}

void Checks::check_server_names(server_rec* main_server) const {
  for (server_rec* server = main_server; server != nullptr; server = server->next) {
    // What stands outside of virtual hosts holds for all.
    const bool serves = endpoints_.contains(server) || endpoints_.contains(main_server);
    if (!serves || is_named(*server)) continue;
    const bool is_main = server == main_server;
    ap_log_error(
        APLOG_MARK, APLOG_NOTICE, 0, server,
        "WS0141: %s has no ServerName: a page of whatever name leads here is an own page of "
        "its endpoints",
        is_main ? "the main server"
                : apr_psprintf(server->process->pconf, "the virtual host on line %u of %s",
                               server->defn_line_number, server->defn_name));
  }
}

void Checks::check_sections() const {
  for (const auto& [own, place] : sections_) {
    const auto section = whole(*own, place.server);
    const char* const file = place.directive->filename;
    const int line = place.directive->line_num;
    const tunnel::Timing timing = section.timing();
    if (timing.ping_interval == 0ms && timing.idle_timeout == 0ms) {
      ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, place.server,
                   "WS0133: near line %d of %s: WebSocketPingInterval and WebSocketIdleTimeout are "
                   "both off: tunnels of clients that are gone stay for hours",
                   line, file);
    }
    if (timing.ping_interval != 0ms && timing.ping_interval < k_short_ping) {
      ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, place.server,
                   "WS0139: near line %d of %s: WebSocketPingInterval %ldms closes clients whose "
                   "answer takes longer; write 1s or more",
                   line, file, static_cast<long>(timing.ping_interval.count()));
    }
    if (!asks_for_consent(section)) continue;
    if (section.consent.how() == ConsentAsked::off) {
      ap_log_error(APLOG_MARK, APLOG_WARNING, 0, place.server,
                   "WS0134: near line %d of %s: WebSocketTarget consent allows nothing while "
                   "WebSocketConsent is off",
                   line, file);
    } else if (section.consent.how() == ConsentAsked::dnssec &&
               section.consent.anchors == nullptr &&
               !has_loopback(::policy::dns_servers_or_system(section.consent.servers()))) {
      ap_log_error(APLOG_MARK, APLOG_WARNING, 0, place.server,
                   "WS0140: near line %d of %s: WebSocketConsent dnssec believes only a resolver "
                   "on loopback, of which %s names none, or a WebSocketTrustAnchor",
                   line, file,
                   section.consent.servers().empty() ? "/etc/resolv.conf" : "WebSocketResolver");
    } else if (!section.consent.asked && section.consent.anchors != nullptr) {
      ap_log_error(
          APLOG_MARK, APLOG_WARNING, 0, place.server,
          "WS0142: near line %d of %s: WebSocketTrustAnchor %s is of no use, and what owners "
          "publish is not validated; write WebSocketConsent dnssec",
          line, file, section.consent.anchor_file);
    }
  }
}

}  // namespace websocket::apache
