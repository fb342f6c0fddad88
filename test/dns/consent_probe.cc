// SPDX-License-Identifier: Apache-2.0
//
// consent_probe [options] ADDRESS PORT SERVED_BY
//
// Judges consent by the functions that the module uses and prints what came of it, a `key: value`
// pair a line, for the tests beside it. Options: --resolver ADDR[:PORT] (several), --anchors FILE,
// --dnssec, --now EPOCH (the clock that signatures are checked against), --time MS.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/consent.hh"
#include "policy/endpoint.hh"
#include "policy/resolver.hh"

namespace {

struct Options {
  std::vector<policy::DnsServer> resolvers;
  std::optional<policy::TrustAnchors> anchors;
  policy::ConsentMode mode = policy::ConsentMode::dns;
  policy::Validator::TimePoint now = std::chrono::system_clock::now();
  policy::ConsentLimits limits;
  std::vector<std::string> words;
};

[[noreturn]] void fail(std::string_view why) {
  std::cerr << "consent_probe: " << why << "\n";
  std::exit(2);
}

template <typename Value>
Value must(tl::expected<Value, std::string> value) {
  if (!value) fail(value.error());
  return std::move(*value);
}

Options read_options(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    const auto argument = [&]() -> std::string {
      if (++i == count) fail(word + " needs an argument");
      return arguments[i];
    };
    if (word == "--resolver") {
      options.resolvers.push_back(must(policy::DnsServer::parse(argument())));
    } else if (word == "--anchors") {
      options.anchors = must(policy::TrustAnchors::load(argument()));
    } else if (word == "--dnssec") {
      options.mode = policy::ConsentMode::dnssec;
    } else if (word == "--now") {
      options.now = std::chrono::system_clock::from_time_t(std::atoll(argument().c_str()));
    } else if (word == "--time") {
      options.limits.time = std::chrono::milliseconds(std::atoi(argument().c_str()));
    } else {
      options.words.push_back(word);
    }
  }
  options.resolvers = policy::dns_servers_or_system(options.resolvers);
  if (options.words.size() != 3) fail("ADDRESS PORT SERVED_BY");
  return options;
}

void print(const policy::ConsentStep& step) {
  std::cout << "step: " << step.question << " | " << name_of(step.status) << " | "
            << name_of(step.security) << " | " << step.conclusion << "\n";
  for (const auto& alias : step.aliases) std::cout << "alias: " << alias << "\n";
  for (const auto& record : step.records) {
    std::cout << "record: " << record.text << " | " << record.remark << "\n";
  }
}

}  // namespace

int main(int count, char** arguments) {
  const auto options = read_options(count, arguments);
  const auto address = policy::Address::parse(options.words[0]);
  if (!address) fail("no address: " + options.words[0]);
  const auto port = must(policy::parse_port(options.words[1]));

  policy::SocketExchange exchange(options.resolvers);
  const bool dnssec = options.mode == policy::ConsentMode::dnssec;
  policy::Resolver resolver =
      dnssec && options.anchors
          ? policy::Resolver(exchange, *options.anchors, options.now)
          : policy::Resolver(exchange,
                             dnssec ? policy::Validation::by_resolver : policy::Validation::off);
  const auto start = std::chrono::steady_clock::now();
  const auto verdict = policy::judge_consent(*address, port, options.words[2], resolver,
                                             options.mode, options.limits);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start);
  for (const auto& step : verdict.steps) print(step);
  std::cout << "reason: " << name_of(verdict.reason) << "\n"
            << "status: " << name_of(verdict.status) << "\n"
            << "fault: " << name_of(verdict.fault) << "\n"
            << "ttl: " << verdict.ttl.count() << "\n"
            << "took-ms: " << took.count() << "\n"
            << "text: " << verdict.text << "\n";
  return verdict.is_granted() ? 0 : 1;
}
