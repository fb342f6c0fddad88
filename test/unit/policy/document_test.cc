// SPDX-License-Identifier: Apache-2.0
#include "policy/document.hh"

#include <string>
#include <thread>
#include <vector>

#include <libxml/parser.h>

#include "policy/document_text.hh"
#include "test/unit/catch.hh"
#include "test/unit/policy/contains.hh"

using policy::Document;
using policy::DocumentFault;
using policy::Endpoint;
using policy::parse_document;

namespace {

constexpr std::string_view k_smallest = "<websocket><port>6667</port></websocket>";

std::string where(const policy::DocumentError& error) {
  const std::string line = std::string(name_of(error.fault)) + " " + std::to_string(error.line);
  // Which column libxml2 is at when it complains differs between its versions.
  return error.fault == DocumentFault::not_well_formed ? line
                                                       : line + ":" + std::to_string(error.column);
}

}  // namespace

TEST_CASE("The smallest document names a port of this host", "[policy][document]") {
  const auto document = parse_document(k_smallest);
  REQUIRE(document);
  CHECK(document->target.kind == Endpoint::Kind::this_host);
  CHECK(document->target.port == 6667);
  CHECK(document->target.text.empty());
  CHECK(document->allow_origins.empty());
}

TEST_CASE("A whole document is read", "[policy][document]") {
  const auto document = parse_document(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<!-- b\xc3\xbc"
      "cher --><?pi x?>\n"
      "<websocket>\n"
      "  <allow-origin> https://*.example.com </allow-origin>\n"
      "  <port>\n6667\t</port><!-- c --><?pi?>\n"
      "  <host>IRC.example.org.</host>\n"
      "  <allow-origin>null</allow-origin>\n"
      "  <allow-origin>https://www.example.org/app.js</allow-origin>\n"
      "</websocket>\n<!-- end -->\n");
  REQUIRE(document);
  CHECK(document->target.kind == Endpoint::Kind::name);
  CHECK(document->target.text == "irc.example.org");
  CHECK(document->target.port == 6667);
  REQUIRE(document->allow_origins.size() == 3);
  CHECK(document->allow_origins[0].to_string() == "https://*.example.com");
  CHECK(document->allow_origins[1].is_null());
  CHECK(document->allow_origins[2].counted_by_origin());
}

TEST_CASE("A document is read in every way that XML lets it be written", "[policy][document]") {
  const auto xml = GENERATE(
      as<std::string>{}, "<websocket><host>irc.example.org</host><port>6667</port></websocket>",
      "\xef\xbb\xbf<websocket><port>6667</port><host>irc.example.org</host></websocket>",
      "  \n<websocket><host>irc.example.org</host><port>6667</port></websocket>",
      "<?xml version='1.0'?><websocket><host>irc.example.org</host><port>6667</port></websocket>",
      "<?xml version='1.0' encoding='us-ascii' standalone='yes'?>"
      "<websocket><host>irc.example.org</host><port>6667</port></websocket>",
      "<websocket ><host\n>irc.example.org</host ><port>6667</port\t></websocket >",
      "<websocket><host>irc.example.org</host><port>&#54;667</port></websocket>",
      "<websocket><host>irc&#x2e;example.org</host><port>6667</port></websocket>",
      "<websocket><host><![CDATA[irc.example.org]]></host><port>6667</port></websocket>",
      "<websocket><host>irc.<!-- c -->example.org</host><port>66<?p?>67</port></websocket>",
      "<websocket>\r\n<host>\r\nirc.example.org\r\n</host>\r\n<port>6667</port>\r\n</websocket>");
  INFO(xml);
  const auto document = parse_document(xml);
  REQUIRE(document);
  CHECK(document->target.to_string() == "irc.example.org:6667");
}

