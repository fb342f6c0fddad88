// SPDX-License-Identifier: Apache-2.0
#include "policy/exchange.hh"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "policy/no_descriptor.hh"

namespace policy {
namespace {

using Clock = Budget::Clock;

constexpr std::size_t k_max_servers = 3;
// Room for more than we said we take, as some servers do not listen.
constexpr std::size_t k_datagram_buffer = 4096;
// Datagrams with a wrong id or question that one try bears. Stops somebody who guesses ids from
// having all 65536 guesses (RFC 5452 9.2).
constexpr unsigned k_max_strays = 16;

class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  int get() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

// A non-blocking socket that is connected, or for TCP connecting, to the server.
tl::expected<Socket, ExchangeFault> connect_to(const DnsServer& server, int type) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const auto bytes = server.address.bytes();
  if (server.address.is_v4()) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(server.port);
    std::memcpy(&v4->sin_addr, bytes.data(), bytes.size());
    size = sizeof *v4;
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(server.port);
    std::memcpy(&v6->sin6_addr, bytes.data(), bytes.size());
    size = sizeof *v6;
  }
  Socket socket(::socket(storage.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) {
    return tl::make_unexpected(is_no_descriptor(errno) ? ExchangeFault::no_descriptor
                                                       : ExchangeFault::unreachable);
  }
  const auto* address = reinterpret_cast<const sockaddr*>(&storage);
  if (::connect(socket.get(), address, size) != 0 && errno != EINPROGRESS) {
    return tl::make_unexpected(ExchangeFault::unreachable);
  }
  return socket;
}

std::uint16_t unpredictable_id() {
  std::uint16_t id = 0;
  // Never short for so few octets, and once the kernel is up never blocking (getrandom(2)).
  while (::getrandom(&id, sizeof id, 0) != sizeof id) {
  }
  return id;
}

// Milliseconds until then for poll(2), rounded up so that nobody spins through the last one.
int poll_timeout(Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, 60'000));
}

// True when the socket is ready (or broken, as the next call on it tells); false when it is late.
bool wait_for(const Socket& socket, short events, Clock::time_point deadline) {
  pollfd entry{socket.get(), events, 0};
  for (;;) {
    const int ready = ::poll(&entry, 1, poll_timeout(deadline));
    if (ready > 0) return true;
    if (ready == 0 && Clock::now() >= deadline) return false;
    if (ready < 0 && errno != EINTR) return false;
  }
}

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

std::optional<ExchangeFault> send_all(const Socket& socket, std::span<const std::byte> octets,
                                      Clock::time_point deadline) {
  while (!octets.empty()) {
    if (!wait_for(socket, POLLOUT, deadline)) return ExchangeFault::timed_out;
    const auto sent = ::send(socket.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent < 0 && !would_block()) return ExchangeFault::unreachable;
    if (sent > 0) octets = octets.subspan(static_cast<std::size_t>(sent));
  }
  return std::nullopt;
}

std::optional<ExchangeFault> receive_all(const Socket& socket, std::span<std::byte> octets,
                                         Clock::time_point deadline) {
  while (!octets.empty()) {
    if (!wait_for(socket, POLLIN, deadline)) return ExchangeFault::timed_out;
    const auto got = ::recv(socket.get(), octets.data(), octets.size(), 0);
    if (got == 0) return ExchangeFault::malformed;
    if (got < 0 && !would_block()) return ExchangeFault::unreachable;
    if (got > 0) octets = octets.subspan(static_cast<std::size_t>(got));
  }
  return std::nullopt;
}

ExchangeFault fault_of(ReplyFault fault) {
  return fault == ReplyFault::too_large ? ExchangeFault::too_large : ExchangeFault::malformed;
}

// That it answers datagrams is known already.
ExchangeFault over_tcp(ExchangeFault fault) {
  const bool is_silence = fault == ExchangeFault::timed_out || fault == ExchangeFault::unreachable;
  return is_silence ? ExchangeFault::no_tcp : fault;
}

// RFC 7766: each message behind its length in two octets.
tl::expected<PacketPtr, ExchangeFault> ask_over_tcp(const Question& question,
                                                    const DnsServer& server,
                                                    Clock::time_point deadline) {
  const std::uint16_t id = unpredictable_id();
  auto message = encode_question(question, id);
  if (!message) return tl::make_unexpected(ExchangeFault::bad_name);
  const auto socket = connect_to(server, SOCK_STREAM);
  if (!socket) return tl::make_unexpected(socket.error());

  const std::array prefix{static_cast<std::byte>(message->size() >> 8u),
                          static_cast<std::byte>(message->size() & 0xffu)};
  message->insert(message->begin(), prefix.begin(), prefix.end());
  if (const auto fault = send_all(*socket, *message, deadline)) {
    return tl::make_unexpected(*fault);
  }
  std::array<std::byte, 2> size{};
  if (const auto fault = receive_all(*socket, size, deadline)) return tl::make_unexpected(*fault);
  std::vector<std::byte> reply(std::to_integer<std::size_t>(size[0]) << 8u |
                               std::to_integer<std::size_t>(size[1]));
  if (const auto fault = receive_all(*socket, reply, deadline)) return tl::make_unexpected(*fault);

  auto packet = decode_reply(reply, question, id);
  if (!packet) return tl::make_unexpected(fault_of(packet.error()));
  if (ldns_pkt_tc(packet->get())) return tl::make_unexpected(ExchangeFault::malformed);
  return std::move(*packet);
}

// One question in flight over UDP.
class Conversation {
 public:
  Conversation(const Question& question, std::span<const DnsServer> schedule,
               Clock::time_point deadline)
      : question_(question), schedule_(schedule), deadline_(deadline) {}

