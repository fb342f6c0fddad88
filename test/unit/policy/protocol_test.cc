// SPDX-License-Identifier: Apache-2.0
#include "policy/protocol.hh"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "test/unit/catch.hh"

using policy::choose_protocol;
using policy::Document;
using policy::Framing;

namespace {

using Names = std::vector<std::string>;

Document document(std::optional<Framing> framing, const Names& protocols = {}) {
  Document made;
  made.framing = framing;
  made.protocols = protocols;
  return made;
}

/// "mqtt as mqtt"; "none as binary"
std::string chosen(const Document& document, const Names& offered) {
  const auto choice = choose_protocol(document, offered);
  return choice.protocol.value_or("none") + " as " + std::string(name_of(choice.framing));
}

const Names k_every_well_known = {"binary", "mqtt", "mqttv3.1", "text.ircv3.net",
                                  "binary.ircv3.net"};

}  // namespace

TEST_CASE("A document that says nothing knows the well-known protocols and their framings",
          "[policy][protocol]") {
  const Document plain = document(std::nullopt);
  CHECK(chosen(plain, {"binary"}) == "binary as binary");
  CHECK(chosen(plain, {"mqtt"}) == "mqtt as mqtt");
  CHECK(chosen(plain, {"mqttv3.1"}) == "mqttv3.1 as mqtt");
  CHECK(chosen(plain, {"text.ircv3.net"}) == "text.ircv3.net as lines");
  CHECK(chosen(plain, {"binary.ircv3.net"}) == "binary.ircv3.net as lines");
  CHECK(chosen(plain, {"chat"}) == "none as binary");
  CHECK(chosen(plain, {"base64"}) == "none as binary");
  CHECK(chosen(plain, {}) == "none as binary");
}

TEST_CASE("A document with a framing knows the well-known protocols of that framing",
          "[policy][protocol]") {
  struct Row {
    Framing framing;
    Names known;
  };
  const auto row = GENERATE(values<Row>({{Framing::binary, {"binary"}},
                                         {Framing::text, {}},
                                         {Framing::lines, {"text.ircv3.net", "binary.ircv3.net"}},
                                         {Framing::mqtt, {"mqtt", "mqttv3.1"}}}));
  const Document framed = document(row.framing);
  const std::string as = " as " + std::string(name_of(row.framing));
  for (const std::string& offered : k_every_well_known) {
    const bool known = std::count(row.known.begin(), row.known.end(), offered) == 1;
    INFO(offered << as);
    CHECK(chosen(framed, {offered}) == (known ? offered : "none") + as);
  }
  CHECK(chosen(framed, {"chat"}) == "none" + as);
  CHECK(chosen(framed, {}) == "none" + as);
}

TEST_CASE("A document with protocols knows exactly those, each with its own framing",
          "[policy][protocol]") {
  const Document listed = document(std::nullopt, {"chat", "mqtt", "text.ircv3.net"});
  CHECK(chosen(listed, {"chat"}) == "chat as binary");
  CHECK(chosen(listed, {"mqtt"}) == "mqtt as mqtt");
  CHECK(chosen(listed, {"text.ircv3.net"}) == "text.ircv3.net as lines");
  CHECK(chosen(listed, {"binary"}) == "none as binary");
  CHECK(chosen(listed, {"mqttv3.1"}) == "none as binary");
  CHECK(chosen(listed, {}) == "none as binary");
}

TEST_CASE("A document with both knows exactly those protocols, all with that framing",
          "[policy][protocol]") {
  const Document lines = document(Framing::lines, {"chat", "text.ircv3.net"});
  CHECK(chosen(lines, {"chat"}) == "chat as lines");
  CHECK(chosen(lines, {"text.ircv3.net"}) == "text.ircv3.net as lines");
  CHECK(chosen(lines, {"binary.ircv3.net"}) == "none as lines");
  CHECK(chosen(lines, {}) == "none as lines");
  CHECK(chosen(document(Framing::text, {"xmpp"}), {"xmpp"}) == "xmpp as text");
}

TEST_CASE("Of several protocols the first that the client offers is chosen",
          "[policy][protocol][rfc6455-4.2.2]") {
  const Document listed = document(std::nullopt, {"b", "a", "mqtt"});
  CHECK(chosen(listed, {"a", "b"}) == "a as binary");
  CHECK(chosen(listed, {"b", "a"}) == "b as binary");
  CHECK(chosen(listed, {"mqtt", "a"}) == "mqtt as mqtt");
  CHECK(chosen(listed, {"x", "y", "a", "mqtt"}) == "a as binary");
  CHECK(chosen(document(std::nullopt), {"text.ircv3.net", "binary.ircv3.net"}) ==
        "text.ircv3.net as lines");
  CHECK(chosen(document(std::nullopt), {"binary.ircv3.net", "text.ircv3.net"}) ==
        "binary.ircv3.net as lines");
}

TEST_CASE("A client that offers only unknown protocols gets none",
          "[policy][protocol][rfc6455-4.2.2]") {
  CHECK(chosen(document(std::nullopt, {"chat"}), {"superchat", "chat2", "cha"}) ==
        "none as binary");
  CHECK(chosen(document(Framing::text), {"binary", "mqtt"}) == "none as text");
}

TEST_CASE("A protocol offered twice is the same one", "[policy][protocol]") {
  CHECK(chosen(document(std::nullopt), {"x", "mqtt", "mqtt", "binary"}) == "mqtt as mqtt");
}

TEST_CASE("Names of protocols are compared with their case", "[policy][protocol]") {
  CHECK(chosen(document(std::nullopt), {"MQTT", "Binary", "binary"}) == "binary as binary");
  CHECK(chosen(document(std::nullopt, {"Chat"}), {"chat", "CHAT"}) == "none as binary");
  CHECK(chosen(document(std::nullopt, {"Chat"}), {"chat", "Chat"}) == "Chat as binary");
  // No well-known name, so no framing of its own.
  CHECK(chosen(document(std::nullopt, {"MQTT"}), {"MQTT"}) == "MQTT as binary");
}

TEST_CASE("A protocol is a token", "[policy][protocol][rfc9110-5.6.2]") {
  CHECK(policy::is_token("text.ircv3.net"));
  CHECK(policy::is_token("!#$%&'*+-.^_`|~09azAZ"));
  CHECK_FALSE(policy::is_token(""));
  using namespace std::string_view_literals;
  for (const auto text :
       {"a b"sv, "a,b"sv, "a/b"sv, "a;b"sv, "\"a\""sv, "a="sv, "a@b"sv, "(a)"sv, "a\tb"sv, "a\0b"sv,
        "a\x7f"sv, "\xc3\xbc"sv, "[a]"sv, "{a}"sv, "a\\"sv, "a<"sv, "a?"sv, "a:b"sv}) {
    INFO(text);
    CHECK_FALSE(policy::is_token(text));
  }
}
