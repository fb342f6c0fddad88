// SPDX-License-Identifier: Apache-2.0
#include "policy/host_lookup.hh"

#include <ares.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>

#include "policy/handle.hh"
#include "policy/no_descriptor.hh"

namespace policy {
namespace {

using std::chrono::milliseconds;

/// Each server is asked twice, the second time for twice as long.
constexpr int k_tries = 2;
constexpr long k_shares_of_a_server = 1 + 2;
constexpr milliseconds k_shortest_try{100};

using Channel = Handle<ares_channeldata, ares_destroy>;
using AddressList = Handle<ares_addrinfo, ares_freeaddrinfo>;

tl::unexpected<HostFault> fault(HostFault::Kind kind, std::string text) {
  return tl::make_unexpected(HostFault{kind, std::move(text)});
}

bool has_descriptor() {
  const int descriptor = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return !is_no_descriptor(errno);
  ::close(descriptor);
  return true;
}

HostAddresses failed(int status) {
  using Kind = HostFault::Kind;
  switch (status) {
    case ARES_ENOTFOUND: return fault(Kind::unknown, "there is no such name");
    case ARES_ENODATA: return fault(Kind::unknown, "the name has no address");
    case ARES_ETIMEOUT:
    case ARES_ECANCELLED: return fault(Kind::timed_out, "no DNS server answered in time");
    // It says the same of servers that refuse datagrams and of a socket that could not be made.
    case ARES_ECONNREFUSED:
      if (!has_descriptor()) return fault(Kind::no_descriptor, "there is no descriptor left");
      return fault(Kind::failed, "no DNS server could be reached");
    case ARES_ESERVFAIL: return fault(Kind::failed, "the DNS server failed (SERVFAIL)");
    case ARES_EREFUSED: return fault(Kind::failed, "the DNS server refused to answer");
    default: return fault(Kind::failed, ares_strerror(status));
  }
}

HostAddresses found(const ares_addrinfo& list) {
  std::vector<Address> addresses;
  for (const auto* each = list.nodes; each != nullptr; each = each->ai_next) {
    const auto address = Address::from_sockaddr(each->ai_addr, each->ai_addrlen);
    if (!address || std::ranges::find(addresses, *address) != addresses.end()) continue;
    addresses.push_back(*address);
    if (addresses.size() == k_most_host_addresses) break;
  }
  if (addresses.empty()) return fault(HostFault::Kind::unknown, "the name has no address");
  return addresses;
}

/// One name's; what it points to outlives the channel.
struct Waiting {
  HostAddresses* result;
  std::size_t* unanswered;
};

/// ares_addrinfo_callback: is called once for each name, by ares_destroy() at the latest.
void take(void* data, int status, int, ares_addrinfo* list) noexcept {
  const AddressList owner(list);
  const auto& waiting = *static_cast<const Waiting*>(data);
  --*waiting.unanswered;
  try {
    *waiting.result = status == ARES_SUCCESS ? found(*list) : failed(status);
  } catch (const std::bad_alloc&) {
    // What is there already says that nothing was found.
  }
}

/// Which names a channel is for: its flags and domains are those of all that is asked by it.
enum Labels : std::size_t { k_one_label, k_several_labels, k_kinds_of_labels };
using Channels = std::array<Channel, k_kinds_of_labels>;

Labels labels_of(std::string_view name) {
  return name.find('.') == name.npos ? k_one_label : k_several_labels;
}

Channel open_channel(std::span<const DnsServer> servers, milliseconds time, Labels labels) {
  static const int library = ares_library_init(ARES_LIB_INIT_ALL);
  if (library != ARES_SUCCESS) return nullptr;
  char order[] = "fb";  // files, then the DNS, whatever nsswitch.conf says of services it has not
  ares_options options{};
  // What is left of an answer that somebody drops, such as that for AAAA, is taken before the
  // deadline: a fifth of the time is spare.
  const auto shares = static_cast<long>(servers.size()) * k_shares_of_a_server;
  options.timeout = static_cast<int>(std::max(k_shortest_try, time * 4 / 5 / shares).count());
  options.tries = k_tries;
  options.lookups = order;
  int given = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS;
  if (labels == k_several_labels) {
    // Otherwise the owner of a zone in the search list would say where somebody else's name leads,
    // once that has no address. Both are needed: ares_getaddrinfo() of c-ares 1.18 does not heed
    // the flag, and later versions take an empty list for none given and use resolv.conf's.
    options.flags = ARES_FLAG_NOSEARCH;
    options.ndomains = 0;
    given |= ARES_OPT_FLAGS | ARES_OPT_DOMAINS;
  }
  ares_channel made = nullptr;
  if (ares_init_options(&made, &options, given) != ARES_SUCCESS) return nullptr;
  Channel channel(made);
  std::vector<ares_addr_port_node> nodes(servers.size());
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const auto bytes = servers[i].address.bytes();
    nodes[i].family = servers[i].address.is_v4() ? AF_INET : AF_INET6;
    std::memcpy(&nodes[i].addr, bytes.data(), bytes.size());
    nodes[i].udp_port = nodes[i].tcp_port = servers[i].port;
    nodes[i].next = i + 1 < servers.size() ? &nodes[i + 1] : nullptr;
  }
  if (ares_set_servers_ports(channel.get(), nodes.data()) != ARES_SUCCESS) return nullptr;
  return channel;
}

/// Waits for the sockets, or for the moment at which c-ares wants to ask again; not after `until`.
void wait_once(const Channels& channels, HostClock::time_point until) {
  std::array<pollfd, k_kinds_of_labels * ARES_GETSOCK_MAXNUM> polled;
  std::array<ares_channel, k_kinds_of_labels * ARES_GETSOCK_MAXNUM> owners;
  nfds_t count = 0;
  // A pause below 0 would be one without end, and one that c-ares wants may be after `until`: over
  // TCP the second try of a name has the time of a second try once more.
  auto pause = std::chrono::ceil<milliseconds>(until - HostClock::now());
  for (const Channel& channel : channels) {
    if (!channel) continue;
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets;
    const auto wanted = static_cast<unsigned>(
        ares_getsock(channel.get(), sockets.data(), static_cast<int>(sockets.size())));
    for (unsigned i = 0; i < sockets.size(); ++i) {
      const bool reads = ARES_GETSOCK_READABLE(wanted, i);
      const bool writes = ARES_GETSOCK_WRITABLE(wanted, i);
      if (!reads && !writes) break;
      owners[count] = channel.get();
      polled[count++] = {
          .fd = sockets[i],
          .events = static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0)),
          .revents = 0};
    }
    timeval buffer{};
    if (const timeval* next = ares_timeout(channel.get(), nullptr, &buffer)) {
      pause = std::min(pause,
                       std::chrono::ceil<milliseconds>(std::chrono::seconds(next->tv_sec) +
                                                       std::chrono::microseconds(next->tv_usec)));
    }
  }
  pause = std::max(pause, milliseconds::zero());
  ::poll(polled.data(), count, static_cast<int>(pause.count()));
  for (nfds_t i = 0; i < count; ++i) {
    const auto events = polled[i].revents;
    if (events == 0) continue;
    ares_process_fd(owners[i], (events & ~POLLOUT) != 0 ? polled[i].fd : ARES_SOCKET_BAD,
                    (events & ~POLLIN) != 0 ? polled[i].fd : ARES_SOCKET_BAD);
  }
  // For those whose time is over.
  for (const Channel& channel : channels) {
    if (channel) ares_process_fd(channel.get(), ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  }
}

}  // namespace

