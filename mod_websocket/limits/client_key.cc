// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/limits/client_key.hh"

#include <algorithm>
#include <cstddef>

namespace websocket::limits {

ClientKey client_key(const ::policy::Address& address) noexcept {
  const auto bytes = address.bytes();
  // Four bytes move this to where no IPv6 network is: 0:1::/32 is in 0000::/8, which is reserved
  // (RFC 4291 section 2.4).
  std::uint64_t value = address.is_v4() ? 1 : 0;
  const std::size_t prefix = std::min<std::size_t>(bytes.size(), 8);
  for (std::size_t i = 0; i < prefix; ++i) value = value << 8U | bytes[i];
  return static_cast<ClientKey>(value);
}

}  // namespace websocket::limits
