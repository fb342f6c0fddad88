// SPDX-License-Identifier: Apache-2.0
// What a browser says of the page that asks, as it came from the client. RequestHeader changes the
// request's headers before a handler sees them, in .htaccess too: there it would make pages of
// anybody those that a policy of the administrator's names.
#pragma once

#include "mod_websocket/apache/httpd.hh"

namespace websocket::apache {

// post_read_request, before any other module.
void remember_said(request_rec* r);

// One of Origin, Referer and Sec-Fetch-Site, whatever redirections followed; nothing where it was
// not sent. Lives as long as the request.
std::optional<std::string_view> origin_said(const request_rec* r);
std::optional<std::string_view> referer_said(const request_rec* r);
std::optional<std::string_view> site_said(const request_rec* r);

}  // namespace websocket::apache