TEST_CASE("A host may be an address or a Unix socket", "[policy][document]") {
  const auto v6 =
      parse_document("<websocket><host>[2001:db8::1]</host><port>25</port></websocket>");
  REQUIRE(v6);
  CHECK(v6->target.kind == Endpoint::Kind::address);
  CHECK(v6->target.to_string() == "[2001:db8::1]:25");

  const auto unix_socket = parse_document("<websocket><host>unix:/run/a.sock</host></websocket>");
  REQUIRE(unix_socket);
  CHECK(unix_socket->target.kind == Endpoint::Kind::unix_socket);
  CHECK(unix_socket->target.text == "/run/a.sock");
  CHECK(unix_socket->target.port == 0);
}

TEST_CASE("Every error has its place and says what to write", "[policy][document]") {
  struct Row {
    std::string xml;
    std::string_view where;
    std::string_view hint;
  };
  const auto row = GENERATE(values<Row>({
      // Something else altogether.
      {"", "empty 1:1", "write <websocket>"},
      {" \n\t ", "empty 1:1", "write <websocket>"},
      {"\xef\xbb\xbf", "empty 1:1", "write <websocket>"},
      {"hello", "not-xml 1:1", "begins with <websocket>"},
      {"\n  {\"port\":1}", "not-xml 2:3", "begins with <websocket>"},
      {"\x89PNG\r\n", "not-xml 1:1", "begins with <websocket>"},
      {"<html><body>b\xfc"
       "cher</body></html>",
       "other-root 1:1", "\"html\""},
      {"<!DOCTYPE html><html></html>", "other-root 1:1", "HTML page"},
      {"<!doctype HTML>\n<p>", "other-root 1:1", "HTML page"},
      {"<!-- c -->\n <tcpsocket/>", "other-root 2:2", "\"tcpsocket\""},
      {"<WebSocket><port>1</port></WebSocket>", "other-root 1:1", "\"WebSocket\""},
      {"<ws:websocket xmlns:ws='x'/>", "other-root 1:1", "\"ws:websocket\""},
      {"<websockets/>", "other-root 1:1", "\"websockets\""},
      {"<_websocket><port>1</port></_websocket>", "other-root 1:1", "\"_websocket\""},
      {"<:websocket><port>1</port></:websocket>", "other-root 1:1", "\":websocket\""},
      {"<_x:websocket xmlns:_x='x'><port>1</port></_x:websocket>", "other-root 1:1", "websocket>"},
      {"<\xc3\xa9t\xc3\xa9><port>1</port></\xc3\xa9t\xc3\xa9>", "other-root 1:1", "\"\\xc3\\xa9t"},
      {"<!-- c -->\nx <websocket/>", "not-xml 2:1", "begins with <websocket>"},
      {"<html>" + std::string(policy::k_max_document, ' '), "other-root 1:1", "\"html\""},
      // Size and encoding.
      {"<websocket>\n" + std::string(policy::k_max_document, ' '), "too-large 2:65525", "64 KiB"},
      {"<websocket>\n<!-- b\xfc"
       "cher --></websocket>",
       "encoding 2:7", "as UTF-8"},
      {"<websocket>\n<!-- \xc3\xbc\xed\xa0\x80 --></websocket>", "encoding 2:7", "as UTF-8"},
      {std::string("<websocket>\0</websocket>", 24), "encoding 1:12",
       "a NUL, which no XML has; leave it out"},
      {std::string("\xff\xfe<\0w\0", 6), "encoding 1:1", "UTF-16"},
      {std::string("\xfe\xff\0<\0w", 6), "encoding 1:1", "UTF-16"},
      {std::string("<\0w\0e\0", 6), "encoding 1:1", "UTF-16"},
      {std::string("\0\0\0<\0\0\0w", 8), "encoding 1:1", "UTF-32"},
      {std::string("\0\0\xfe\xff\0\0\0<", 8), "encoding 1:1", "UTF-32"},
      {std::string("\n\0\t\0<\0w\0", 8), "encoding 1:1", "UTF-16"},
      {std::string("\0\r\0\n\0<\0w", 8), "encoding 1:1", "UTF-16"},
      {"<?xml version='1.0' encoding='ISO-8859-1'?><websocket/>", "encoding 1:31", "ISO-8859-1"},
      {"<?xml version=\"1.0\" encoding=\"UTF-16\"?><websocket/>", "encoding 1:31", "UTF-16"},
      {"<?xml version=\"1.0\" encoding=\"UTF-7\"?><websocket/>", "encoding 1:31", "UTF-7"},
      // DOCTYPE, entities.
      {"<!DOCTYPE websocket><websocket/>", "doctype 1:1", "leave it out"},
      {"<?xml version='1.0'?>\n<!-- c -->\n <!DOCTYPE websocket [<!ENTITY a 'b'>]>\n<websocket/>",
       "doctype 3:2", "leave it out"},
      {"<!DOCTYPE x SYSTEM 'file:///etc/passwd'><websocket/>", "doctype 1:1", "leave it out"},
      {"<websocket>\n<!DOCTYPE websocket></websocket>", "not-well-formed 2", ""},
      {"<websocket><port>&port;</port></websocket>", "not-well-formed 1", "Entity 'port'"},
      {"<websocket><port>&#0;</port></websocket>", "not-well-formed 1", ""},
      // Not well-formed.
      {"<websocket>", "not-well-formed 1", ""},
      {"<websocket", "not-well-formed 1", ""},
      {"<websocket><port>1</port>", "not-well-formed 1", ""},
      {"<websocket><port>1</websocket>", "not-well-formed 1", "mismatch"},
      {"<websocket><port>1</port></websocket><websocket/>", "not-well-formed 1", "Extra"},
      {"<websocket><port>1</port></websocket>x", "not-well-formed 1", "Extra"},
      {"<websocket><port>1 < 2</port></websocket>", "not-well-formed 1", ""},
      {"<websocket><port>1 & 2</port></websocket>", "not-well-formed 1", ""},
      {"<websocket a='1' a='2'><port>1</port></websocket>", "not-well-formed 1", "redefined"},
      {"<websocket><a:port>1</a:port></websocket>", "not-well-formed 1", "prefix"},
      {" <?xml version='1.0'?><websocket/>", "not-well-formed 1", "XML declaration"},
      {"<!-- open", "not-well-formed 1", "not terminated"},
      {"<!-- a -- b --><websocket><port>1</port></websocket>", "not-well-formed 1", ""},
      // Elements.
      {"<websocket>\n  <prot>1</prot></websocket>", "unknown-element 2:3",
       "host, port, allow-origin"},
      {"<websocket><Port>1</Port></websocket>", "unknown-element 1:12", "\"Port\""},
      {"<websocket><websocket/></websocket>", "unknown-element 1:12", "\"websocket\""},
      {"<websocket><port>1<b/></port></websocket>", "unknown-element 1:19", "holds text only"},
      {"<websocket><port>1</port>\n<port>2</port></websocket>", "duplicate 2:1", "one only"},
      {"<websocket><host>a</host><port>1</port> <host>a</host></websocket>", "duplicate 1:41",
       "one only"},
      {"<websocket/>", "missing 1:1", "write <port>"},
      {"\n <websocket></websocket>", "missing 2:2", "write <port>"},
      {"<websocket><host>a</host></websocket>", "missing 1:1", "write <port>"},
      {"<websocket xmlns='urn:x'><port>1</port></websocket>", "attribute 1:1", "no namespace"},
      {"<websocket version='1'><port>1</port></websocket>", "attribute 1:1", "no attributes"},
      {"<websocket><!-- \xe2\x82\xac --><port\n proto='tcp>'>1</port></websocket>",
       "attribute 1:22", "write <port>"},
      {"<websocket><port xml:space='preserve'>1</port></websocket>", "attribute 1:12", ""},
      // Text.
      {"<websocket>6667<port>1</port></websocket>", "stray-text 1:12", "only"},
      {"<websocket>\n <!-- c -->\n x<port>1</port></websocket>", "stray-text 3:2", "only"},
      {"<websocket><port>1</port>\n<!-- c --> x</websocket>", "stray-text 2:12", "only"},
      {"<websocket><port>1</port><![CDATA[x]]></websocket>", "stray-text 1:26", "only"},
      {"<websocket><port>1</port>&#120;</websocket>", "stray-text 1:26", "only"},
      {"<websocket><port>1</port>&amp;</websocket>", "stray-text 1:26", "only"},
      // Values.
      {"<websocket><port/></websocket>", "empty-value 1:12", "write <port>6667</port>"},
      {"<websocket>\n <host> \n </host><port>1</port></websocket>", "empty-value 2:2", "<host>"},
      {"<websocket><allow-origin><!-- * --></allow-origin></websocket>", "empty-value 1:12",
       "<allow-origin>"},
      {"<websocket><port>0</port></websocket>", "bad-value 1:18", "from 1 to 65535"},
      {"<websocket>\n<port>\n  65536</port></websocket>", "bad-value 3:3", "from 1 to 65535"},
      {"<websocket><port>06667</port></websocket>", "bad-value 1:18", "decimal number"},
      {"<websocket><port>+25</port></websocket>", "bad-value 1:18", "decimal number"},
      {"<websocket><port>0x19</port></websocket>", "bad-value 1:18", "decimal number"},
      {"<websocket><port>25 26</port></websocket>", "bad-value 1:18", "decimal number"},
      {"<websocket><port>smtp</port></websocket>", "bad-value 1:18", "decimal number"},
      {"<websocket><port>\xc2\xa0"
       "25</port></websocket>",
       "bad-value 1:18", "decimal number"},
      {"<websocket><host>2130706433</host><port>1</port></websocket>", "bad-value 1:18", "number"},
      {"<websocket><host>irc_1.example</host><port>1</port></websocket>", "bad-value 1:18",
       "letters, digits"},
      {"<websocket><host>a:25</host><port>25</port></websocket>", "bad-value 1:18", "in <port>"},
      {"<websocket><host>unix:/run/../x</host></websocket>", "bad-value 1:18", ".. segment"},
      {"<websocket><host>unix:/run/x</host><port>1</port></websocket>", "bad-value 1:36",
       "leave <port> out"},
      {"<websocket><port>1</port>\n<allow-origin><!-- c -->\n x.org</allow-origin></websocket>",
       "bad-value 3:2", "https://www.example.com"},
      {"<websocket><allow-origin>https://a.org b</allow-origin></websocket>", "bad-value 1:26",
       "one origin an element"},
      // The first error is the one reported.
      {"<websocket><port>0</port><x/>", "bad-value 1:18", ""},
      {"<websocket a='1'><x/>", "attribute 1:1", ""},
  }));
  INFO(row.xml.substr(0, 200));
  const auto document = parse_document(row.xml);
  REQUIRE_FALSE(document);
  INFO(document.error().message);
  CHECK(where(document.error()) == row.where);
  CHECK(contains(document.error().message, row.hint));
  CHECK_FALSE(document.error().message.empty());
  CHECK(document.error().column >= 1);
  for (const char c : document.error().message) {
    CHECK((c >= ' ' && c <= '~'));
  }
}

