// SPDX-License-Identifier: Apache-2.0
// DNS messages. The first octet chooses the type that was asked for and who validates; the rest is
// what the server sends to every question, its id and question put right so that it is looked into.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "policy/resolver.hh"

namespace {

using policy::LookupStatus;
using policy::Question;
using policy::RecordType;
using policy::Security;

constexpr std::uint16_t k_id = 0x1234;
constexpr std::size_t k_header = 12;
constexpr std::time_t k_now = 1'800'000'000;

void require(bool condition) {
  if (!condition) std::abort();
}

class OneAnswer final : public policy::Exchange {
 public:
  explicit OneAnswer(std::vector<std::byte> tail) : tail_(std::move(tail)) {}

  tl::expected<policy::Reply, policy::ExchangeFault> ask(const Question& question,
                                                         policy::Budget& budget) override {
    if (!budget.take_query()) return tl::make_unexpected(policy::ExchangeFault::over_budget);
    // The input begins at the flags; the question is ours, and what follows is the input's again.
    const auto query = policy::encode_question(question, k_id);
    if (!query) return tl::make_unexpected(policy::ExchangeFault::bad_name);
    std::vector<std::byte> message = tail_;
    message.resize(std::max(message.size(), k_header - 2));
    message.insert(message.begin(), query->begin(), query->begin() + 2);
    message[4] = std::byte{0};
    message[5] = std::byte{1};
    const auto end = query->end() - 11;  // the OPT record
    message.insert(message.begin() + k_header, query->begin() + k_header, end);
    message[2] |= std::byte{0x80};

    auto packet = policy::decode_reply(message, question, k_id);
    if (!packet) return tl::make_unexpected(policy::ExchangeFault::malformed);
    return policy::Reply{std::move(*packet), *policy::DnsServer::parse("127.0.0.1")};
  }

 private:
  std::vector<std::byte> tail_;
};

const policy::TrustAnchors& anchors() {
  static const auto anchors = policy::TrustAnchors::parse(
      "test. 60 IN DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000\n"
      "arpa. 60 IN DNSKEY 257 3 13 "
      "kE3nVaSBpw9HFuKvMGbZ8OkVHnrGSQRrGe2Gkqzw8FxRxXTgZatiYsZyFTsEjtZfdg6M7dr8xxCTfGcBLj2cng==\n");
  return *anchors;
}

void check(const policy::Answer& answer, bool validated) {
  require(answer.records.empty() || answer.status == LookupStatus::ok);
  require(answer.aliases.size() <= policy::k_max_aliases);
  require(answer.records.size() <= policy::k_max_records);
  if (answer.status == LookupStatus::ok) {
    require(!answer.records.empty());
    require((answer.security == Security::secure) == validated);
    require(answer.ttl.count() >= 0 && answer.ttl.count() <= 0x7fffffff);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr RecordType types[] = {RecordType::a, RecordType::aaaa, RecordType::ptr,
                                  RecordType::txt};
  const auto type = types[data[0] % 4];
  const unsigned who = data[0] / 4 % 3;
  const auto rest = std::as_bytes(std::span(data, size)).subspan(1);
  // Below one anchor, below the other, below none.
  const std::string name =
      std::array{"irc.test", "1.2.0.192.in-addr.arpa", "irc.example"}[data[0] / 12 % 3];
  OneAnswer exchange({rest.begin(), rest.end()});
  policy::Budget budget(policy::Budget::Clock::now() + std::chrono::seconds(5), 12, 12);
  if (who == 2) {
    policy::Resolver resolver(exchange, anchors(), std::chrono::system_clock::from_time_t(k_now));
    // Nobody knows a key of that hash, or the other key's secret half: nothing is ever signed.
    require(resolver.query(name, type, budget).status != LookupStatus::ok);
    return 0;
  }
  const bool validated = who == 1;
  policy::Resolver resolver(exchange,
                            validated ? policy::Validation::by_resolver : policy::Validation::off);
  check(resolver.query(name, type, budget), validated);
  return 0;
}
