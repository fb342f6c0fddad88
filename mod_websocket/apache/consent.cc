// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/consent.hh"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>

#include "mod_websocket/apache/verdict_cache.hh"
#include "policy/resolver.hh"

namespace websocket::apache {

namespace {

// Of those who ask for the same at the same time one looks it up and the others wait for it.
class Flights {
 public:
  template <class LookUp>
  ConsentAnswer share(const std::string& key, LookUp&& look_up) {
    std::unique_lock lock(mutex_);
    if (const auto under_way = flights_.find(key); under_way != flights_.end()) {
      const std::shared_ptr<Flight> flight = under_way->second;
      flight->landed.wait(lock, [&] { return flight->answer.has_value(); });
      return *flight->answer;
    }
    const auto flight = std::make_shared<Flight>();
    flights_.emplace(key, flight);
    lock.unlock();
    ConsentAnswer answer{false, "the lookup could not be made"};
    try {
      answer = look_up();
    } catch (...) {
      land(key, *flight, answer);
      throw;
    }
    land(key, *flight, answer);
    return answer;
  }

 private:
  struct Flight {
    std::condition_variable landed;
    std::optional<ConsentAnswer> answer;
  };

  void land(const std::string& key, Flight& flight, const ConsentAnswer& answer) {
    const std::lock_guard lock(mutex_);
    flight.answer = answer;
    flights_.erase(key);
    flight.landed.notify_all();
  }

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Flight>> flights_;
};

Flights& flights() {
  static Flights instance;
  return instance;
}

std::string lower(std::string_view text) {
  std::string result(text);
  ap_str_tolower(result.data());
  return result;
}

// All that the verdict depends on; what is kept of it counts for nothing else.
std::string key_of(const ConsentConfig& config, const ::policy::Address& target, std::uint16_t port,
                   std::string_view served_by) {
  std::string key = config.how() == ConsentAsked::dnssec ? "dnssec " : "dns ";
  key += target.to_string() + " " + std::to_string(port) + " " + lower(served_by);
  for (const auto& resolver : config.servers()) key += " " + resolver.to_string();
  if (config.anchors != nullptr) key.append(" anchors ").append(config.anchors->digest());
  return key;
}

// In the cache: a letter for the verdict, then the text.
constexpr char k_granted = 'G';
constexpr char k_refused = 'R';

std::string encode(const ConsentAnswer& answer) {
  std::string value(1, answer.granted ? k_granted : k_refused);
  value.append(answer.text, 0, VerdictCache::k_max_value - 1);
  return value;
}

std::optional<ConsentAnswer> decode(const std::string& value) {
  if (value.empty() || (value[0] != k_granted && value[0] != k_refused)) return std::nullopt;
  return ConsentAnswer{value[0] == k_granted, value.substr(1)};
}

::policy::ConsentVerdict look_up(const ConsentConfig& config, const ::policy::Address& target,
                                 std::uint16_t port, std::string_view served_by) {
  ::policy::SocketExchange exchange(::policy::dns_servers_or_system(config.servers()));
  const bool validates = config.how() == ConsentAsked::dnssec;
  const auto mode = validates ? ::policy::ConsentMode::dnssec : ::policy::ConsentMode::dns;
  if (validates && config.anchors != nullptr) {
    ::policy::Resolver resolver(exchange, *config.anchors);
    return ::policy::judge_consent(target, port, served_by, resolver, mode);
  }
  ::policy::Resolver resolver(
      exchange, validates ? ::policy::Validation::by_resolver : ::policy::Validation::off);
  return ::policy::judge_consent(target, port, served_by, resolver, mode);
}

static_assert(::policy::k_most_consent_ttl <= seal::k_longest / 2);

}  // namespace

ConsentAnswer ask_consent(const ConsentConfig& config, const ::policy::Address& target,
                          std::uint16_t port, std::string_view served_by, server_rec* server,
                          apr_pool_t* scratch) {
  if (config.how() == ConsentAsked::off) {
    return {false, target.to_string() + ": WebSocketConsent is off, so that no owner is asked"};
  }
  const std::string key = key_of(config, target, port, served_by);
  VerdictCache& cache = VerdictCache::instance();
  return flights().share(key, [&]() -> ConsentAnswer {
    if (const auto kept = cache.find(key, server, scratch)) {
      if (auto answer = decode(*kept)) return std::move(*answer);
    }
    const auto verdict = look_up(config, target, port, served_by);
    const bool crowded = verdict.reason == ::policy::ConsentReason::no_descriptor;
    ConsentAnswer answer{verdict.is_granted(), verdict.text, crowded};
    if (!crowded) cache.keep(key, encode(answer), verdict.ttl, server, scratch);
    return answer;
  });
}

}  // namespace websocket::apache