TEST_CASE("A script's own answer is told from a policy with a mistake", "[policy][document]") {
  const auto is_policy = [](std::string_view text) {
    return parse_document(text).error().is_policy();
  };
  CHECK_FALSE(is_policy(""));
  CHECK_FALSE(is_policy("Please log in."));
  CHECK_FALSE(is_policy("<!DOCTYPE html><html>"));
  CHECK_FALSE(
      is_policy("<html><body>b\xfc"
                "cher"));
  CHECK_FALSE(is_policy("<rss version='2.0'/>"));
  CHECK(is_policy("<websocket>"));
  CHECK(is_policy("<websocket><port>x</port></websocket>"));
  CHECK(is_policy("<!DOCTYPE websocket><websocket/>"));
  CHECK(is_policy("<?xml version='1.0' encoding='latin1'?><websocket/>"));
}

TEST_CASE("A document cut short anywhere is refused", "[policy][document]") {
  const std::string whole =
      "<?xml version='1.0'?><!-- c --><websocket><host>irc.example.org</host><port>6667</port>"
      "<allow-origin>*</allow-origin></websocket>";
  REQUIRE(parse_document(whole));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    INFO(whole.substr(0, length));
    CHECK_FALSE(parse_document(whole.substr(0, length)));
  }
}

TEST_CASE("A document of 64 KiB is read, one octet more is not", "[policy][document]") {
  std::string xml(k_smallest);
  xml += std::string(policy::k_max_document - xml.size(), '\n');
  CHECK(parse_document(xml));
  const auto larger = parse_document(xml + "\n");
  REQUIRE_FALSE(larger);
  CHECK(larger.error().fault == DocumentFault::too_large);
}

