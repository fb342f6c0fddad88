// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/said.hh"

#include "mod_websocket/apache/pool.hh"

namespace websocket::apache {

namespace {

struct Said {
  const char* origin;
  const char* referer;
  const char* site;
};

// Redirections have the pool in common.
constexpr const char* k_key = "mod_websocket said";

std::optional<std::string_view> find(const request_rec* r, const char* Said::*field) {
  void* found = nullptr;
  apr_pool_userdata_get(&found, k_key, r->pool);
  const char* const value = found == nullptr ? nullptr : static_cast<const Said*>(found)->*field;
  return value == nullptr ? std::nullopt : std::optional<std::string_view>(value);
}

}  // namespace

void remember_said(request_rec* r) {
  if (r->prev != nullptr || r->main != nullptr) return;
  const auto header = [r](const char* name) { return apr_table_get(r->headers_in, name); };
  const Said said{header("Origin"), header("Referer"), header("Sec-Fetch-Site")};
  if (said.origin == nullptr && said.referer == nullptr && said.site == nullptr) return;
  apr_pool_userdata_setn(make_in_pool<Said>(r->pool, said), k_key, nullptr, r->pool);
}

std::optional<std::string_view> origin_said(const request_rec* r) { return find(r, &Said::origin); }

std::optional<std::string_view> referer_said(const request_rec* r) {
  return find(r, &Said::referer);
}

std::optional<std::string_view> site_said(const request_rec* r) { return find(r, &Said::site); }

}  // namespace websocket::apache
