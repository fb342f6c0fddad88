// SPDX-License-Identifier: Apache-2.0
// Which page may read an answer (CORS).
#pragma once

#include "mod_websocket/apache/httpd.hh"

namespace websocket::apache {

void register_cors_filter();

// Any page may read the answer, that of a refused origin too, whose author is who needs it most:
// doc/operation.md says what that tells, and what not. A field that the administrator has set
// stands in place of ours.
void let_page_read(request_rec* r);

// Of an explanation: the page may read it though it sent cookies. Not before its origin is known to
// be admitted: whether a visitor is logged in is told to no other page, not even by an answer that
// it may read or may not.
void let_page_send_credentials(request_rec* r);

}  // namespace websocket::apache
