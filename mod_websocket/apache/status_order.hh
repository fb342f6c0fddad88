// SPDX-License-Identifier: Apache-2.0
// What the form of the status page orders: that one tunnel, or all of an endpoint, shall end. The
// order is left in shared memory; whichever child has the tunnel sees it within a second and closes
// it with 1001.
//
// Only the page itself may send it. A browser says where a form comes from (Sec-Fetch-Site,
// Origin), and the form has a token that no other page can know.
#pragma once

#include <string>

#include "mod_websocket/apache/httpd.hh"

namespace websocket::apache {

// For the form that is shown to this user at this virtual host.
std::string status_token(const request_rec* r);

// "www.example.org"
std::string status_host(const request_rec* r);

// Of a POST. 303 back to the page where something was ended.
HookResult carry_out_order(request_rec* r);

}  // namespace websocket::apache
