// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/log/line.hh"

#include <array>
#include <map>
#include <utility>
#include <vector>

#include "test/unit/catch.hh"

namespace websocket::log {
namespace {

using tunnel::Account;
using tunnel::Ending;
using namespace std::chrono_literals;

// What the test says, the same for each item; it notes what it was asked for.
class Said final : public Opening {
 public:
  std::optional<std::string> value(Item item, const std::string& argument) const override {
    asked.emplace_back(item, argument);
    const auto found = values.find(item);
    if (found == values.end()) return std::nullopt;
    return found->second;
  }
  std::map<Item, std::string> values;
  mutable std::vector<std::pair<Item, std::string>> asked;
};

struct Closing {
  Account account;
  tunnel::Clock::duration lasted = 1234567us;

  std::string line(std::string_view text, const Opening& opening = Said()) const {
    const auto format = Format::compile(text);
    INFO((format ? "" : format.error()));
    REQUIRE(format);
    const Values values = keep_values(*format, opening);
    const tunnel::Time opened{1h};
    const Summary summary{account, WallTime{100s}, WallTime{200s}, opened, opened + lasted, 42};
    std::array<char, k_longest_line> out;
    const std::size_t size = write_line(*format, values.get(), summary, out);
    REQUIRE(size <= out.size());
    REQUIRE(out[size - 1] == '\n');
    return {out.data(), size - 1};
  }
};

TEST_CASE("values of the request stand where the format has them", "[log]") {
  Said said;
  said.values = {{Item::path, "/irc.xml"}, {Item::user, "ann"}, {Item::target, "irc:6667"}};
  CHECK(Closing().line("<%u> %U -> %{ws-target}x%%", said) == "<ann> /irc.xml -> irc:6667%");
}

TEST_CASE("nothing is told that the request is not asked for", "[log]") {
  const Said said;
  Closing().line("%D %{Referer}i %P", said);
  REQUIRE(said.asked.size() == 1);
  CHECK(said.asked[0] == std::pair{Item::header, std::string("Referer")});
}

TEST_CASE("what is not there is a dash", "[log]") {
  Said said;
  said.values = {{Item::user, ""}};
  CHECK(Closing().line("%u %q %{Referer}i %{ws-close}x %{ws-ending}x %{ws-reason}x", said) ==
        "- - - - - -");
  CHECK(Closing().line("%{ws-first-byte}x %{ws-ratio-sent}x %{ws-closed-by}x") == "- - -");
}

TEST_CASE("the account is told", "[log]") {
  Closing closing;
  closing.account.client_bytes = UINT64_MAX;
  closing.account.client_messages = 3;
  closing.account.target_bytes = 400;
  closing.account.target_messages = 5;
  closing.account.close_code = 1000;
  closing.account.ending = Ending::client_closed;
  CHECK(closing.line("%{ws-received}x %{ws-messages-received}x %{ws-sent}x %{ws-messages-sent}x") ==
        "18446744073709551615 3 400 5");
  CHECK(closing.line("%{ws-close}x %{ws-ending}x %{ws-closed-by}x") == "1000 client-closed client");
  CHECK(closing.line("%D %T %{s}T %{ms}T %{us}T %P") == "1234567 1 1 1234 1234567 42");
  CHECK(closing.line("%{begin:sec}t %{sec}t %{end:sec}t") == "100 100 200");
}

TEST_CASE("the time to the target's first byte is counted from the opening", "[log]") {
  Closing closing;
  closing.account.target_began = tunnel::Time{1h} + 1500us;
  CHECK(closing.line("%{ws-first-byte}x") == "1500");
}

TEST_CASE("a ratio is that of the wire to the payload in percent", "[log]") {
  Closing closing;
  closing.account.client_bytes = 1000;
  closing.account.client_wire_bytes = 255;
  closing.account.target_bytes = 10;
  closing.account.target_wire_bytes = 12;
  CHECK(closing.line("%{ws-ratio-received}x %{ws-ratio-sent}x") == "25 120");
}

TEST_CASE("every ending has a word, and somebody whose doing it was", "[log]") {
  for (int i = 1; i <= static_cast<int>(tunnel::k_last_ending); ++i) {
    const auto ending = static_cast<Ending>(i);
    CAPTURE(tunnel::name(ending));
    CHECK(tunnel::token(ending) != "-");
    CHECK(tunnel::token(ending).find(' ') == std::string_view::npos);
    CHECK(closed_by(ending) != "-");
  }
}

TEST_CASE("the reason says which rule was broken, or who was late", "[log]") {
  Closing closing;
  closing.account.timed_out = true;
  CHECK(closing.line("%{ws-reason}x") == "the other end did not finish in time");
  closing.account.fault = framing::Fault{};
  CHECK(closing.line("%{ws-reason}x") == framing::describe(framing::Fault{}));
  closing.account.violation = frame::Violation{};
  CHECK(closing.line("%{ws-reason}x") == frame::describe(frame::Violation{}));
}

TEST_CASE("hostile values neither forge a line nor push the end out of it", "[log]") {
  Said said;
  said.values = {{Item::path, std::string(100'000, '\x1b')},
                 {Item::user, "\n1.2.3.4 - root"},
                 {Item::header, std::string(100'000, '"')}};
  Closing closing;
  closing.account.ending = Ending::client_vanished;
  const std::string line = closing.line("%u \"%U\" \"%{User-Agent}i\" %{ws-ending}x", said);
  CHECK(line.ends_with("...\" client-vanished"));
  CHECK(line.starts_with("\\n1.2.3.4 - root \"\\x1b"));
  CHECK(line.find('\n') == std::string::npos);
}

TEST_CASE("the longest possible line of a format that is just allowed fits", "[log]") {
  std::string text;
  for (int i = 0; i < 63; ++i) text += "%U";
  Said said;
  said.values = {{Item::path, std::string(1000, 'x')}};
  CHECK(Closing().line(text, said).size() == 63 * 65);
}

}  // namespace
}  // namespace websocket::log
