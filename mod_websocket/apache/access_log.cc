// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/access_log.hh"

#include <apr_shm.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <map>
#include <new>
#include <utility>

#include "mod_websocket/apache/config.hh"
#include "mod_websocket/apache/pool.hh"
#include "policy/quoted.hh"

namespace websocket::apache {

namespace {

using tunnel::Clock;

const char* complain(cmd_parms* command, const std::string& why) {
  return apr_pstrcat(command->pool, command->cmd->name, ": ", why.c_str(), nullptr);
}

bool is_name(std::string_view text) { return text.find('%') == std::string_view::npos; }

const char* read_condition(cmd_parms* command, AccessLog& log, const char* text) {
  const std::string_view condition = text;
  if (condition.starts_with("env=") && condition != "env=" && condition != "env=!") {
    log.variable = text + 4;
    return nullptr;
  }
  if (!condition.starts_with("expr=")) {
    return complain(command,
                    "'" + std::string(condition) +
                        "': write env=NAME, env=!NAME or expr=EXPRESSION as the condition");
  }
  const char* error = nullptr;
  log.condition = ap_expr_parse_cmd(command, text + 5, AP_EXPR_FLAG_DONT_VARY, &error, nullptr);
  return error != nullptr ? complain(command, error) : nullptr;
}

bool applies(request_rec* r, const AccessLog& log) {
  if (log.variable != nullptr) {
    const bool negated = *log.variable == '!';
    const bool is_set =
        apr_table_get(r->subprocess_env, log.variable + (negated ? 1 : 0)) != nullptr;
    return is_set != negated;
  }
  if (log.condition == nullptr) return true;
  const char* error = nullptr;
  const int holds = ap_expr_exec(r, log.condition, &error);
  if (holds < 0) {
    ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "WS0231: WebSocketLog: its condition: %s",
                  error);
  }
  return holds > 0;
}

class AccessLogJournal final : public tunnel::Journal {
 public:
  struct Entry {
    const AccessLog* log;
    log::Values values;
  };

  AccessLogJournal(std::unique_ptr<tunnel::Journal> inner, std::vector<Entry> entries) noexcept
      : inner_(std::move(inner)), entries_(std::move(entries)) {}

  void progressed(const tunnel::Account& account, tunnel::Time time) noexcept override {
    inner_->progressed(account, time);
  }
  bool is_dismissed() const noexcept override { return inner_->is_dismissed(); }

  void ended(const tunnel::Account& account) noexcept override {
    inner_->ended(account);
    const log::Summary summary{account, opened_, now(), opened_steadily_, Clock::now(), getpid()};
    std::array<char, log::k_longest_line> line;
    for (const Entry& each : entries_) {
      const std::size_t size = log::write_line(each.log->format, each.values.get(), summary, line);
      each.log->writer->write({line.data(), size});
    }
  }

 private:
  static log::WallTime now() noexcept {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }

  std::unique_ptr<tunnel::Journal> inner_;
  std::vector<Entry> entries_;
  log::WallTime opened_ = now();
  Clock::time_point opened_steadily_ = Clock::now();
};

// Nothing, or what is wrong.
std::string resolve(AccessLog& log, const AccessLogs& server) {
  if (!is_name(log.format_text)) return {};
  const auto named = server.formats.find(log.format_text);
  if (named != server.formats.end()) {
    log.format = named->second.format;
    return {};
  }
  if (log.format_text != log::k_default_name) {
    return "there is no format " + ::policy::quoted(log.format_text) +
           ": define it with WebSocketLogFormat, or write a format with its items";
  }
  auto format = log::Format::compile(log::k_default_format);
  if (!format) return format.error();
  log.format = std::move(*format);
  return {};
}

// A flag for each name, in memory that the children of this configuration share with each other.
bool share(std::map<std::string_view, std::atomic<bool>*>& flags, apr_pool_t* pool,
           server_rec* server) {
  if (flags.empty()) return true;
  apr_shm_t* memory = nullptr;
  const apr_status_t created = apr_shm_create(&memory, flags.size(), nullptr, pool);
  if (created != APR_SUCCESS) {
    ap_log_error(APLOG_MARK, APLOG_CRIT, created, server,
                 "WS0124: WebSocketLog: cannot have %" APR_SIZE_T_FMT " bytes of shared memory",
                 flags.size());
    return false;
  }
  static_assert(sizeof(std::atomic<bool>) == 1 && std::atomic<bool>::is_always_lock_free);
  auto* next = static_cast<std::byte*>(apr_shm_baseaddr_get(memory));
  for (auto& [name, flag] : flags) flag = new (next++) std::atomic<bool>(false);
  return true;
}

AccessLogs& access_logs(const server_rec* server) {
  return static_cast<ProcessConfig*>(ap_get_module_config(server->module_config, &websocket_module))
      ->access_logs;
}

}  // namespace

