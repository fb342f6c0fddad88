// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/capture.hh"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "mod_websocket/apache/pool.hh"
#include "policy/ascii.hh"
#include "policy/document.hh"
#include "policy/document_text.hh"

namespace websocket::apache {

namespace {

ap_filter_rec_t* capture_filter = nullptr;

struct Capture {
  std::string text;
  std::size_t blanks = 0;              // it begins with, as far as that is known
  std::size_t looked_at = 0;           // how much behind them, when it could not be told what it is
  bool lets_through = false;           // the answer is the client's
  bool is_cut = false;                 // a policy of more than k_max_document
  bool running = false;                // the resource's own handler is at work
  const char* guessed_type = nullptr;  // by the end of a URL that stands for no file
  apr_table_t* asked = nullptr;        // the client's headers
  apr_table_t* shown = nullptr;        // those of them that the handler sees
};

// In the request's place for this module.
Capture* capture_of(const request_rec* r) {
  return static_cast<Capture*>(ap_get_module_config(r->request_config, &websocket_module));
}

// A handler may answer by redirecting to another resource of this server.
Capture* running_capture(const request_rec* r) {
  for (const request_rec* each = r; each != nullptr; each = each->prev) {
    Capture* const capture = capture_of(each);
    if (capture != nullptr && capture->running) return capture;
  }
  return nullptr;
}

// The end of such a URL is what the visitor wrote. Whoever answers shall say the type of a policy.
void forget_guessed_type(request_rec* r, Capture& capture) {
  if (is_file(r)) return;
  capture.guessed_type = r->content_type;
  ap_set_content_type(r, nullptr);
}

// An answer that is the client's is as it would be without us.
void restore_guessed_type(request_rec* r) {
  const Capture* const capture = capture_of(r);
  if (capture == nullptr || capture->guessed_type == nullptr || r->content_type != nullptr) return;
  ap_set_content_type(r, capture->guessed_type);
}

// By these the client would choose whether a policy can be told from what is none: a part of it, or
// one that is packed.
void hide_shapes(request_rec* r, Capture& capture) {
  capture.asked = r->headers_in;
  capture.shown = apr_table_copy(r->pool, r->headers_in);
  for (const char* name : {"Range", "Request-Range", "If-Range", "Accept-Encoding"}) {
    apr_table_unset(capture.shown, name);
  }
  r->headers_in = capture.shown;
}

// What is the client's after all may be packed for it. Of all requests that a handler has
// redirected one to the other.
void restore_shapes(request_rec* last, const Capture& capture) {
  for (request_rec* each = last; each != nullptr; each = each->prev) {
    if (each->headers_in == capture.shown) each->headers_in = capture.asked;
  }
}

bool is_policy(std::string_view text) {
  const auto document = ::policy::parse_document(text);
  return document || document.error().is_policy();
}

apr_status_t let_through(ap_filter_t* filter, Capture& capture, apr_bucket_brigade* rest) {
  capture.lets_through = true;
  restore_guessed_type(filter->r);
  restore_shapes(filter->r, capture);
  ap_remove_output_filter(filter);
  if (!capture.text.empty()) {
    APR_BRIGADE_INSERT_HEAD(rest, apr_bucket_heap_create(capture.text.data(), capture.text.size(),
                                                         nullptr, filter->c->bucket_alloc));
    capture.text.clear();
  }
  return ap_pass_brigade(filter->next, rest);
}

// Much white space, or a long comment, that comes line by line would take seconds to be looked at
// once a line. What pages that come slowly begin with so that browsers show them is white space.
bool begins_otherwise(Capture& capture) {
  constexpr std::size_t k_short = 1024;
  const std::size_t whole = capture.text.size();
  capture.blanks =
      std::min(capture.text.find_first_not_of(::policy::ascii::k_white, capture.blanks), whole);
  const std::size_t size = whole - capture.blanks;
  if (size == 0 || (size > k_short && size < 2 * capture.looked_at)) return false;
  capture.looked_at = size;
  return ::policy::begins_otherwise(capture.text);
}

apr_status_t hold_back(ap_filter_t* filter, apr_bucket_brigade* brigade) {
  Capture& capture = *static_cast<Capture*>(filter->ctx);
  if (capture.lets_through || filter->r->status != HTTP_OK) {
    return let_through(filter, capture, brigade);
  }
  while (!APR_BRIGADE_EMPTY(brigade)) {
    apr_bucket* const bucket = APR_BRIGADE_FIRST(brigade);
    if (AP_BUCKET_IS_ERROR(bucket)) {
      // Of an answer that broke off nothing is known but that it may have been a policy; and what
      // comes before such a bucket is sent on a stream of HTTP/2 where it is much.
      capture.text.clear();
      return let_through(filter, capture, brigade);
    }
    // What is whole is looked at by capture(): let through from here it would go without its end,
    // and the answer to the next request of the connection would be taken for the rest of it.
    if (APR_BUCKET_IS_EOS(bucket)) return apr_brigade_cleanup(brigade);
    if (!APR_BUCKET_IS_METADATA(bucket)) {
      const char* data = nullptr;
      apr_size_t size = 0;
      const apr_status_t status = apr_bucket_read(bucket, &data, &size, APR_BLOCK_READ);
      if (status != APR_SUCCESS) return status;
      const std::size_t room = ::policy::k_max_document - capture.text.size();
      if (size > room && !capture.is_cut) {
        const std::string begin = capture.text + std::string(data, room);
        if (!is_policy(begin)) return let_through(filter, capture, brigade);
        capture.is_cut = true;
      }
      capture.text.append(data, std::min<std::size_t>(size, room));
    }
    apr_bucket_delete(bucket);
    if (!APR_BRIGADE_EMPTY(brigade) && APR_BUCKET_IS_EOS(APR_BRIGADE_FIRST(brigade))) continue;
    if (!capture.is_cut && begins_otherwise(capture)) {
      // One that comes slowly and without an end shall not be kept from its client, nor httpd from
      // seeing that the client is gone.
      APR_BRIGADE_INSERT_HEAD(brigade, apr_bucket_flush_create(filter->c->bucket_alloc));
      return let_through(filter, capture, brigade);
    }
  }
  return APR_SUCCESS;
}

extern "C" apr_status_t capture_output(ap_filter_t* filter, apr_bucket_brigade* brigade) {
  try {
    return hold_back(filter, brigade);
  } catch (const std::exception& failed) {
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, filter->r, "WS0202: capture: %s", failed.what());
    return APR_ENOMEM;
  }
}

// Where no handler was configured httpd names it after the content type, or not at all. Some
// modules take certain types for programs.
bool is_script(const request_rec* r) {
  const std::string_view handler = r->handler != nullptr ? r->handler : "";
  if (handler.empty() || handler == "default-handler") return false;
  const bool is_type =
      handler.find('/') != std::string_view::npos && handler.find(':') == std::string_view::npos;
  return !is_type || handler.starts_with("application/x-httpd-");
}

// mod_expires, which adds fields to whatever is answered, and mod_cache stand right before what
// packs content, as the filter of this file does.
bool makes_content(const ap_filter_t* first) {
  for (const ap_filter_t* each = first; each != nullptr; each = each->next) {
    if (each->frec->ftype < AP_FTYPE_CONTENT_SET - 2) return true;
  }
  return false;
}

// The filters of a request do not go along where it is redirected.
extern "C" void follow_redirect(request_rec* r) {
  if (r->prev == nullptr || r->main != nullptr) return;
  Capture* const capture = running_capture(r->prev);
  if (capture == nullptr) return;
  ap_add_output_filter_handle(capture_filter, capture, r, r->connection);
}

ap_filter_t* own_filter(const request_rec* r) {
  ap_filter_t* each = r->output_filters;
  while (each != nullptr && each->frec != capture_filter) each = each->next;
  return each;
}

void remove_filter(request_rec* r) {
  if (ap_filter_t* const own = own_filter(r)) ap_remove_output_filter(own);
}

// A handler that writes by ap_rwrite() and leaves the end to httpd has its last bytes, or all of
// them, kept in the filters before ours, which hand them out when the end comes. It may have said
// another status meanwhile: what was captured before goes to the client with them.
void end_answer(request_rec* r, const Capture& capture) {
  if (r->eos_sent != 0 || capture.lets_through) return;
  apr_bucket_alloc_t* const allocator = r->connection->bucket_alloc;
  apr_bucket_brigade* const end = apr_brigade_create(r->pool, allocator);
  APR_BRIGADE_INSERT_TAIL(end, apr_bucket_eos_create(allocator));
  ap_pass_brigade(r->output_filters, end);
}

bool has_answered(int result) { return result == OK || result == DONE; }

// What is captured has been through the filters before ours, and they have seen its end: whatever
// else is answered begins behind them, as errors of httpd's own do.
void leave_out_filters_before(request_rec* r) {
  if (const ap_filter_t* const own = own_filter(r)) r->output_filters = own->next;
}

}  // namespace

