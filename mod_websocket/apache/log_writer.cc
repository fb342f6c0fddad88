// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/log_writer.hh"

#include <apr_portable.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unixd.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "mod_websocket/apache/pool.hh"
#include "mod_websocket/apache/retained.hh"

namespace websocket::apache {

namespace {

using Clock = limits::LogThrottle::Clock;
using tunnel::Descriptor;

// A pipe's room: for the lines of thousands of tunnels that end at once. Linux gives that much to
// any user.
constexpr int k_pipe_bytes = 1 << 20;

// What one line is waited for, and how many times as long no other is: the thread that waits has
// tunnels to serve.
constexpr std::chrono::milliseconds k_patience{50};
constexpr int k_rest = 20;

// The programs, by the parent's process pool: the module itself is loaded anew by a restart, so
// that nothing of C++ may be in here.
struct Program {
  Program* next;
  const char* command;
  apr_pool_t* pool;
  piped_log* pipe;
  int readings_unused;
  bool is_ended;     // by a restart
  bool is_doubtful;  // it may be: nobody of us was there
};

struct Programs {
  Program* first;
  int generation;  // that of the last configuration with this module
};

constexpr const char* k_retained = "mod_websocket programs 3";

Programs& retained_programs() {
  return retained_value<Programs>(k_retained, [] { return Programs{nullptr, -1}; });
}

Program*& programs() { return retained_programs().first; }

int descriptor_of(apr_file_t* file) {
  apr_os_file_t descriptor = -1;
  apr_os_file_get(&descriptor, file);
  return descriptor;
}

int pipe_of(const Program& program) { return descriptor_of(ap_piped_log_write_fd(program.pipe)); }

Program* start(server_rec* server, const char* command) {
  apr_pool_t* pool = nullptr;
  apr_pool_create(&pool, server->process->pool);
  piped_log* const pipe = ap_open_piped_log(pool, command);
  if (pipe == nullptr) {
    apr_pool_destroy(pool);
    return nullptr;
  }
  auto* const program = static_cast<Program*>(apr_pcalloc(pool, sizeof(Program)));
  *program = {programs(), apr_pstrdup(pool, command), pool, pipe, 0, false, false};
  programs() = program;
  // Nobody else writes into it, and the program's end is another open file.
  fcntl(pipe_of(*program), F_SETFL, O_WRONLY | O_NONBLOCK);
  fcntl(pipe_of(*program), F_SETPIPE_SZ, k_pipe_bytes);
  return program;
}

// Which gets what nobody has read: children that the same signal ended wrote it behind the
// program's end.
Program* start_successor(server_rec* server, const Program& of) {
  Program* const successor = start(server, of.command);
  if (successor != nullptr) {
    const int from = descriptor_of(ap_piped_log_read_fd(of.pipe));
    const int to = pipe_of(*successor);
    while (splice(from, nullptr, to, nullptr, k_pipe_bytes, SPLICE_F_NONBLOCK) > 0) {
    }
  }
  return successor;
}

Program* running(server_rec* server, const char* command) {
  for (Program** link = &programs(); *link != nullptr; link = &(*link)->next) {
    Program* const each = *link;
    if (std::string_view(each->command) != command) continue;
    if (each->is_ended) {
      *link = each->next;
      Program* const successor = start_successor(server, *each);
      apr_pool_destroy(each->pool);
      return successor;
    }
    // Should it go on, it has the lines of draining children still to come.
    if (each->is_doubtful) return start_successor(server, *each);
    each->readings_unused = 0;
    return each;
  }
  return start(server, command);
}

// As the disk was full when the server ended, say. What cannot be read is taken for whole.
bool ends_within_a_line(int file, const char* path) {
  struct stat info {};
  if (::fstat(file, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0) return false;
  const Descriptor readable(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  char last = '\n';
  return ::pread(readable.get(), &last, 1, info.st_size - 1) == 1 && last != '\n';
}

}  // namespace

void begin_programs() {
  const bool all_ended = ap_unixd_mpm_get_retained_data()->was_graceful == 0;
  int generation = 0;
  ap_mpm_query(AP_MPMQ_GENERATION, &generation);
  // A restart to a configuration without this module may have ended them, and httpd does not start
  // again what it has ended itself.
  const bool is_back = generation - std::exchange(retained_programs().generation, generation) > 1;
  for (Program** link = &programs(); *link != nullptr;) {
    Program* const each = *link;
    each->is_ended = each->is_ended || all_ended;
    each->is_doubtful = each->is_doubtful || is_back;
    if (++each->readings_unused < 2) {
      link = &each->next;
      continue;
    }
    *link = each->next;
    apr_pool_destroy(each->pool);
  }
}

LogWriter* LogWriter::open(apr_pool_t* pool, server_rec* server, const char* name,
                           std::atomic<bool>& is_cut) {
  if (*name == '|') {
    const Program* const program = running(server, name + 1);
    if (program == nullptr) {
      ap_log_error(APLOG_MARK, APLOG_ERR, 0, server, "WS0122: WebSocketLog: cannot start %s",
                   name + 1);
      return nullptr;
    }
    return make_in_pool<LogWriter>(pool, server, name, &is_cut, pipe_of(*program), Descriptor());
  }
  const char* const path = ap_server_root_relative(pool, name);
  Descriptor file;
  if (path == nullptr) {
    errno = EINVAL;
  } else {
    // It may be a pipe by name, as /dev/stdout often is: without a reader it would hold up the
    // start of the server, and with one that does not read every tunnel of a child.
    file.reset(
        ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0644));
  }
  if (!file) {
    ap_log_error(APLOG_MARK, APLOG_ERR, errno, server, "WS0123: WebSocketLog: cannot open %s",
                 path != nullptr ? path : name);
    return nullptr;
  }
  const int descriptor = file.get();
  if (ends_within_a_line(descriptor, path)) is_cut = true;
  return make_in_pool<LogWriter>(pool, server, name, &is_cut, descriptor, std::move(file));
}

void LogWriter::write(std::string_view line) noexcept {
  if (is_cut_->load(std::memory_order_relaxed)) {
    if (!write_whole("\n")) return;
    is_cut_->store(false, std::memory_order_relaxed);
  }
  write_whole(line);
}

bool LogWriter::write_whole(std::string_view text) noexcept {
  const std::size_t size = text.size();
  std::optional<Clock::time_point> since;
  int error = 0;
  while (!text.empty() && error == 0) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (written < 0 && errno == EAGAIN) {
      const bool gives_up = !since && rests();
      if (!since) since = Clock::now();
      if (gives_up || !wait_for_room(*since)) error = EAGAIN;
    } else if (written == 0 || errno != EINTR) {
      error = written == 0 ? ENOSPC : errno;
    }
  }
  if (error == 0) return true;
  if (text.size() < size) is_cut_->store(true, std::memory_order_relaxed);
  lost(error);
  return false;
}

bool LogWriter::rests() const noexcept {
  return Clock::now().time_since_epoch().count() < rests_until_.load(std::memory_order_relaxed);
}

// Again where others who write into the same pipe were faster.
bool LogWriter::wait_for_room(Clock::time_point since) noexcept {
  using std::chrono::milliseconds;
  const auto left = std::chrono::ceil<milliseconds>(since + k_patience - Clock::now()).count();
  pollfd polled = {.fd = descriptor_, .events = POLLOUT, .revents = 0};
  const bool has_room = left > 0 && ::poll(&polled, 1, static_cast<int>(left)) > 0;
  const auto now = Clock::now();
  rests_until_.store((now + k_rest * (now - since)).time_since_epoch().count(),
                     std::memory_order_relaxed);
  return has_room;
}

void LogWriter::lost(int error) noexcept {
  const auto left_out = throttle_.admit(Clock::now());
  if (!left_out) return;
  ap_log_error(APLOG_MARK, APLOG_ERR, error, server_, "WS0232: WebSocketLog %s: a line was lost%s",
               name_, limits::and_left_out(*left_out).c_str());
}

}  // namespace websocket::apache
