// SPDX-License-Identifier: Apache-2.0
// A refusal as RFC 9457 has it, application/problem+json.
#pragma once

#include <string>
#include <string_view>

#include "mod_websocket/refusal/reason.hh"

namespace websocket::refusal {

// `title` is the status's phrase: the type is about:blank, which says no more than the status
// (RFC 9457 section 4.2.1), so that no URL needs to be kept alive for ever. What there is to know
// beyond it is in an extension member, `reason`. `detail` is for the client to read: one plain
// sentence.
std::string problem(int status, std::string_view title, std::string_view detail, Reason reason);

}  // namespace websocket::refusal
