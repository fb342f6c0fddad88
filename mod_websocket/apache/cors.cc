// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/cors.hh"

#include "mod_websocket/apache/said.hh"
#include "policy/origin.hh"

namespace websocket::apache {

namespace {

constexpr const char* k_origin = "Access-Control-Allow-Origin";
constexpr const char* k_credentials = "Access-Control-Allow-Credentials";
constexpr const char* k_exposed = "Access-Control-Expose-Headers";

ap_filter_rec_t* yielding_filter = nullptr;

void offer(request_rec* r, const char* field, const char* value) {
  if (apr_table_get(r->headers_out, field) != nullptr) return;
  apr_table_setn(r->headers_out, field, value);
}

// `Header` writes into the table that ours are in, `Header always` into the other one, and httpd
// sends both: a field that no browser takes twice.
extern "C" apr_status_t yield_to_administrator(ap_filter_t* filter, apr_bucket_brigade* brigade) {
  const request_rec* const r = filter->r;
  for (const char* field : {k_origin, k_credentials, k_exposed}) {
    if (apr_table_get(r->err_headers_out, field) != nullptr) {
      apr_table_unset(r->headers_out, field);
    }
  }
  ap_remove_output_filter(filter);
  return ap_pass_brigade(filter->next, brigade);
}

}  // namespace

void register_cors_filter() {
  // Behind mod_headers, whose directives are carried out by a filter.
  yielding_filter =
      ap_register_output_filter("WEBSOCKET_CORS", yield_to_administrator, nullptr,
                                static_cast<ap_filter_type>(AP_FTYPE_CONTENT_SET + 1));
}

// Named is the page's very origin: what is for all (`*`) no page may read that sends cookies.
void let_page_read(request_rec* r) {
  apr_table_mergen(r->headers_out, "Vary", "Origin, Accept");
  ap_add_output_filter_handle(yielding_filter, nullptr, r, r->connection);
  const auto origin = origin_said(r);
  if (!origin || !::policy::Origin::parse(*origin)) return;
  offer(r, k_origin, origin->data());
  if (apr_table_get(r->err_headers_out, "Retry-After") != nullptr) {
    offer(r, k_exposed, "Retry-After");
  }
}

void let_page_send_credentials(request_rec* r) { offer(r, k_credentials, "true"); }

}  // namespace websocket::apache
