// SPDX-License-Identifier: Apache-2.0
//
// load MODE PORT [OPTION...]
//
// Puts a load on the WebSocket server at 127.0.0.1:PORT and answers on standard output, a JSON
// object a line: {"ready": ...} when all tunnels are open; then to each line on standard input:
//   begin   forget the latencies so far; what has been done since the start
//   look    what has been done since the start
//   check   every quiet tunnel echoes a message; answered when all have
//   end     what has been done, and the latencies since `begin`; then it ends
// The first thing that a server does wrong ends it with {"error": ...} and status 1.
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include "test/bench/load.hh"

namespace {

constexpr const char* k_usage =
    "usage: load echo | bulk | handshake | idle | mixed PORT [OPTION...]\n"
    "  --path PATH           of the endpoint (/)\n"
    "  --tls CIPHER          TLS 1.3 with this cipher suite\n"
    "  --size BYTES          of a message (64)\n"
    "  --kind binary | text  of a message (binary)\n"
    "  --connections NUMBER  that are busy (echo 50, bulk 4, handshake 16, mixed 20)\n"
    "  --window NUMBER       messages under way on each (1, bulk 2)\n"
    "  --quiet NUMBER        tunnels besides them (idle and mixed 1000)\n"
    "  --pause MS            between two messages on each of those; 0: none (mixed 10000)\n";

struct Usage : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

bench::Shape shape_of(std::string_view mode) {
  using std::chrono::milliseconds;
  if (mode == "echo") return {.busy = 50};
  if (mode == "bulk") return {.size = 65536, .busy = 4, .window = 2};
  if (mode == "handshake") return {.busy = 16, .handshakes = true};
  if (mode == "idle") return {.quiet = 1000};
  if (mode == "mixed") return {.busy = 20, .quiet = 1000, .pause = milliseconds(10000)};
  throw Usage("no mode '" + std::string(mode) + "'");
}

bench::Kind kind_of(std::string_view text) {
  if (text == "binary") return bench::Kind::binary;
  if (text == "text") return bench::Kind::text;
  throw Usage("no kind '" + std::string(text) + "'");
}

bench::Shape read_arguments(int count, char** arguments) {
  if (count < 3) throw Usage("a mode and a port");
  bench::Shape shape = shape_of(arguments[1]);
  shape.port = static_cast<std::uint16_t>(bench::parse_number(arguments[2], 65535));
  const auto number_into = [](std::size_t& number) {
    return [&number](std::string_view text) { number = bench::parse_number(text, 1U << 30U); };
  };
  const std::map<std::string_view, std::function<void(std::string_view)>> options{
      {"--path", [&](std::string_view text) { shape.path = text; }},
      {"--tls", [&](std::string_view text) { shape.cipher = text; }},
      {"--size", number_into(shape.size)},
      {"--kind", [&](std::string_view text) { shape.kind = kind_of(text); }},
      {"--connections", number_into(shape.busy)},
      {"--window", number_into(shape.window)},
      {"--quiet", number_into(shape.quiet)},
      {"--pause",
       [&](std::string_view text) {
         shape.pause = std::chrono::milliseconds(bench::parse_number(text, 86'400'000));
       }},
  };
  for (int i = 3; i < count; i += 2) {
    const auto option = options.find(arguments[i]);
    if (option == options.end()) throw Usage(std::string("no option ") + arguments[i]);
    if (i + 1 == count) throw Usage(std::string(arguments[i]) + " wants a value");
    option->second(arguments[i + 1]);
  }
  if (shape.size == 0 || shape.window == 0) throw Usage("a size and a window are at least 1");
  return shape;
}

// Lines of standard input, as they come.
class Commands {
 public:
  // What there is now; at its end "end".
  void read() {
    char buffer[256];
    const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (got < 0) bench::fail("read");
    waiting_.append(buffer, static_cast<std::size_t>(got));
    if (got == 0) waiting_ += "end\n";
  }

  std::string next() {
    const std::size_t end = waiting_.find('\n');
    if (end == std::string::npos) return {};
    std::string line = waiting_.substr(0, end);
    waiting_.erase(0, end + 1);
    return line;
  }

 private:
  std::string waiting_;
};

void say(const bench::Figures& figures, const std::string& more = {}) {
  const std::chrono::duration<double> now = bench::Clock::now().time_since_epoch();
  std::printf("{\"at\": %.6f, \"messages\": %ju, \"bytes\": %ju, \"handshakes\": %ju%s}\n",
              now.count(), static_cast<std::uintmax_t>(figures.messages),
              static_cast<std::uintmax_t>(figures.bytes),
              static_cast<std::uintmax_t>(figures.handshakes), more.c_str());
  std::fflush(stdout);
}

std::string in_json(const char* name, bench::Latencies& latencies) {
  char text[200];
  std::snprintf(text, sizeof text, ", \"%s\": {\"count\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f}",
                name, latencies.count(), latencies.percentile(0.5), latencies.percentile(0.99));
  return text;
}

class Conversation {
 public:
  explicit Conversation(const bench::Shape& shape) : load_(shape, STDIN_FILENO) {}

  void hold() {
    bool was_ready = false;
    while (!ended_) {
      if (load_.serve()) commands_.read();
      if (!was_ready && load_.ready()) {
        was_ready = true;
        say(load_.figures(), ", \"ready\": true");
      }
      if (checking_ && !load_.all_quiet_are_back()) continue;
      if (std::exchange(checking_, false)) say(load_.figures());
      for (std::string line = commands_.next(); !line.empty() && !checking_;
           line = commands_.next()) {
        obey(line);
      }
    }
  }

 private:
  void obey(const std::string& line) {
    bench::Figures& figures = load_.figures();
    if (line == "begin") {
      figures.busy.clear();
      figures.quiet.clear();
      say(figures);
    } else if (line == "look") {
      say(figures);
    } else if (line == "check") {
      load_.wake_all_quiet();
      checking_ = true;
    } else if (line == "end") {
      say(figures, in_json("busy", figures.busy) + in_json("quiet", figures.quiet));
      ended_ = true;
    } else {
      throw Usage("no command '" + line + "'");
    }
  }

  bench::Load load_;
  Commands commands_;
  bool checking_ = false;
  bool ended_ = false;
};

}  // namespace

int main(int count, char** arguments) try {
  bench::raise_descriptor_limit();
  Conversation(read_arguments(count, arguments)).hold();
  return 0;
} catch (const Usage& error) {
  std::fprintf(stderr, "load: %s\n%s", error.what(), k_usage);
  return 2;
} catch (const std::exception& error) {
  std::string text = error.what();
  for (char& one : text) {
    if (one == '"' || one == '\\' || static_cast<unsigned char>(one) < ' ') one = '\'';
  }
  std::printf("{\"error\": \"%s\"}\n", text.c_str());
  return 1;
}
