// SPDX-License-Identifier: Apache-2.0
// The names of a virtual host, as its administrator wrote them. A client may ask by any name that
// leads to the address: httpd has the first virtual host answer to what no other is named.
#pragma once

#include <string_view>

#include "mod_websocket/apache/httpd.hh"

namespace websocket::apache {

// A ServerName was written for it, or it has that of the main server. Without one httpd takes what
// the system or the DNS says.
bool is_named(const server_rec& server);

// The name that the client asked for is the virtual host's, or no DNS can have made it lead here.
bool is_own_name(const request_rec* r);

// The name that owners of targets are asked about: the one that the client asked for where that is
// written out, as ServerName or ServerAlias, else the ServerName. Among the names that an alias
// with a star stands for the client would choose the one that an owner consented to; a Host that
// nothing matched speaks for nobody.
std::string_view written_name(const request_rec* r);

}  // namespace websocket::apache
