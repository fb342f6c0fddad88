// SPDX-License-Identifier: Apache-2.0
// What a document says of subprotocols, framing, size, time, TLS and the PROXY protocol.
#include "policy/elements.hh"

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "test/unit/catch.hh"
#include "test/unit/policy/contains.hh"

using policy::Document;
using policy::Framing;
using policy::parse_document;
using policy::ProxyProtocol;

namespace {

constexpr std::string_view k_before = "<websocket>\n";

std::string whole(std::string_view elements) {
  return std::string(k_before) + std::string(elements) + "</websocket>";
}

Document read(std::string_view elements) {
  const auto document = parse_document(whole(elements));
  INFO(elements);
  INFO((document ? "" : document.error().message));
  REQUIRE(document);
  return *document;
}

/// "bad-value 2:1"; the elements begin on line 2.
std::string where(const policy::DocumentError& error) {
  return std::string(name_of(error.fault)) + " " + std::to_string(error.line) + ":" +
         std::to_string(error.column);
}

}  // namespace

TEST_CASE("Without further elements a document says nothing of them", "[policy][elements]") {
  const Document document = read("<port>6667</port>");
  CHECK(document.protocols.empty());
  CHECK_FALSE(document.framing);
  CHECK_FALSE(document.max_message);
  CHECK_FALSE(document.idle_timeout);
  CHECK_FALSE(document.tls);
  CHECK_FALSE(document.proxy_protocol);
}

TEST_CASE("All elements are read, in any order", "[policy][elements]") {
  const Document document = read(
      "<proxy-protocol>2</proxy-protocol><protocol>text.ircv3.net</protocol>\n"
      "<tls-name>IRC.example.org.</tls-name><idle-timeout> 10min\n</idle-timeout>\n"
      "<tls>/etc/ssl/irc.pem</tls><framing>lines</framing><port>6697</port>\n"
      "<protocol> binary.ircv3.net </protocol><max-message>64K</max-message>\n"
      "<host>192.0.2.1</host><protocol>chat</protocol>");
  CHECK(document.target.to_string() == "192.0.2.1:6697");
  CHECK(document.protocols ==
        std::vector<std::string>{"text.ircv3.net", "binary.ircv3.net", "chat"});
  CHECK(document.framing == Framing::lines);
  CHECK(document.max_message == 65536U);
  CHECK(document.idle_timeout == std::chrono::minutes(10));
  REQUIRE(document.tls);
  CHECK(document.tls->ca_file == "/etc/ssl/irc.pem");
  CHECK(document.tls->name == "irc.example.org");
  CHECK(document.proxy_protocol == ProxyProtocol::v2);
}

TEST_CASE("Each framing and each version of the PROXY protocol has its word",
          "[policy][elements]") {
  const auto framing = [](const std::string& word) {
    return read("<port>1</port><framing>" + word + "</framing>").framing;
  };
  CHECK(framing("binary") == Framing::binary);
  CHECK(framing("text") == Framing::text);
  CHECK(framing("lines") == Framing::lines);
  CHECK(framing("mqtt") == Framing::mqtt);
  CHECK(read("<port>1</port><proxy-protocol>1</proxy-protocol>").proxy_protocol ==
        ProxyProtocol::v1);
  CHECK(read("<port>1</port><proxy-protocol>2</proxy-protocol>").proxy_protocol ==
        ProxyProtocol::v2);
}

TEST_CASE("TLS by the system's authorities is written in several ways", "[policy][elements]") {
  const auto tls =
      GENERATE(as<std::string>{}, "<tls/>", "<tls></tls>", "<tls > \n </tls>",
               "<tls><!-- the system's --></tls>", "<tls>system</tls>", "<tls> system\n</tls>");
  const Document document = read("<host>a.example</host>" + tls + "<port>1</port>");
  REQUIRE(document.tls);
  CHECK(document.tls->ca_file.empty());
  CHECK(document.tls->name.empty());
  CHECK(document.target.port == 1);
}

TEST_CASE("The name in the certificate is that of the host, or the one that is written",
          "[policy][elements]") {
  CHECK(read("<host>192.0.2.1</host><port>1</port><tls/>").tls->name.empty());
  const auto name = [](const std::string& text) {
    return read("<port>1</port><tls/><tls-name>" + text + "</tls-name>").tls->name;
  };
  CHECK(name("IRC.Example.org.") == "irc.example.org");
  CHECK(name("localhost") == "localhost");
  CHECK(name("192.0.2.1") == "192.0.2.1");
  CHECK(name("[2001:DB8::0:1]") == "2001:db8::1");
  CHECK(name("2001:db8::1") == "2001:db8::1");
  CHECK(read("<host>unix:/run/a.sock</host><tls/><tls-name>a.example</tls-name>").tls->name ==
        "a.example");
}

