// SPDX-License-Identifier: Apache-2.0
// What a tunnel needs, fetched in the order in which a handshake is judged once its page is
// admitted: the way to the target, room for a tunnel, the connection.
#pragma once

#include <tl/expected.hpp>

#include "mod_websocket/apache/admission.hh"
#include "mod_websocket/apache/route.hh"

namespace websocket::apache {

struct Prepared {
  Target target;
  Seat seat;
};

tl::expected<Prepared, Refusal> prepare(const request_rec* r, const SectionConfig& config,
                                        const ::policy::Document& document);

// Of an echo, which is its own target.
tl::expected<Prepared, Refusal> prepare_echo(const request_rec* r);

}  // namespace websocket::apache
