// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/handshake/extension.hh"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "test/unit/catch.hh"

namespace websocket::handshake {
namespace {

using namespace std::string_literals;

// Written out again in one canonical form: name;parameter=value;parameter,name
std::string show(const std::vector<ExtensionOffer>& offers) {
  std::string out;
  for (const ExtensionOffer& offer : offers) {
    if (!out.empty()) out += ',';
    out += offer.name;
    for (const Parameter& parameter : offer.parameters) {
      out += ';' + parameter.name;
      if (parameter.value) out += '=' + *parameter.value;
    }
  }
  return out;
}

struct Sound {
  std::string field;
  std::string shown;
};

TEST_CASE("offers of extensions are read as RFC 6455 section 9.1 writes them",
          "[handshake][rfc6455-9.1]") {
  const Sound sound =
      GENERATE(Sound{"foo", "foo"}, Sound{"deflate-stream", "deflate-stream"},
               Sound{"mux; max-channels=4; flow-control, deflate-stream",
                     "mux;max-channels=4;flow-control,deflate-stream"},
               Sound{"private-extension", "private-extension"},
               Sound{"permessage-deflate; client_max_window_bits",
                     "permessage-deflate;client_max_window_bits"},
               Sound{"permessage-deflate; server_max_window_bits=\"10\"",
                     "permessage-deflate;server_max_window_bits=10"},
               Sound{"a;b=\"\\1\\0\"", "a;b=10"},  // quoted-pairs
               Sound{"a,b,a", "a,b,a"}, Sound{"a;x;x=1;x", "a;x;x=1;x"},
               Sound{" a\t; b = c ,\t d ", "a;b=c,d"}, Sound{"a;b = \"c\" ; d", "a;b=c;d"},
               Sound{",, a ,, b ,", "a,b"}, Sound{"X-Webkit-Deflate", "X-Webkit-Deflate"});
  CAPTURE(sound.field);
  const auto offers = parse_extensions(sound.field);
  REQUIRE(offers);
  CHECK(show(*offers) == sound.shown);
}

TEST_CASE("a parameter without a value is not one with an empty value",
          "[handshake][rfc6455-9.1]") {
  const auto offers = parse_extensions("a; b; c=d");
  REQUIRE(offers);
  REQUIRE(offers->size() == 1);
  const auto& parameters = offers->front().parameters;
  REQUIRE(parameters.size() == 2);
  CHECK_FALSE(parameters[0].value);
  CHECK(parameters[1].value == "d");
}

TEST_CASE("what is not the grammar is malformed", "[handshake][rfc6455-9.1]") {
  const std::string field = GENERATE(
      ""s, " "s, ","s, ";"s, "a;"s, "a;;b"s, "a; ,b"s, "a b"s, "a=b"s, "a;b="s, "a;b=,c"s, "a;=b"s,
      "a;b c"s, "a;b=c d"s, "a;b=c=d"s, "\"a\""s, "a;\"b\""s, "a;b=\""s, "a;b=\"c"s, "a;b=\"\""s,
      "a;b=\"c d\""s, "a;b=\"c,d\""s, "a;b=\"c\\"s, "a;b=\"c\\\""s, "a;b=\"c\"d"s, "a;b=\"\\ \""s,
      "a/1"s, "a;b=c/d"s, "a\0"s, "a;b=\"\0\""s, "\xC3\xA4"s, "a;b=(c)"s, "a, b;"s);
  CAPTURE(field);
  const auto offers = parse_extensions(field);
  REQUIRE_FALSE(offers);
  CHECK(offers.error() == ExtensionError::malformed);
}

TEST_CASE("a field that is cut is malformed after a semicolon, an equals sign and inside quotes",
          "[handshake][rfc6455-9.1]") {
  const std::string field = "mux; max-channels=4; flow=\"o\\n\", deflate-stream;x, z";
  for (std::size_t size = 1; size <= field.size(); ++size) {
    // A copy of its own: a sanitizer sees a step beyond its end.
    const std::vector<char> cut(field.begin(), field.begin() + static_cast<std::ptrdiff_t>(size));
    const std::string_view text(cut.data(), cut.size());
    const char last = text[text.find_last_not_of(' ')];
    const bool in_quotes = std::count(cut.begin(), cut.end(), '"') == 1;
    const auto offers = parse_extensions(text);
    CAPTURE(text);
    CHECK(offers.has_value() == (last != ';' && last != '=' && !in_quotes));
  }
}

TEST_CASE("the number of offers and of parameters has a limit", "[handshake]") {
  std::string offers = "e";
  for (std::size_t i = 1; i < k_max_offers; ++i) offers += ",e";
  REQUIRE(parse_extensions(offers));
  CHECK(parse_extensions(offers)->size() == k_max_offers);
  REQUIRE_FALSE(parse_extensions(offers + ",e"));
  CHECK(parse_extensions(offers + ",e").error() == ExtensionError::too_many_offers);

  std::string parameters = "e";
  for (std::size_t i = 0; i < k_max_parameters; ++i) parameters += ";p=1";
  REQUIRE(parse_extensions(parameters));
  CHECK(parse_extensions(parameters)->front().parameters.size() == k_max_parameters);
  REQUIRE_FALSE(parse_extensions(parameters + ";p"));
  CHECK(parse_extensions(parameters + ";p").error() == ExtensionError::too_many_parameters);
}

}  // namespace
}  // namespace websocket::handshake