const AccessLogs& access_logs_of(const server_rec* server) { return access_logs(server); }

AccessLogs AccessLogs::merged(const AccessLogs& outer, const AccessLogs& inner) {
  AccessLogs both = inner;
  if (inner.logs.empty()) both.logs = outer.logs;
  both.formats.insert(outer.formats.begin(), outer.formats.end());
  return both;
}

const char* add_access_log(cmd_parms* command, AccessLogs& logs, const char* file,
                           const char* format, const char* condition) {
  // The format may be left out, the condition not be taken for one.
  const std::string_view second = format != nullptr ? format : "";
  if (condition == nullptr && (second.starts_with("env=") || second.starts_with("expr="))) {
    condition = std::exchange(format, nullptr);
  }
  auto* const log = make_in_pool<AccessLog>(
      command->pool,
      AccessLog{.file = file,
                .format_text = format != nullptr ? format : std::string(log::k_default_name),
                .place = command->directive});
  if (*file == '\0' || std::string_view(file) == "|") {
    return complain(command, "write a file, or | and a program");
  }
  if (condition != nullptr) {
    if (const char* const error = read_condition(command, *log, condition)) return error;
  }
  if (!is_name(log->format_text)) {
    auto compiled = log::Format::compile(log->format_text);
    if (!compiled) return complain(command, compiled.error());
    log->format = std::move(*compiled);
  }
  logs.logs.push_back(log);
  return nullptr;
}

const char* name_log_format(cmd_parms* command, AccessLogs& logs, const char* format,
                            const char* name) {
  if (*name == '\0' || !is_name(name)) {
    return complain(command, "'" + std::string(name) +
                                 "' is not a name: write the format first, and then its name");
  }
  auto compiled = log::Format::compile(format);
  if (!compiled) return complain(command, compiled.error());
  logs.formats.insert_or_assign(name, NamedFormat{std::move(*compiled), command->directive->args});
  return nullptr;
}

bool check_access_logs(server_rec* main_server) {
  bool all_right = true;
  for (server_rec* server = main_server; server != nullptr; server = server->next) {
    AccessLogs& logs = access_logs(server);
    for (AccessLog* const log : logs.logs) {
      // An inherited one was resolved where it stands, and may mean another format here only by a
      // definition that stands behind it.
      if (server != main_server && std::ranges::count(access_logs(main_server).logs, log) != 0) {
        continue;
      }
      const std::string wrong = resolve(*log, logs);
      if (wrong.empty()) continue;
      all_right = false;
      ap_log_error(APLOG_MARK, APLOG_ERR, 0, server, "WS0121: WebSocketLog on line %d of %s: %s",
                   log->place->line_num, log->place->filename, wrong.c_str());
    }
  }
  return all_right;
}

bool open_access_logs(apr_pool_t* pool, server_rec* main_server, bool rehearsal) {
  if (!rehearsal) begin_programs();
  std::map<std::string_view, std::atomic<bool>*> are_cut;
  for (server_rec* server = main_server; server != nullptr; server = server->next) {
    for (const AccessLog* const log : access_logs(server).logs) are_cut[log->file] = nullptr;
  }
  if (!share(are_cut, pool, main_server)) return false;
  for (server_rec* server = main_server; server != nullptr; server = server->next) {
    for (AccessLog* const log : access_logs(server).logs) {
      if (log->writer != nullptr || (rehearsal && *log->file == '|')) continue;
      log->writer = LogWriter::open(pool, server, log->file, *are_cut[log->file]);
      if (log->writer == nullptr) return false;
    }
  }
  return true;
}

std::unique_ptr<tunnel::Journal> with_access_logs(request_rec* r, const log::Opening& opening,
                                                  std::unique_ptr<tunnel::Journal> inner) {
  std::vector<AccessLogJournal::Entry> entries;
  for (const AccessLog* const log : access_logs(r->server).logs) {
    if (applies(r, *log)) entries.push_back({log, log::keep_values(log->format, opening)});
  }
  if (entries.empty()) return inner;
  entries.shrink_to_fit();
  return std::make_unique<AccessLogJournal>(std::move(inner), std::move(entries));
}

}  // namespace websocket::apache
