// SPDX-License-Identifier: Apache-2.0
// The rules by which a client is refused: the catalogue. A line of the error log begins with the
// number and the name of its rule, as in `WS0036: max-tunnels: ...`; doc/messages.md says for each
// number what happened and what to do. A number is never used again for something else; the name
// may be that of several numbers, where the same thing is to be mended in different ways.
#pragma once

#include <string_view>

#include "mod_websocket/handshake/request.hh"
#include "mod_websocket/refusal/reason.hh"
#include "policy/decide.hh"

namespace websocket::refusal {

struct Rule {
  std::string_view number;  // static storage, as is the name
  std::string_view name;
  Reason reason;
};

inline constexpr Rule k_upgrade_required{"WS0001", "upgrade-required", Reason::upgrade_required};
inline constexpr Rule k_host{"WS0012", "host", Reason::handshake};
inline constexpr Rule k_early_bytes{"WS0013", "early-bytes", Reason::handshake};

inline constexpr Rule k_policy_invalid{"WS0020", "policy-invalid", Reason::policy};
inline constexpr Rule k_policy_unreadable{"WS0021", "policy-unreadable", Reason::policy};
inline constexpr Rule k_target_tls_file{"WS0022", "target-tls", Reason::policy};
inline constexpr Rule k_policy_type{"WS0044", "policy-type", Reason::policy};

inline constexpr Rule k_consent{"WS0029", "consent", Reason::consent};
inline constexpr Rule k_target_unresolved{"WS0031", "target-unresolved", Reason::lookup};
inline constexpr Rule k_lookup_timeout{"WS0043", "lookup-timeout", Reason::lookup};
inline constexpr Rule k_connect_failed{"WS0032", "connect-failed", Reason::connect};
inline constexpr Rule k_target_tls{"WS0033", "target-tls", Reason::connect};
inline constexpr Rule k_connect_timeout{"WS0034", "connect-timeout", Reason::timeout};
inline constexpr Rule k_target_tls_timeout{"WS0035", "target-tls", Reason::timeout};

inline constexpr Rule k_max_tunnels{"WS0036", "max-tunnels", Reason::limit};
inline constexpr Rule k_max_tunnels_per_client{"WS0037", "max-tunnels-per-client", Reason::limit};
inline constexpr Rule k_tunnel_table_full{"WS0038", "tunnel-table", Reason::limit};
inline constexpr Rule k_no_descriptor{"WS0039", "no-descriptor", Reason::limit};
inline constexpr Rule k_no_worker{"WS0040", "no-worker", Reason::limit};

inline constexpr Rule k_tunnel_table_locked{"WS0041", "tunnel-table", Reason::internal};
inline constexpr Rule k_proxy_protocol{"WS0042", "proxy-protocol", Reason::internal};

// Those of the rooms that judge; the names are theirs.
Rule rule_of(handshake::Reason reason) noexcept;
Rule rule_of(::policy::RefusalRule rule) noexcept;

}  // namespace websocket::refusal