  // An answer of use ends it; nothing means go on.
  std::optional<Reply> hear(Clock::time_point until) {
    std::vector<pollfd> entries;
    for (const auto& attempt : attempts_) entries.push_back({attempt.socket.get(), POLLIN, 0});
    if (::poll(entries.data(), entries.size(), poll_timeout(until)) <= 0) return std::nullopt;
    for (std::size_t i = entries.size(); i-- > 0;) {
      if (entries[i].revents == 0) continue;
      auto reply = receive(attempts_[i]);
      if (attempts_[i].is_over) attempts_.erase(attempts_.begin() + static_cast<long>(i));
      // Another server may do better than one that refuses.
      if (reply && is_of_use(reply->packet.get())) return reply;
      if (reply) fallback_ = std::move(reply);
    }
    return std::nullopt;
  }

  // False where the name cannot be asked for at all.
  bool send_to(const DnsServer& server) {
    const std::uint16_t id = unpredictable_id();
    const auto message = encode_question(question_, id);
    if (!message) return false;
    auto socket = connect_to(server, SOCK_DGRAM);
    if (!socket || ::send(socket->get(), message->data(), message->size(), MSG_NOSIGNAL) < 0) {
      fault_ = socket ? ExchangeFault::unreachable : socket.error();
      return true;
    }
    attempts_.push_back({std::move(*socket), server, id});
    return true;
  }

  bool is_waiting() const { return !attempts_.empty(); }
  bool has_answered(const DnsServer& server) const {
    return std::ranges::find(answered_, server) != answered_.end();
  }

  tl::expected<Reply, ExchangeFault> give_up() {
    if (fallback_) return std::move(*fallback_);
    // Whoever has said nothing at all weighs more than a closed port elsewhere.
    return tl::make_unexpected(attempts_.empty() ? fault_ : ExchangeFault::timed_out);
  }

 private:
  struct Attempt {
    Socket socket;
    DnsServer server;
    std::uint16_t id;
    unsigned strays = 0;
    bool is_over = false;
  };