std::vector<HostAddresses> look_up_hosts(std::span<const std::string> names,
                                         std::span<const DnsServer> servers,
                                         HostClock::time_point until) {
  std::vector<HostAddresses> results(
      names.size(), fault(HostFault::Kind::failed, "the lookup could not be made"));
  std::size_t unanswered = names.size();
  std::vector<Waiting> waiting;
  for (auto& result : results) waiting.push_back({&result, &unanswered});

  const auto asked = dns_servers_or_system(servers);
  const auto time = std::chrono::duration_cast<milliseconds>(until - HostClock::now());
  Channels channels;
  for (const auto& name : names) {
    const auto labels = labels_of(name);
    if (channels[labels]) continue;
    channels[labels] = open_channel(asked, time, labels);
    if (channels[labels]) continue;
    if (!has_descriptor()) std::ranges::fill(results, HostAddresses(failed(ARES_ECONNREFUSED)));
    return results;
  }
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  for (std::size_t i = 0; i < names.size(); ++i) {
    ares_getaddrinfo(channels[labels_of(names[i])].get(), names[i].c_str(), nullptr, &hints, &take,
                     &waiting[i]);
  }
  while (unanswered > 0) {
    if (HostClock::now() < until) {
      wait_once(channels, until);
      continue;
    }
    for (const Channel& channel : channels) {
      if (channel) ares_cancel(channel.get());
    }
  }
  return results;
}

HostAddresses addresses_of(const Endpoint& endpoint, std::span<const DnsServer> servers,
                           HostClock::time_point until) {
  switch (endpoint.kind) {
    case Endpoint::Kind::this_host: {
      const auto& loopback = loopback_addresses();
      return std::vector<Address>(loopback.begin(), loopback.end());
    }
    case Endpoint::Kind::address: return std::vector<Address>{*endpoint.address};
    case Endpoint::Kind::unix_socket: return std::vector<Address>{};
    case Endpoint::Kind::name: break;
  }
  return std::move(look_up_hosts(std::span(&endpoint.text, 1), servers, until).front());
}

}  // namespace policy