TEST_CASE("As many protocols as are allowed are read", "[policy][elements]") {
  std::string elements = "<port>1</port>\n";
  for (std::size_t i = 1; i <= policy::k_max_protocols; ++i) {
    elements += "<protocol>p" + std::to_string(i) + "</protocol>\n";
  }
  CHECK(read(elements).protocols.size() == policy::k_max_protocols);
  const auto document = parse_document(whole(elements + "<protocol>one-more</protocol>"));
  REQUIRE_FALSE(document);
  CHECK(where(document.error()) == "bad-value 19:11");
  CHECK(contains(document.error().message, "more than 16"));
}

TEST_CASE("Every fault of an element is told where it stands", "[policy][elements]") {
  struct Row {
    std::string elements;
    std::string_view where;
    std::string_view hint;
  };
  const std::string long_path = "/" + std::string(policy::k_max_path, 'a');
  const auto row = GENERATE_COPY(values<Row>({
      {"<port>1</port><protocol>a b</protocol>", "bad-value 2:25", "name of a subprotocol"},
      {"<port>1</port><protocol>a,b</protocol>", "bad-value 2:25", "alone"},
      {"<port>1</port><protocol>a/1</protocol>", "bad-value 2:25", "name of a subprotocol"},
      {"<port>1</port><protocol>\xc3\xbc</protocol>", "bad-value 2:25", "name of a subprotocol"},
      {"<port>1</port><protocol/>", "empty-value 2:15", "<protocol>text.ircv3.net</protocol>"},
      {"<port>1</port><protocol>a</protocol>\n<protocol>b</protocol>\n<protocol>a</protocol>",
       "bad-value 4:11", "written twice"},
      {"<port>1</port><framing>line</framing>", "bad-value 2:24", "binary, text, lines or mqtt"},
      {"<port>1</port><framing>Lines</framing>", "bad-value 2:24", "binary, text, lines or mqtt"},
      {"<port>1</port><framing/>", "empty-value 2:15", "<framing>lines</framing>"},
      {"<framing>text</framing><port>1</port>\n<framing>text</framing>", "duplicate 3:1",
       "one only"},
      {"<port>1</port><max-message>0</max-message>", "bad-value 2:28", "from 1 byte to 1024G"},
      {"<port>1</port><max-message>1T</max-message>", "bad-value 2:28", "with K, M or G"},
      {"<port>1</port><max-message></max-message>", "empty-value 2:15", "64K"},
      {"<port>1</port><idle-timeout>0</idle-timeout>", "bad-value 2:29", "leave the element out"},
      {"<port>1</port><idle-timeout>off</idle-timeout>", "bad-value 2:29", "ms, s, min or h"},
      {"<port>1</port><idle-timeout>366d</idle-timeout>", "bad-value 2:29", "ms, s, min or h"},
      {"<port>1</port><idle-timeout>8761h</idle-timeout>", "bad-value 2:29", "8760h at most"},
      {"<port>1</port><idle-timeout/>", "empty-value 2:15", "10min"},
      {"<port>1</port><tls-name>a</tls-name><tls>ca.pem</tls>", "bad-value 2:42", "<tls/>"},
      {"<port>1</port><tls-name>a</tls-name><tls>System</tls>", "bad-value 2:42", "<tls/>"},
      {"<port>1</port><tls-name>a</tls-name><tls>/etc/../ca.pem</tls>", "bad-value 2:42",
       ".. segment"},
      {"<port>1</port><tls-name>a</tls-name><tls>/etc//ca.pem</tls>", "bad-value 2:42", "empty"},
      {"<port>1</port><tls-name>a</tls-name><tls>/</tls>", "bad-value 2:42", "empty"},
      {"<port>1</port><tls-name>a</tls-name><tls>/my ca.pem</tls>", "bad-value 2:42", "space"},
      {"<port>1</port><tls-name>a</tls-name><tls>" + long_path + "</tls>", "bad-value 2:42",
       "4095"},
      {"<port>1</port><tls-name>a</tls-name><tls>&lt;/tls></tls>", "bad-value 2:42", "<tls/>"},
      {"<port>1</port><tls/><tls-name>*.example.org</tls-name>", "bad-value 2:31", "letters"},
      {"<port>1</port><tls/><tls-name>a.example:6697</tls-name>", "bad-value 2:31", "letters"},
      {"<port>1</port><tls/><tls-name>unix:/a</tls-name>", "bad-value 2:31", "letters"},
      {"<port>1</port><tls/><tls-name>127.1</tls-name>", "bad-value 2:31", "number"},
      {"<port>1</port><tls/><tls-name/>", "empty-value 2:21", "<tls-name>"},
      {"<port>1</port><tls/><tls/>", "duplicate 2:21", "one only"},
      {"<port>1</port><tls a='1'/>", "attribute 2:15", "write <tls>"},
      {"<port>1</port><tls><ca/></tls>", "unknown-element 2:20", "holds text only"},
      {"<port>1</port><proxy-protocol>3</proxy-protocol>", "bad-value 2:31", "1 or 2"},
      {"<port>1</port><proxy-protocol>v2</proxy-protocol>", "bad-value 2:31", "1 or 2"},
      {"<port>1</port><proxy-protocol/>", "empty-value 2:15", "<proxy-protocol>"},
      {"<port>1</port><prox/>", "unknown-element 2:15", "proxy-protocol"},
  }));
  INFO(row.elements.substr(0, 200));
  const auto document = parse_document(whole(row.elements));
  REQUIRE_FALSE(document);
  INFO(document.error().message);
  CHECK(where(document.error()) == row.where);
  CHECK(contains(document.error().message, row.hint));
}

