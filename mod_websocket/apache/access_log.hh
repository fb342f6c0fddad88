// SPDX-License-Identifier: Apache-2.0
// WebSocketLog: a line for each tunnel that is over.
//
// Who owns what: formats and writers belong to the pool of the configuration, which a child keeps
// until it exits, however many configurations its parent has read meanwhile. A tunnel's journal
// points at them and owns nothing but the values that it keeps for its lines; it dies with its
// tunnel, and the last tunnel before the child does.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mod_websocket/apache/httpd.hh"
#include "mod_websocket/apache/log_writer.hh"
#include "mod_websocket/log/format.hh"
#include "mod_websocket/log/line.hh"
#include "mod_websocket/tunnel/tunnel.hh"

namespace websocket::apache {

// One WebSocketLog.
struct AccessLog {
  const char* file;                     // as it is written
  std::string format_text;              // the same; a name or a format
  const ap_directive_t* place;          // of the directive
  const char* variable = nullptr;       // env=
  ap_expr_info_t* condition = nullptr;  // expr=
  log::Format format{};
  LogWriter* writer = nullptr;
};

// One WebSocketLogFormat.
struct NamedFormat {
  log::Format format{};
  const char* arguments;  // as they are written
};

// Those of a server or virtual host, with CustomLog's inheritance: one that has its own has those
// alone. Named formats are inherited one by one.
struct AccessLogs {
  std::vector<AccessLog*> logs;
  std::map<std::string, NamedFormat, std::less<>> formats;

  static AccessLogs merged(const AccessLogs& outer, const AccessLogs& inner);
};

// The directives; an error says what to write.
const char* add_access_log(cmd_parms* command, AccessLogs& logs, const char* file,
                           const char* format, const char* condition);
const char* name_log_format(cmd_parms* command, AccessLogs& logs, const char* format,
                            const char* name);

// What `server` itself has, or has from the main server once the configuration is read.
const AccessLogs& access_logs_of(const server_rec* server);

// check_config: every name of a format is known. False, and the error log is told, where not.
bool check_access_logs(server_rec* main_server);

// open_logs. While the configuration is only rehearsed files are opened, so that the console hears
// of one that cannot be, and no program is started.
bool open_access_logs(apr_pool_t* pool, server_rec* main_server, bool rehearsal);

// A journal that tells `inner`, and then writes the lines that the request's virtual host asks for;
// `inner` itself where it asks for none.
std::unique_ptr<tunnel::Journal> with_access_logs(request_rec* r, const log::Opening& opening,
                                                  std::unique_ptr<tunnel::Journal> inner);

}  // namespace websocket::apache