void register_capture_filter() {
  // Behind what makes the content (server-side includes), before what packs it (mod_deflate).
  capture_filter = ap_register_output_filter("WEBSOCKET_CAPTURE", capture_output, nullptr,
                                             static_cast<ap_filter_type>(AP_FTYPE_CONTENT_SET - 1));
  ap_hook_insert_filter(follow_redirect, nullptr, nullptr, APR_HOOK_LAST);
}

Content content_of(const request_rec* r) {
  if (!is_file(r) || is_script(r)) return Content::script;
  return makes_content(r->output_filters) ? Content::filtered_file : Content::file;
}

bool is_capturing(const request_rec* r) { return running_capture(r) != nullptr; }

void stop_capturing(request_rec* r) {
  Capture* const capture = running_capture(r);
  if (capture == nullptr) return;
  capture->lets_through = true;
  remove_filter(r);
}

Captured capture(request_rec* r) {
  Capture* const capture = make_in_pool<Capture>(r->pool);
  ap_set_module_config(r->request_config, &websocket_module, capture);
  ap_add_output_filter_handle(capture_filter, capture, r, r->connection);
  forget_guessed_type(r, *capture);
  hide_shapes(r, *capture);
  capture->running = true;
  const int result = ap_run_handler(r);
  capture->running = false;
  request_rec* answer = r;
  while (answer->next != nullptr) answer = answer->next;
  if (has_answered(result)) end_answer(answer, *capture);
  restore_shapes(answer, *capture);
  const bool is_body = has_answered(result) && answer->status == HTTP_OK && !capture->lets_through;
  if (is_body) leave_out_filters_before(answer);
  // The handler may leave the end of the answer to httpd.
  remove_filter(r);
  remove_filter(answer);
  if (!is_body) {
    restore_guessed_type(r);
    return AnsweredItself{static_cast<HookResult>(result)};
  }
  // One octet more than allowed tells the parser.
  if (capture->is_cut) capture->text.push_back(' ');
  return CapturedBody{std::move(capture->text), answer};
}

HookResult release(const CapturedBody& body) {
  request_rec* const r = body.answer;
  r->eos_sent = 0;
  restore_guessed_type(r);
  if (!r->header_only) {
    ap_rwrite(body.text.data(), static_cast<int>(body.text.size()), r);
  }
  return HookResult::done;
}

void forget_body(const CapturedBody& body) {
  request_rec* const r = body.answer;
  r->eos_sent = 0;
  for (const char* name :
       {"Content-Length", "Content-Type", "Content-Encoding", "ETag", "Last-Modified",
        "Accept-Ranges", "Transfer-Encoding", "Access-Control-Allow-Origin",
        "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers"}) {
    apr_table_unset(r->headers_out, name);
    apr_table_unset(r->err_headers_out, name);
  }
  ap_set_content_type(r, nullptr);
}

}  // namespace websocket::apache
