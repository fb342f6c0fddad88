// SPDX-License-Identifier: Apache-2.0
//
// One DNS question to a recursive resolver, one answer back. Our own sockets and not ldns's
// resolver, which (1.8.3) knows no deadline across tries and TCP, sends without MSG_NOSIGNAL, and
// takes an answer from any address on a socket that it does not connect.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "policy/dns_server.hh"
#include "policy/packet.hh"

namespace policy {

enum class ExchangeFault {
  timed_out,
  unreachable,  ///< no server could be sent to, or all said that nothing listens there
  malformed,
  too_large,  ///< more records than are looked at
  no_tcp,     ///< the answer did not fit into a datagram, and none came over TCP
  over_budget,
  no_descriptor,  ///< this process has none left; the Budget is told as well
  bad_name,       ///< the question's name is no DNS name
};

struct Reply {
  PacketPtr packet;  ///< never null, never truncated
  DnsServer server;  ///< who answered
};

class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual tl::expected<Reply, ExchangeFault> ask(const Question& question, Budget& budget) = 0;
};

/// UDP first, each try from a socket of its own: a port of the kernel's choice, connected so that
/// only the server's own datagrams arrive, and an unpredictable id (RFC 5452). TCP when the answer
/// is truncated, for a share of the time that is left where others may still answer. Servers are
/// tried in order, a lone server twice, as datagrams get lost; whoever answers first with something
/// of use ends it. Blocks until then, at most `query_timeout`. One object may serve many threads:
/// it keeps nothing between questions.
class SocketExchange final : public Exchange {
 public:
  static constexpr std::chrono::milliseconds k_query_timeout{2000};

  explicit SocketExchange(std::vector<DnsServer> servers,
                          std::chrono::milliseconds query_timeout = k_query_timeout);

  tl::expected<Reply, ExchangeFault> ask(const Question& question, Budget& budget) override;

 private:
  tl::expected<Reply, ExchangeFault> try_all(const Question& question, Budget& budget) const;

  std::vector<DnsServer> schedule_;  // whom to send to, one after the other
  std::chrono::milliseconds query_timeout_;
};

}  // namespace policy
