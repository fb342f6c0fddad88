// SPDX-License-Identifier: Apache-2.0
// The directives' table for the module record.
#pragma once

#include "mod_websocket/apache/httpd.hh"

namespace websocket::apache {

extern const command_rec directives[];

}  // namespace websocket::apache
