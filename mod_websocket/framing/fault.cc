// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/framing/fault.hh"

namespace websocket::framing {

std::string_view describe(Fault fault) noexcept {
  switch (fault) {
    case Fault::not_utf8:
      return "the target sent bytes that are not UTF-8, which the text framing needs";
    case Fault::line_too_long:
      return "the target sent a line that is longer than the lines framing allows";
  }
  return "the target's bytes do not fit the framing";
}

}  // namespace websocket::framing
