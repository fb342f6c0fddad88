// SPDX-License-Identifier: Apache-2.0
// `httpd -t -D DUMP_WEBSOCKET`: what is in force.
#pragma once

#include "mod_websocket/apache/httpd.hh"

namespace websocket::apache {

// Prints every directive as it holds in the main server and in each virtual host, outside of
// sections; defaults as well, by the same functions that a handshake asks. Nothing where the
// command line does not define DUMP_WEBSOCKET.
void dump_where_asked(server_rec* main_server);

}  // namespace websocket::apache
