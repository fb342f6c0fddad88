// SPDX-License-Identifier: Apache-2.0
// The page that asks, judged by its origin.
#pragma once

#include <tl/expected.hpp>

#include "mod_websocket/apache/answer.hh"
#include "mod_websocket/apache/config.hh"
#include "mod_websocket/apache/httpd.hh"
#include "policy/document.hh"

namespace websocket::apache {

// What the request wants: a tunnel, or to be told what a handshake of the same page would be. A
// page's GET, which asks for the latter, differs in what it says of the page: to its own site it
// has no Origin, and Sec-Fetch-Site or Referer speak for it; and one that the page makes without
// CORS (an image, `mode: "no-cors"`) has none either, may not read the answer, and is refused
// before anything is done for it.
enum class Asked { tunnel, explanation };

// Where it is admitted to an explanation, it is let send credentials for it.
tl::expected<void, Refusal> admit_page(request_rec* r, Asked asked, const SectionConfig& config,
                                       const ::policy::Document& document);

// To an echo. A page of another site is refused. A client without an Origin is no page, has no
// user's cookies to misuse, and could send any Origin: here, where nothing is reached, it is
// welcome.
tl::expected<void, Refusal> admit_page_to_echo(request_rec* r, Asked asked,
                                               const SectionConfig& config);

}  // namespace websocket::apache
