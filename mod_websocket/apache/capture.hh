// SPDX-License-Identifier: Apache-2.0
// The answer of a resource's own handler (CGI, PHP, a proxied application, server-side includes):
// held back while it may be a policy, let through as it is when it is not.
#pragma once

#include <string>
#include <variant>

#include "mod_websocket/apache/httpd.hh"

namespace websocket::apache {

// Registers the output filter and what keeps it in place; register_hooks.
void register_capture_filter();

// The handler gave a whole answer of status 200 with this body; nothing of it was sent.
struct CapturedBody {
  std::string text;
  // Whose answer it is, headers included: the request itself, or the last one that its handler
  // redirected to (an interpreter named by Action, another script).
  request_rec* answer;
};

// The answer is the client's: the handler's own result, to be returned to httpd.
struct AnsweredItself {
  HookResult result;
};

using Captured = std::variant<CapturedBody, AnsweredItself>;

// Where the text of a resource comes from.
enum class Content {
  file,           // the file is the text
  filtered_file,  // a filter makes it from the file: server-side includes
  script,         // a handler makes it: CGI, PHP, a proxied application
};

Content content_of(const request_rec* r);

// True while the resource's own handler runs on behalf of capture(), also in a request that it
// redirected to: this module's steps aside.
bool is_capturing(const request_rec* r);

// For a request to which a captured one was redirected and which answers the client by itself.
void stop_capturing(request_rec* r);

// Runs the resource's own handler. What is larger than a policy may be goes to the client; but of a
// policy no more is kept than shows that it is too large.
Captured capture(request_rec* r);

// After a CapturedBody that turned out to be no policy: sends it as the script meant it.
HookResult release(const CapturedBody& body);

// After a CapturedBody that was one: what the script said of its own body, and of who may read it,
// does not fit the answer that follows. Cookies that it set stay.
void forget_body(const CapturedBody& body);

}  // namespace websocket::apache
