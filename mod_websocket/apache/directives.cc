// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/directives.hh"

#include <charconv>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "mod_websocket/apache/checks.hh"
#include "mod_websocket/apache/config.hh"
#include "mod_websocket/apache/guard.hh"
#include "mod_websocket/apache/pool.hh"
#include "mod_websocket/apache/verdict_cache.hh"
#include "policy/quantity.hh"
#include "policy/target.hh"

namespace websocket::apache {

namespace {

// A reader turns an argument into a value or into a sentence that says what to write. The
// template below makes an httpd command function of one and of the member that it sets.
template <class T>
using Reading = tl::expected<T, std::string>;

Reading<unsigned long> read_number(std::string_view text) {
  unsigned long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  // One that is too large for the type is too large for everybody who reads it.
  if (error == std::errc::result_out_of_range) number = std::numeric_limits<unsigned long>::max();
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) {
    return tl::unexpected("'" + std::string(text) + "' is not a whole number");
  }
  return number;
}

// httpd's own syntax for times, without its leniency for what follows the unit.
Reading<Milliseconds> read_time(const char* text) {
  const std::string_view unit = text + std::strspn(text, "0123456789");
  const bool has_digits = unit.data() != text;
  const bool is_unit =
      unit.empty() || unit == "ms" || unit == "s" || unit == "mi" || unit == "min" || unit == "h";
  if (!has_digits || !is_unit) {
    return tl::unexpected("'" + std::string(text) +
                          "' is not a time: write a whole number and ms, s, min or h, such as 5s");
  }
  apr_interval_time_t time = 0;
  // Of what is written so, it fails at what is too large to be told.
  const bool is_told = ap_timeout_parameter_parse(text, &time, "s") == APR_SUCCESS;
  const Milliseconds read{apr_time_as_msec(time)};
  if (!is_told || read > std::chrono::hours(24 * 365)) {
    return tl::unexpected("'" + std::string(text) + "' is more than a year");
  }
  return read;
}

Reading<Milliseconds> read_positive_time(const char* text) {
  const auto time = read_time(text);
  if (time && time->count() == 0)
    return tl::unexpected(std::string("the time must be more than 0"));
  return time;
}

Reading<Milliseconds> read_time_or_off(const char* text) {
  if (ap_cstr_casecmp(text, "off") == 0) return Milliseconds(0);
  const auto time = read_time(text);
  if (!time) return tl::unexpected(time.error() + "; off is none");
  return time;
}

Reading<int> read_origin_status(const char* text) {
  const std::string_view status = text;
  if (status == "401") return HTTP_UNAUTHORIZED;
  if (status == "403") return HTTP_FORBIDDEN;
  return tl::unexpected("'" + std::string(text) + "' is neither 401 nor 403");
}

Reading<ConsentAsked> read_consent(const char* text) {
  if (ap_cstr_casecmp(text, "off") == 0) return ConsentAsked::off;
  if (ap_cstr_casecmp(text, "dns") == 0) return ConsentAsked::dns;
  if (ap_cstr_casecmp(text, "dnssec") == 0) return ConsentAsked::dnssec;
  return tl::unexpected("'" + std::string(text) + "' is neither off nor dns nor dnssec");
}

Reading<unsigned> read_threads(const char* text) {
  const auto number = read_number(text);
  if (!number) return tl::unexpected(number.error());
  if (*number < 1 || *number > 64)
    return tl::unexpected(std::string("the number must be from 1 to 64"));
  return static_cast<unsigned>(*number);
}

Reading<std::uint32_t> read_tunnels(const char* text) {
  if (ap_cstr_casecmp(text, "none") == 0) return 0;
  const auto number = read_number(text);
  if (!number) return tl::unexpected(number.error() + "; none is no limit");
  if (*number < 1 || *number > k_most_tunnels) {
    return tl::unexpected("the number must be from 1 to " + std::to_string(k_most_tunnels));
  }
  return static_cast<std::uint32_t>(*number);
}

Reading<std::uint64_t> read_size(const char* text) { return ::policy::parse_size(text); }

// What may stand behind `WebSocketCompression On`.
Reading<void> read_compression_word(std::string_view word, deflate::Settings& settings) {
  const auto number_in = [word](std::string_view name, int low, int high) -> Reading<int> {
    const auto number = read_number(word.substr(name.size()));
    if (number && *number >= static_cast<unsigned long>(low) &&
        *number <= static_cast<unsigned long>(high)) {
      return static_cast<int>(*number);
    }
    return tl::unexpected("'" + std::string(word) + "': write " + std::string(name) +
                          " and a number from " + std::to_string(low) + " to " +
                          std::to_string(high));
  };
  constexpr std::string_view k_level = "level=";
  constexpr std::string_view k_window = "window=";
  if (word == "no-takeover") {
    settings.takeover = false;
  } else if (word.starts_with(k_level)) {
    const auto level = number_in(k_level, 1, 9);
    if (!level) return tl::unexpected(level.error());
    settings.level = *level;
  } else if (word.starts_with(k_window)) {
    const auto window = number_in(k_window, 9, 15);
    if (!window) return tl::unexpected(window.error());
    settings.window = *window;
  } else {
    return tl::unexpected("'" + std::string(word) +
                          "' is not known; known are level=1..9, window=9..15 and no-takeover");
  }
  return {};
}

const char* complain(cmd_parms* command, const std::string& why) {
  return apr_pstrcat(command->pool, command->cmd->name, ": ", why.c_str(), nullptr);
}

// ---- setters -------------------------------------------------------------------------------

// AllowOverrideList gives whatever may stand in a directory to .htaccess, which httpd reads at each
// request, in many threads: what is noted for the checks would be written to by all of them.
template <typename Set>
const char* by_administrator(cmd_parms* command, Set set) noexcept {
  if (const char* const misplaced = ap_check_cmd_context(command, NOT_IN_HTACCESS)) {
    return misplaced;
  }
  return guarded(command->server, command->cmd->name, "failed", set);
}

template <auto Member, auto Read>
const char* set_in_section(cmd_parms* command, void* config, const char* argument) noexcept {
  return by_administrator(command, [&]() -> const char* {
    const auto value = Read(argument);
    if (!value) return complain(command, value.error());
    auto* const section = static_cast<SectionConfig*>(config);
    section->*Member = *value;
    Checks::instance().note_section(command, section);
    return nullptr;
  });
}

template <auto Member, auto Read>
const char* set_in_process(cmd_parms* command, void*, const char* argument) noexcept {
  return guarded(command->server, command->cmd->name, "failed", [&]() -> const char* {
    if (const char* misplaced = ap_check_cmd_context(command, GLOBAL_ONLY)) return misplaced;
    const auto value = Read(argument);
    if (!value) return complain(command, value.error());
    auto* const process = static_cast<ProcessConfig*>(
        ap_get_module_config(command->server->module_config, &websocket_module));
    process->*Member = *value;
    return nullptr;
  });
}

// Of the two limits, the second to be read is told where they do not fit.
template <auto Member>
const char* set_tunnels(cmd_parms* command, void* config, const char* argument) noexcept {
  if (const char* const error = set_in_process<Member, read_tunnels>(command, config, argument)) {
    return error;
  }
  const limits::Bounds bounds = process_config(command->server).tunnel_bounds();
  if (bounds.tunnels == 0 || bounds.per_client <= bounds.tunnels) return nullptr;
  return apr_psprintf(command->pool,
                      "%s: WebSocketMaxTunnelsPerClient %u is more than WebSocketMaxTunnels %u, "
                      "and would limit nobody",
                      command->cmd->name, bounds.per_client, bounds.tunnels);
}

template <auto Member>
const char* set_flag(cmd_parms* command, void* config, int on) noexcept {
  return by_administrator(command, [&]() -> const char* {
    static_cast<SectionConfig*>(config)->*Member = on != 0;
    return nullptr;
  });
}

const char* set_enabled(cmd_parms* command, void* config, int on) noexcept {
  return guarded(command->server, command->cmd->name, "failed", [&]() -> const char* {
    static_cast<SectionConfig*>(config)->enabled = on != 0;
    // A .htaccess is read while requests are served.
    const bool is_htaccess = command->pool == command->temp_pool;
    if (on != 0 && !is_htaccess) Checks::instance().note_endpoint(command);
    return nullptr;
  });
}

const char* set_compression(cmd_parms* command, void* config, int count,
                            char* const words[]) noexcept {
  return by_administrator(command, [&]() -> const char* {
    const std::string_view state = count == 0 ? "" : words[0];
    Compression compression;
    compression.on = ap_cstr_casecmp(state.data(), "on") == 0;
    if (!compression.on && ap_cstr_casecmp(state.data(), "off") != 0) {
      return complain(command, "write On or Off first");
    }
    if (!compression.on && count > 1) return complain(command, "nothing stands behind Off");
    for (int i = 1; i < count; ++i) {
      const auto read = read_compression_word(words[i], compression.settings);
      if (!read) return complain(command, read.error());
    }
    static_cast<SectionConfig*>(config)->compression = compression;
    return nullptr;
  });
}

const char* set_policy_file(cmd_parms* command, void* config, const char* path) noexcept {
  return by_administrator(command, [&]() -> const char* {
    const char* const absolute = ap_server_root_relative(command->pool, path);
    if (absolute == nullptr) return complain(command, std::string("invalid path '") + path + "'");
    auto* const section = static_cast<SectionConfig*>(config);
    section->policy_file = absolute;
    Checks::instance().note_section(command, section);
    Checks::instance().note_endpoint(command);
    Checks::instance().note_policy_file(command, absolute);
    return nullptr;
  });
}

const char* add_target(cmd_parms* command, void* config, const char* argument) noexcept {
  return by_administrator(command, [&]() -> const char* {
    auto rule = ::policy::parse_target_rule(argument);
    if (!rule) return complain(command, rule.error());
    if (rule->kind == ::policy::TargetRule::Kind::consent) VerdictCache::instance().want();
    auto& section = *static_cast<SectionConfig*>(config);
    Checks::instance().note_section(command, &section);
    // What may be reached is for endpoints, which a .htaccess may make where no directive here
    // does.
    if (rule->kind != ::policy::TargetRule::Kind::none) Checks::instance().note_endpoint(command);
    if (rule->kind == ::policy::TargetRule::Kind::name) {
      Checks::instance().note_name(command, &section, rule->pattern);
    }
    // The section's own, which nobody shares before the configuration is read.
    auto* targets = const_cast<::policy::TargetRules*>(section.targets);
    if (targets == nullptr) {
      section.targets = targets = make_in_pool<::policy::TargetRules>(command->pool);
    }
    targets->add(std::move(*rule));
    return nullptr;
  });
}

const char* set_consent(cmd_parms* command, void* config, const char* argument) noexcept {
  return by_administrator(command, [&]() -> const char* {
    const auto asked = read_consent(argument);
    if (!asked) return complain(command, asked.error());
    auto* const section = static_cast<SectionConfig*>(config);
    section->consent.asked = *asked;
    Checks::instance().note_section(command, section);
    return nullptr;
  });
}

const char* add_resolver(cmd_parms* command, void* config, const char* argument) noexcept {
  return by_administrator(command, [&]() -> const char* {
    const auto server = ::policy::DnsServer::parse(argument);
    if (!server) return complain(command, server.error());
    auto& consent = static_cast<SectionConfig*>(config)->consent;
    using Resolvers = std::vector<::policy::DnsServer>;
    auto* resolvers = const_cast<Resolvers*>(consent.resolvers);  // as for targets
    if (resolvers == nullptr)
      consent.resolvers = resolvers = make_in_pool<Resolvers>(command->pool);
    resolvers->push_back(*server);
    return nullptr;
  });
}

const char* set_trust_anchor(cmd_parms* command, void* config, const char* path) noexcept {
  return by_administrator(command, [&]() -> const char* {
    const char* const absolute = ap_server_root_relative(command->pool, path);
    if (absolute == nullptr) return complain(command, std::string("invalid path '") + path + "'");
    auto anchors = ::policy::TrustAnchors::load(absolute);
    if (!anchors) return complain(command, anchors.error());
    auto& consent = static_cast<SectionConfig*>(config)->consent;
    consent.anchors = make_in_pool<::policy::TrustAnchors>(command->pool, std::move(*anchors));
    consent.anchor_file = absolute;
    return nullptr;
  });
}

const char* set_cache(cmd_parms* command, void*, const char* provider) noexcept {
  if (const char* const misplaced = ap_check_cmd_context(command, GLOBAL_ONLY)) return misplaced;
  return VerdictCache::instance().choose(command, provider);
}

const char* set_cache_key(cmd_parms* command, void*, const char* path) noexcept {
  if (const char* const misplaced = ap_check_cmd_context(command, GLOBAL_ONLY)) return misplaced;
  return guarded(command->server, command->cmd->name, "failed",
                 [&] { return VerdictCache::instance().choose_key(command, path); });
}

AccessLogs& access_logs(cmd_parms* command) {
  return static_cast<ProcessConfig*>(
             ap_get_module_config(command->server->module_config, &websocket_module))
      ->access_logs;
}

const char* add_log(cmd_parms* command, void*, const char* file, const char* format,
                    const char* condition) noexcept {
  return guarded(command->server, command->cmd->name, "failed", [&] {
    return add_access_log(command, access_logs(command), file, format, condition);
  });
}

const char* name_format(cmd_parms* command, void*, const char* format, const char* name) noexcept {
  return guarded(command->server, command->cmd->name, "failed",
                 [&] { return name_log_format(command, access_logs(command), format, name); });
}

// Not in .htaccess: what a site's author may reach is for the administrator to say.
constexpr int k_administrator = RSRC_CONF | ACCESS_CONF;

}  // namespace

