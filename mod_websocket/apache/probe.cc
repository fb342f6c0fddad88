// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/probe.hh"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "mod_websocket/apache/httpd.hh"
#include "mod_websocket/tunnel/descriptor.hh"

#include <unixd.h>

namespace websocket::apache {

namespace {

using Clock = std::chrono::steady_clock;
using tunnel::Descriptor;

// As ap_unixd_setup_child() does, without its words in the log.
bool become_child_user() {
  const uid_t user = ap_unixd_config.user_id;
  const gid_t group = ap_unixd_config.group_id;
  if (geteuid() != 0) return true;
  const passwd* const entry = getpwuid(user);
  const bool has_groups =
      entry != nullptr ? initgroups(entry->pw_name, group) == 0 : setgroups(0, nullptr) == 0;
  return setgid(group) == 0 && has_groups && setuid(user) == 0;
}

[[noreturn]] void be_probe(const std::function<void(int)>& look, int out) noexcept {
  if (become_child_user()) look(out);
  _exit(0);
}

bool read_until(int descriptor, Clock::time_point end, std::string& said) {
  std::array<char, 4096> buffer;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return false;
    pollfd polled = {.fd = descriptor, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&polled, 1, static_cast<int>(left));
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) continue;
    const ssize_t size = ::read(descriptor, buffer.data(), buffer.size());
    if (size == 0) return true;
    if (size < 0 && errno != EINTR) return false;
    said.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  }
}

}  // namespace

Probed probe_as_child(std::chrono::milliseconds limit, const std::function<void(int)>& look) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {"", false};
  const Descriptor in(ends[0]);
  Descriptor out(ends[1]);
  const pid_t process = ::fork();
  if (process == 0) be_probe(look, out.get());
  out.reset();
  if (process < 0) return {"", false};
  Probed probed{"", false};
  probed.in_time = read_until(in.get(), Clock::now() + limit, probed.said);
  if (!probed.in_time) ::kill(process, SIGKILL);
  while (::waitpid(process, nullptr, 0) < 0 && errno == EINTR) continue;
  return probed;
}

}  // namespace websocket::apache
