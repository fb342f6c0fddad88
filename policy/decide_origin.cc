// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "policy/ascii.hh"
#include "policy/decide.hh"
#include "policy/quoted.hh"

namespace policy {
namespace {

Decision refused(RefusalRule rule, std::string log_text) {
  return tl::unexpected(Refusal{rule, std::move(log_text)});
}

Decision refuse_unlisted(const Document& document, const Origin& origin, const Origin& own) {
  const std::string text = origin.to_string();
  if (origin.is_opaque()) {
    return refused(RefusalRule::origin_null,
                   "the origin is null (a sandboxed frame, a data: or file: page), which only "
                   "<allow-origin>null</allow-origin> allows");
  }
  if (document.allow_origins.empty()) {
    return refused(RefusalRule::origin_not_own,
                   "the origin " + text + " is not the document's own, " + own.to_string() +
                       "; write <allow-origin>" + text + "</allow-origin> if that is meant");
  }
  return refused(RefusalRule::origin_not_listed,
                 "the origin " + text + " matches no allow-origin; write <allow-origin>" + text +
                     "</allow-origin> if that is meant");
}

}  // namespace

Decision decide_origin(const Document& document, const std::optional<std::string_view>& header,
                       const Origin& own) {
  const std::vector<OriginPattern>& patterns = document.allow_origins;
  if (!header) {
    // Whoever sends no Origin is no browser; only a document that is open to all admits it.
    if (std::any_of(patterns.begin(), patterns.end(),
                    [](const OriginPattern& pattern) { return pattern.is_any(); })) {
      return Grant{"no Origin, allowed by allow-origin *"};
    }
    return refused(RefusalRule::origin_missing,
                   "the request has no Origin, which only <allow-origin>*</allow-origin> allows");
  }
  const std::string_view text = ascii::trimmed(*header);
  if (text.find_first_of(" \t,") != std::string_view::npos) {
    return refused(RefusalRule::origin_several, "the request has several origins: " + quoted(text));
  }
  const tl::expected<Origin, std::string> origin = Origin::parse(text);
  if (!origin) {
    return refused(RefusalRule::origin_malformed, "the Origin header: " + origin.error());
  }
  const auto match =
      std::find_if(patterns.begin(), patterns.end(),
                   [&](const OriginPattern& pattern) { return pattern.matches(*origin); });
  if (match != patterns.end()) {
    return Grant{"the origin " + origin->to_string() + ", allowed by allow-origin " +
                 match->to_string()};
  }
  if (patterns.empty() && origin->same_as(own)) {
    return Grant{"the origin " + origin->to_string() + ", the document's own"};
  }
  return refuse_unlisted(document, *origin, own);
}

}  // namespace policy
