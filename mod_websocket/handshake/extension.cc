// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/handshake/extension.hh"

#include "mod_websocket/handshake/token.hh"

namespace websocket::handshake {
namespace {

// Reads the field from left to right; white space is allowed between any two parts, as the list
// rule that RFC 6455 took its grammar from (RFC 2616 section 2.1, implied LWS) has it.
class Reader {
 public:
  explicit Reader(std::string_view text) noexcept : text_(text) { skip_space(); }

  bool at_end() const noexcept { return text_.empty(); }

  // Takes the character, if it comes next.
  bool take(char c) noexcept {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    skip_space();
    return true;
  }

  // A token; empty where there is none.
  std::string_view take_token() noexcept {
    std::size_t size = 0;
    while (size < text_.size() && is_token_char(text_[size])) ++size;
    const auto token = text_.substr(0, size);
    text_.remove_prefix(size);
    skip_space();
    return token;
  }

  // A token, or a quoted-string that is a token once it is unescaped (RFC 6455 section 9.1).
  std::optional<std::string> take_value() {
    if (text_.empty() || text_.front() != '"') {
      const auto token = take_token();
      if (token.empty()) return std::nullopt;
      return std::string(token);
    }
    std::string value;
    std::size_t at = 1;
    for (; at < text_.size() && text_[at] != '"'; ++at) {
      if (text_[at] == '\\' && ++at == text_.size()) return std::nullopt;
      if (!is_token_char(text_[at])) return std::nullopt;
      value.push_back(text_[at]);
    }
    if (at >= text_.size() || value.empty()) return std::nullopt;
    text_.remove_prefix(at + 1);
    skip_space();
    return value;
  }

 private:
  void skip_space() noexcept {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\t')) {
      text_.remove_prefix(1);
    }
  }

  std::string_view text_;
};

// extension = token *( ";" token [ "=" ( token / quoted-string ) ] )
tl::expected<ExtensionOffer, ExtensionError> parse_offer(Reader& reader) {
  ExtensionOffer offer{std::string(reader.take_token()), {}};
  if (offer.name.empty()) return tl::unexpected(ExtensionError::malformed);
  while (reader.take(';')) {
    Parameter parameter{std::string(reader.take_token()), std::nullopt};
    if (parameter.name.empty()) return tl::unexpected(ExtensionError::malformed);
    if (reader.take('=')) {
      parameter.value = reader.take_value();
      if (!parameter.value) return tl::unexpected(ExtensionError::malformed);
    }
    if (offer.parameters.size() == k_max_parameters) {
      return tl::unexpected(ExtensionError::too_many_parameters);
    }
    offer.parameters.push_back(std::move(parameter));
  }
  return offer;
}

}  // namespace

tl::expected<std::vector<ExtensionOffer>, ExtensionError> parse_extensions(std::string_view list) {
  std::vector<ExtensionOffer> offers;
  Reader reader(list);
  while (!reader.at_end()) {
    if (reader.take(',')) continue;  // an empty element (RFC 9110 section 5.6.1.2)
    auto offer = parse_offer(reader);
    if (!offer) return tl::unexpected(offer.error());
    if (!reader.at_end() && !reader.take(',')) return tl::unexpected(ExtensionError::malformed);
    if (offers.size() == k_max_offers) return tl::unexpected(ExtensionError::too_many_offers);
    offers.push_back(std::move(*offer));
  }
  if (offers.empty()) return tl::unexpected(ExtensionError::malformed);
  return offers;
}

}  // namespace websocket::handshake