// Of each, `httpd -L` says the arguments and, behind a colon, what it is for: the manual has both
// in the same words, and test/guards/manual_guard compares them.
const command_rec directives[] = {
    AP_INIT_FLAG("WebSocket", set_enabled, nullptr, RSRC_CONF | OR_FILEINFO,
                 "On|Off: whether the resources of this section are WebSocket endpoints, whose "
                 "content is the policy that says where to"),
    AP_INIT_TAKE1("WebSocketPolicyFile", set_policy_file, nullptr, k_administrator,
                  "path: one policy of the administrator's own for every URL of this section"),
    AP_INIT_ITERATE("WebSocketTarget", add_target, nullptr, k_administrator,
                    "rule [rule] ...: what policies from the web root may reach"),
    AP_INIT_TAKE1("WebSocketConsent", set_consent, nullptr, k_administrator,
                  "off|dns|dnssec: how the owner of another host is asked for consent"),
    AP_INIT_ITERATE(
        "WebSocketResolver", add_resolver, nullptr, k_administrator,
        "address[:port] [address[:port]] ...: the DNS resolvers to ask instead of the system's"),
    AP_INIT_TAKE1("WebSocketTrustAnchor", set_trust_anchor, nullptr, k_administrator,
                  "path: the zone file of DS or DNSKEY records that DNSSEC validation begins with"),
    AP_INIT_TAKE1("WebSocketCache", set_cache, nullptr, RSRC_CONF,
                  "provider[:arguments]: where answers about consent are kept"),
    AP_INIT_TAKE1("WebSocketCacheKey", set_cache_key, nullptr, RSRC_CONF,
                  "path: the key that servers have in common which share answers about consent"),
    AP_INIT_TAKE1("WebSocketOriginStatus",
                  (set_in_section<&SectionConfig::origin_status, read_origin_status>), nullptr,
                  k_administrator, "401|403: the answer to a page whose origin is not allowed"),
    AP_INIT_FLAG(
        "WebSocketExplain", set_flag<&SectionConfig::explain>, nullptr, k_administrator,
        "On|Off: whether who asks by Accept: application/problem+json is told in that form "
        "why a handshake is refused"),
    AP_INIT_FLAG("WebSocketStatus", set_flag<&SectionConfig::status>, nullptr, k_administrator,
                 "On|Off: whether the status page is shown here"),
    AP_INIT_TAKE1("WebSocketConnectTimeout",
                  (set_in_section<&SectionConfig::connect_timeout, read_positive_time>), nullptr,
                  k_administrator, "time: how long connecting to the target may take"),
    AP_INIT_TAKE1("WebSocketCloseTimeout",
                  (set_in_section<&SectionConfig::close_timeout, read_positive_time>), nullptr,
                  k_administrator, "time: how long an end may take to finish once the other has"),
    AP_INIT_TAKE1("WebSocketPingInterval",
                  (set_in_section<&SectionConfig::ping_interval, read_time_or_off>), nullptr,
                  k_administrator, "time|off: how often an open client is pinged"),
    AP_INIT_TAKE1("WebSocketIdleTimeout",
                  (set_in_section<&SectionConfig::idle_timeout, read_time_or_off>), nullptr,
                  k_administrator, "time|off: after how long without data a tunnel is closed"),
    AP_INIT_TAKE_ARGV("WebSocketCompression", set_compression, nullptr, k_administrator,
                      "Off|On [level=1..9] [window=9..15] [no-takeover]: whether "
                      "permessage-deflate is agreed on with clients that offer it"),
    AP_INIT_TAKE1("WebSocketMaxMessageSize",
                  (set_in_section<&SectionConfig::max_message, read_size>), nullptr,
                  k_administrator, "size: the longest message taken from a client"),
    AP_INIT_TAKE123(
        "WebSocketLog", add_log, nullptr, RSRC_CONF,
        "file|pipe [format|nickname] [env=[!]variable|expr=expression]: where a line is "
        "written for each tunnel that is over, and how"),
    AP_INIT_TAKE2("WebSocketLogFormat", name_format, nullptr, RSRC_CONF,
                  "format nickname: a format for WebSocketLog by a name"),
    AP_INIT_TAKE1("WebSocketThreads", (set_in_process<&ProcessConfig::threads, read_threads>),
                  nullptr, RSRC_CONF, "number: how many engine threads a child process has"),
    AP_INIT_TAKE1("WebSocketDrainTimeout",
                  (set_in_process<&ProcessConfig::drain_timeout, read_time>), nullptr, RSRC_CONF,
                  "time: how long a child that is to end lets its tunnels go on"),
    AP_INIT_TAKE1("WebSocketMaxTunnels", set_tunnels<&ProcessConfig::max_tunnels>, nullptr,
                  RSRC_CONF, "number|none: how many tunnels there are at most, over all children"),
    AP_INIT_TAKE1("WebSocketMaxTunnelsPerClient",
                  set_tunnels<&ProcessConfig::max_tunnels_per_client>, nullptr, RSRC_CONF,
                  "number|none: how many tunnels a client has at most"),
    {nullptr, {nullptr}, nullptr, 0, RAW_ARGS, nullptr},
};

}  // namespace websocket::apache
