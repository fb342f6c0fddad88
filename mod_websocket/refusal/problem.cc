// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/refusal/problem.hh"

#include "policy/json.hh"

namespace websocket::refusal {

std::string problem(int status, std::string_view title, std::string_view detail, Reason reason) {
  auto object = ::policy::Json::object();
  object.set("type", "about:blank");
  object.set("title", title);
  object.set("status", status);
  object.set("detail", detail);
  object.set("reason", name(reason));
  return object.to_string();
}

}  // namespace websocket::refusal