TEST_CASE("What does not go together is told where the element at fault stands",
          "[policy][elements]") {
  struct Row {
    std::string elements;
    std::string_view where;
    std::string_view hint;
  };
  const auto row = GENERATE(values<Row>({
      {"<protocol>mqtt</protocol><port>1</port>\n <framing>lines</framing>", "bad-value 3:2",
       "the protocol \"mqtt\"; write mqtt"},
      {" <framing>text</framing>\n<protocol>chat</protocol><protocol>binary</protocol>"
       "<port>1</port>",
       "bad-value 2:2", "the protocol \"binary\"; write binary"},
      {"<port>1</port><framing>binary</framing><protocol>text.ircv3.net</protocol>",
       "bad-value 2:15", "leave <framing> out"},
      {"<port>1</port>\n<tls-name>a.example</tls-name>", "bad-value 3:1", "write <tls/>"},
      {"<port>1</port>\n<tls/>", "missing 3:1", "without <host>"},
      {"<port>1</port>\n<tls>/etc/ca.pem</tls>", "missing 3:1", "write <tls-name>"},
      {"\n<tls/><host>unix:/run/a.sock</host>", "missing 3:1", "a unix: host"},
      {"<host>unix:/run/a.sock</host>\n <port>1</port>", "bad-value 3:2", "leave <port> out"},
      // Of several the first in the text.
      {"<tls/><protocol>mqtt</protocol>\n<framing>lines</framing><port>1</port>", "missing 2:1",
       ""},
      {"<framing>lines</framing>\n<protocol>mqtt</protocol><tls/><port>1</port>", "bad-value 2:1",
       ""},
      {"<tls/>", "missing 1:1", "no <port>"},
  }));
  INFO(row.elements);
  const auto document = parse_document(whole(row.elements));
  REQUIRE_FALSE(document);
  INFO(document.error().message);
  CHECK(where(document.error()) == row.where);
  CHECK(contains(document.error().message, row.hint));
}

TEST_CASE("Framing and protocols that agree are no fault", "[policy][elements]") {
  CHECK(read("<port>1</port><framing>mqtt</framing><protocol>mqtt</protocol>"
             "<protocol>mqttv3.1</protocol><protocol>own</protocol>")
            .framing == Framing::mqtt);
  // Each brings its own.
  CHECK(
      read("<port>1</port><protocol>mqtt</protocol><protocol>binary</protocol>").protocols.size() ==
      2);
}

TEST_CASE("Every element has its row in the manual", "[policy][elements]") {
  std::ifstream file(TEST_SOURCE_DIR "/doc/policy.md");
  const std::string manual{std::istreambuf_iterator<char>(file), {}};
  for (const policy::ElementRow& row : policy::element_rows()) {
    INFO(row.name);
    CHECK(contains(manual, "\n| `" + std::string(row.name) + "` | "));
  }
}
