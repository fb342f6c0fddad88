// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/preparation.hh"

#include <chrono>
#include <memory>
#include <utility>

#include "mod_websocket/apache/counting.hh"
#include "mod_websocket/tunnel/echo_end.hh"

namespace websocket::apache {

tl::expected<Prepared, Refusal> prepare(const request_rec* r, const SectionConfig& config,
                                        const ::policy::Document& document) {
  const auto route = find_route(r, config, document);
  if (!route) return tl::unexpected(route.error());
  // Behind the refusals, which tell nobody who is refused how full the server is, and before the
  // target is connected to, so that no flood gets through to it.
  auto seat = Admission::instance().admit(r);
  if (!seat) return tl::unexpected(seat.error());
  const auto before = std::chrono::steady_clock::now();
  auto target = connect_target(r, config, document, *route);
  if (!target) return tl::unexpected(target.error());
  Counting::instance().connected(before);
  return Prepared{std::move(*target), std::move(*seat)};
}

tl::expected<Prepared, Refusal> prepare_echo(const request_rec* r) {
  auto seat = Admission::instance().admit(r);
  if (!seat) return tl::unexpected(seat.error());
  return Prepared{Target{std::make_unique<tunnel::EchoEnd>(), "websocket-echo"}, std::move(*seat)};
}

}  // namespace websocket::apache
