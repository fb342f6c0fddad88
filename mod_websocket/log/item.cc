// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/log/item.hh"

#include <array>

namespace websocket::log {

namespace {

constexpr std::array k_letters{
    Letter{'a', Item::client_address, Argument::optional, "c"},
    Letter{'A', Item::server_address, Argument::none, ""},
    Letter{'D', Item::duration, Argument::none, ""},
    Letter{'e', Item::environment, Argument::required, ""},
    Letter{'h', Item::client_host, Argument::optional, "c"},
    Letter{'H', Item::http_version, Argument::none, ""},
    Letter{'i', Item::header, Argument::required, ""},
    Letter{'l', Item::identity, Argument::none, ""},
    Letter{'L', Item::log_id, Argument::optional, "c"},
    Letter{'m', Item::method, Argument::none, ""},
    Letter{'n', Item::note, Argument::required, ""},
    Letter{'p', Item::port, Argument::optional, "canonical local remote"},
    Letter{'P', Item::process, Argument::optional, "pid"},
    Letter{'q', Item::query, Argument::none, ""},
    Letter{'r', Item::request_line, Argument::none, ""},
    Letter{'t', Item::time, Argument::optional, ""},
    Letter{'T', Item::scaled_duration, Argument::optional, "s ms us"},
    Letter{'u', Item::user, Argument::none, ""},
    Letter{'U', Item::path, Argument::none, ""},
    Letter{'v', Item::virtual_host, Argument::none, ""},
    Letter{'V', Item::server_name, Argument::none, ""},
};

constexpr std::array k_names{
    Name{"ws-close", Item::close_code},
    Name{"ws-closed-by", Item::closed_by},
    Name{"ws-compression", Item::compression},
    Name{"ws-connect", Item::time_to_connect},
    Name{"ws-ending", Item::ending},
    Name{"ws-first-byte", Item::time_to_first_byte},
    Name{"ws-framing", Item::framing},
    Name{"ws-messages-received", Item::messages_received},
    Name{"ws-messages-sent", Item::messages_sent},
    Name{"ws-protocol", Item::subprotocol},
    Name{"ws-ratio-received", Item::ratio_received},
    Name{"ws-ratio-sent", Item::ratio_sent},
    Name{"ws-reason", Item::reason},
    Name{"ws-received", Item::received},
    Name{"ws-sent", Item::sent},
    Name{"ws-target", Item::target},
    Name{"ws-target-address", Item::target_address},
    Name{"ws-target-tls", Item::target_tls},
};

// A number of 64 bits, an address with its port, a name of ours.
constexpr std::size_t k_short = 64;
// A sentence of ours, a time in a format of the administrator's.
constexpr std::size_t k_sentence = 160;

}  // namespace

std::span<const Letter> letters() noexcept { return k_letters; }

std::span<const Name> names() noexcept { return k_names; }

std::optional<std::size_t> longest(Item item) noexcept {
  switch (item) {
    case Item::client_host:
    case Item::identity:
    case Item::user:
    case Item::method:
    case Item::path:
    case Item::query:
    case Item::request_line:
    case Item::header:
    case Item::environment:
    case Item::note:
    case Item::virtual_host:
    case Item::server_name:
    case Item::tls_variable:
    case Item::target:
    case Item::target_tls:
    case Item::subprotocol: return std::nullopt;
    case Item::time:
    case Item::reason: return k_sentence;
    default: return k_short;
  }
}

}  // namespace websocket::log
