// SPDX-License-Identifier: Apache-2.0
// Where the lines of a log go: the end of a file, or the input of a program.
//
// A file is opened by the parent for each configuration and inherited by its children. A child of
// an older one goes on writing into what it has inherited: into the file that was moved away, say.
// O_APPEND, and one write() a line, let all of them write into the same file. A full disk may take
// the first part of a line alone. Nobody can take it away again, since others may have written
// behind it; but whoever writes next, in whatever child, ends it before the own line. Children of
// another configuration know nothing of it; the parent looks how a file ends when it opens it.
//
// A program is started by the parent once, not once a configuration: it goes on over restarts for
// as long as a directive names it, and one reading of the configuration longer. (httpd's own logs
// get a new program with each restart and the old one is killed, which would lose what the tunnels
// of draining children have still to say.) httpd starts it again should it end.
#pragma once

#include <atomic>
#include <string_view>

#include "mod_websocket/apache/httpd.hh"
#include "mod_websocket/limits/log_throttle.hh"
#include "mod_websocket/tunnel/descriptor.hh"

namespace websocket::apache {

class LogWriter {
 public:
  // In the parent, of one configuration; lives in its pool. `name` is a path, relative to
  // ServerRoot, or | and a program with its arguments. `is_cut` is shared with all children, and
  // with other writers to the same name. Null where it cannot be opened, which the error log is
  // told.
  static LogWriter* open(apr_pool_t* pool, server_rec* server, const char* name,
                         std::atomic<bool>& is_cut);

  LogWriter(const server_rec* server, const char* name, std::atomic<bool>* is_cut, int descriptor,
            tunnel::Descriptor owned)
      : server_(server),
        name_(name),
        is_cut_(is_cut),
        descriptor_(descriptor),
        owned_(std::move(owned)) {}

  // A whole line. Any thread. A line that cannot be written, or not to its end, is lost, which the
  // error log is told once a second at most. A program that does not read, or reads slowly, is
  // waited for a moment, and then no more for a longer while: engine threads have other tunnels to
  // serve.
  void write(std::string_view line) noexcept;

 private:
  // Waited a while ago, and has tunnels to serve now.
  bool rests() const noexcept;
  bool wait_for_room(limits::LogThrottle::Clock::time_point since) noexcept;
  bool write_whole(std::string_view text) noexcept;
  void lost(int error) noexcept;

  const server_rec* server_;
  const char* name_;
  std::atomic<bool>* is_cut_;  // a line in front of the next one has no end
  int descriptor_;
  tunnel::Descriptor owned_;  // of a file; a program's pipe is httpd's
  limits::LogThrottle throttle_;
  std::atomic<limits::LogThrottle::Clock::rep> rests_until_{
      limits::LogThrottle::Clock::duration::min().count()};
};

// Once a reading of the configuration, before the first open().
void begin_programs();

}  // namespace websocket::apache