  std::optional<Reply> receive(Attempt& attempt) {
    std::array<std::byte, k_datagram_buffer> buffer;
    const auto got = ::recv(attempt.socket.get(), buffer.data(), buffer.size(), MSG_TRUNC);
    if (got < 0 && would_block()) return std::nullopt;
    if (got < 0) return end(attempt, ExchangeFault::unreachable);  // ICMP: nobody listens
    const auto size = static_cast<std::size_t>(got);  // of the datagram, not of what fitted
    if (size > buffer.size()) return end(attempt, ExchangeFault::malformed);

    auto packet = decode_reply(std::span(buffer).first(size), question_, attempt.id);
    if (!packet && packet.error() == ReplyFault::not_ours && ++attempt.strays <= k_max_strays) {
      return std::nullopt;
    }
    if (!packet) return end(attempt, fault_of(packet.error()));
    if (ldns_pkt_tc(packet->get())) {
      auto whole = ask_over_tcp(question_, attempt.server, share_of(attempt.server));
      if (!whole) return end(attempt, over_tcp(whole.error()));
      packet = std::move(*whole);
    }
    end(attempt, ExchangeFault::malformed);
    return Reply{std::move(*packet), attempt.server};
  }

  // Nobody else is sent to or heard while one is asked over TCP. So that a server that is silent
  // there leaves time to those who may do better, it has as much of what is left as each of them.
  Clock::time_point share_of(const DnsServer& server) const {
    const auto others = std::ranges::count_if(
        schedule_, [&](const DnsServer& other) { return other != server && !has_answered(other); });
    const auto now = Clock::now();
    return now + (deadline_ - now) / (1 + others);
  }

  std::nullopt_t end(Attempt& attempt, ExchangeFault fault) {
    attempt.is_over = true;
    answered_.push_back(attempt.server);
    fault_ = fault;
    return std::nullopt;
  }

  const Question& question_;
  std::span<const DnsServer> schedule_;
  Clock::time_point deadline_;
  std::vector<Attempt> attempts_;
  std::vector<DnsServer> answered_;  // not to be asked again: it would say the same
  std::optional<Reply> fallback_;    // SERVFAIL and the like, for when nobody says better
  ExchangeFault fault_ = ExchangeFault::timed_out;
};

}  // namespace

SocketExchange::SocketExchange(std::vector<DnsServer> servers,
                               std::chrono::milliseconds query_timeout)
    : schedule_(std::move(servers)), query_timeout_(query_timeout) {
  if (schedule_.size() > k_max_servers) schedule_.resize(k_max_servers, schedule_.front());
  if (schedule_.size() == 1) schedule_.push_back(schedule_.front());
}

tl::expected<Reply, ExchangeFault> SocketExchange::ask(const Question& question, Budget& budget) {
  auto reply = try_all(question, budget);
  if (!reply && reply.error() == ExchangeFault::no_descriptor) budget.lack_descriptor();
  return reply;
}

tl::expected<Reply, ExchangeFault> SocketExchange::try_all(const Question& question,
                                                           Budget& budget) const {
  if (!budget.take_query()) return tl::make_unexpected(ExchangeFault::over_budget);
  const auto start = Clock::now();
  const auto deadline = std::min(start + query_timeout_, budget.deadline());
  const auto patience =
      query_timeout_ / static_cast<int>(std::max<std::size_t>(schedule_.size(), 1));
  Conversation conversation(question, schedule_, deadline);
  std::size_t sent = 0;
  auto next_send = start;

  for (auto now = start; now < deadline; now = Clock::now()) {
    const bool all_sent = sent == schedule_.size();
    if (!all_sent && (now >= next_send || !conversation.is_waiting())) {
      const auto& server = schedule_[sent++];
      if (conversation.has_answered(server)) continue;
      if (!conversation.send_to(server)) return tl::make_unexpected(ExchangeFault::bad_name);
      next_send = now + patience;
      continue;
    }
    if (!conversation.is_waiting()) return conversation.give_up();
    if (auto reply = conversation.hear(all_sent ? deadline : std::min(deadline, next_send))) {
      return std::move(*reply);
    }
  }
  return conversation.give_up();
}

}  // namespace policy