TEST_CASE("Places stay right behind a long beginning", "[policy][document]") {
  // libxml2 drops what it has read from its buffer.
  const std::string comment = "<!-- " + std::string(20000, 'x') + " -->\n";
  const auto document =
      parse_document(comment + "<websocket>\n" + comment + "  <port>\n 0</port></websocket>");
  REQUIRE_FALSE(document);
  CHECK(where(document.error()) == "bad-value 5:2");
}

TEST_CASE("Deep nesting ends at the first unknown element", "[policy][document]") {
  std::string xml = "<websocket>";
  for (int i = 0; i < 20000; ++i) {
    xml += "<a>";
  }
  const auto document = parse_document(xml);
  REQUIRE_FALSE(document);
  CHECK(where(document.error()) == "unknown-element 1:12");
}

TEST_CASE("Parsing leaves libxml2's settings as they were", "[policy][document]") {
  const auto loader = xmlGetExternalEntityLoader();
  const auto generic = xmlGenericError;
  const auto structured = xmlStructuredError;
  const int substitute = xmlSubstituteEntitiesDefaultValue;
  CHECK(parse_document(k_smallest));
  CHECK_FALSE(parse_document("<websocket><port>&x;</port></websocket>"));
  CHECK(xmlGetExternalEntityLoader() == loader);
  CHECK(xmlGenericError == generic);
  CHECK(xmlStructuredError == structured);
  CHECK(xmlSubstituteEntitiesDefaultValue == substitute);
}

TEST_CASE("A text that goes on is something else once nothing can make a policy of it",
          "[policy][document]") {
  for (const char* begin :
       {": ping\n\n", "data: {}", "{\"a\": 1}", "<!DOCTYPE html>", "<html>", "<websockets>",
        "<?xml version=\"1.0\"?>\n<html ", "\xef\xbb\xbf<rss>", "  plain"}) {
    INFO(begin);
    CHECK(policy::begins_otherwise(begin));
  }
  for (const char* begin : {"", " \r\n\t ", "<", "<we", "<websocket", "<websocket>", "<html",
                            "<?xml vers", "<!-- a > b", "<!-- a -->\n<web", "\xef\xbb\xbf",
                            "\xef\xbb\xbf<web", "<websocket><port>"}) {
    INFO(begin);
    CHECK_FALSE(policy::begins_otherwise(begin));
  }
}

TEST_CASE("Many threads parse at once", "[policy][document]") {
  std::vector<std::thread> threads;
  std::vector<int> right(8, 0);
  for (int& count : right) {
    threads.emplace_back([&count] {
      for (int i = 1; i <= 200; ++i) {
        const std::string port = std::to_string(i);
        const auto good = parse_document("<websocket><port>" + port + "</port></websocket>");
        const auto bad =
            parse_document("<websocket>" + std::string(static_cast<std::size_t>(i), '\n') +
                           "<port>&x;</port></websocket>");
        count += good && good->target.port == i && !bad && bad.error().line == i + 1 ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(right == std::vector<int>(8, 200));
}
