// SPDX-License-Identifier: Apache-2.0
#include "policy/tool/lint.hh"

#include <string>
#include <string_view>
#include <vector>

#include "test/unit/catch.hh"

using policy::tool::ElementLines;
using policy::tool::Warning;

namespace {

std::vector<Warning> lint(const std::string& xml) {
  INFO(xml);
  const auto document = policy::parse_document(xml);
  REQUIRE(document);
  return policy::tool::lint(*document, ElementLines(xml));
}

// "2 origin-any"
std::vector<std::string> names(const std::string& content) {
  std::vector<std::string> found;
  for (const auto& warning : lint("<websocket>\n" + content + "</websocket>")) {
    CHECK(!warning.message.empty());
    found.push_back(std::to_string(warning.line) + " " + warning.name);
  }
  return found;
}

std::vector<std::string> of_origin(const std::string& origin) {
  return names("<port>6667</port>\n<allow-origin>" + origin + "</allow-origin>\n");
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a careful policy has no warnings", "[policy][tool]") {
  CHECK(names("<port>6667</port>\n").empty());
  CHECK(names("<host>irc.example.org</host><port>6697</port><tls/>"
              "<framing>lines</framing><max-message>16K</max-message>"
              "<idle-timeout>30</idle-timeout><proxy-protocol>2</proxy-protocol>"
              "<allow-origin>https://www.example.com</allow-origin>"
              "<allow-origin>https://*.example.com:8443</allow-origin>")
            .empty());
  CHECK(names("<host>192.0.2.1</host><port>6667</port>").empty());
  CHECK(names("<host>unix:/run/app.sock</host>").empty());
}

TEST_CASE("origins of everybody are warned of", "[policy][tool]") {
  CHECK(of_origin("*") == Names{"3 origin-any"});
  CHECK(of_origin("null") == Names{"3 origin-null"});
  CHECK(of_origin("https://*.com") == Names{"3 origin-wide"});
  CHECK(of_origin("https://*.example.com").empty());
}

TEST_CASE("pages without TLS are warned of, but for this machine's own", "[policy][tool]") {
  CHECK(of_origin("http://www.example.com") == Names{"3 origin-http"});
  CHECK(of_origin("http://*.example.com:8080") == Names{"3 origin-http"});
  CHECK(of_origin("http://192.0.2.1") == Names{"3 origin-http"});
  for (const auto* local : {"http://localhost:3000", "http://app.localhost", "http://127.0.0.1",
                            "http://[::1]:8080", "http://*.localhost"}) {
    INFO(local);
    CHECK(of_origin(local).empty());
  }
}

TEST_CASE("what counts otherwise than it looks is warned of", "[policy][tool]") {
  CHECK(of_origin("https://www.example.com/chat/app.js") == Names{"3 origin-path"});
  CHECK(of_origin("https://www.example.com/") == Names{"3 origin-path"});
  CHECK(of_origin("wss://www.example.com") == Names{"3 origin-scheme"});
}

TEST_CASE("origins without effect are warned of on their own lines", "[policy][tool]") {
  CHECK(names("<port>6667</port>\n"
              "<allow-origin>https://a.example</allow-origin>\n"
              "<allow-origin>https://A.example:443</allow-origin>\n") == Names{"4 origin-idle"});
  CHECK(names("<port>6667</port>\n"
              "<allow-origin>https://a.example</allow-origin>\n"
              "<allow-origin>*</allow-origin>\n") == Names{"3 origin-idle", "4 origin-any"});
}

TEST_CASE("ports of services that trust their callers are warned of", "[policy][tool]") {
  for (const int port : {22,   25,   53,   80,   135,  139,  443,  445,  465,   587,  2375,
                         3306, 5432, 6000, 6009, 6379, 8009, 8080, 9000, 11211, 27017}) {
    INFO(port);
    const Names found = names("\n<port>" + std::to_string(port) + "</port>\n");
    REQUIRE_FALSE(found.empty());
    CHECK(found.front() == "3 port-dangerous");
  }
  for (const int port : {1, 21, 24, 110, 140, 194, 515, 1023}) {
    INFO(port);
    CHECK(names("<port>" + std::to_string(port) + "</port>") == Names{"2 port-privileged"});
  }
  for (const int port : {1024, 5222, 5999, 6010, 6660, 6667, 65535}) {
    INFO(port);
    CHECK(names("<port>" + std::to_string(port) + "</port>").empty());
  }
}

TEST_CASE("TLS where its service begins without it, or the other way, is warned of",
          "[policy][tool]") {
  const auto of_port = [](int port, const std::string& tls) {
    return names("<host>a.example</host>\n<port>" + std::to_string(port) + "</port>\n" + tls);
  };
  for (const int port : {5223, 6697, 8883}) {
    INFO(port);
    CHECK(of_port(port, "") == Names{"3 tls-missing"});
    CHECK(of_port(port, "<tls/>").empty());
  }
  CHECK(of_port(443, "") == Names{"3 port-dangerous", "3 tls-missing"});
  CHECK(of_port(993, "") == Names{"3 port-privileged", "3 tls-missing"});
  for (const int port : {1883, 5222, 6660, 6667, 6669}) {
    INFO(port);
    CHECK(of_port(port, "").empty());
    CHECK(of_port(port, "<tls/>") == Names{"4 tls-port"});
  }
  CHECK(of_port(587, "<tls/>") == Names{"3 port-dangerous", "4 tls-port"});
  CHECK(of_port(7000, "<tls/>").empty());
  CHECK(names("<host>unix:/run/a.sock</host><tls/><tls-name>a.example</tls-name>").empty());
}

TEST_CASE("sizes of messages beyond the server's or a line's are warned of", "[policy][tool]") {
  const auto of_size = [](const std::string& size, const std::string& more) {
    return names("<port>6667</port>\n" + more + "\n<max-message>" + size + "</max-message>");
  };
  CHECK(of_size("16M", "").empty());
  CHECK(of_size("16777217", "") == Names{"4 max-message-large"});
  CHECK(of_size("64K", "<framing>lines</framing>").empty());
  CHECK(of_size("65537", "<framing>lines</framing>") == Names{"4 max-message-lines"});
  CHECK(of_size("1M", "<protocol>text.ircv3.net</protocol>") == Names{"4 max-message-lines"});
  CHECK(of_size("1M", "<protocol>mqtt</protocol>").empty());
  CHECK(of_size("1G", "<framing>lines</framing>") ==
        Names{"4 max-message-large", "4 max-message-lines"});
}

TEST_CASE("a time that is over before the first ping is warned of", "[policy][tool]") {
  const auto of_time = [](const std::string& time) {
    return names("<port>6667</port>\n<idle-timeout>" + time + "</idle-timeout>");
  };
  CHECK(of_time("29s") == Names{"3 idle-timeout-short"});
  CHECK(of_time("29999ms") == Names{"3 idle-timeout-short"});
  CHECK(of_time("30").empty());
  CHECK(of_time("1h").empty());
}

TEST_CASE("hosts of special use are warned of, in every spelling", "[policy][tool]") {
  for (const auto* host : {"169.254.169.254", "[fe80::1]", "224.0.0.1", "0.0.0.0",
                           "::", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fd00:ec2::254"}) {
    INFO(host);
    CHECK(names("<host>" + std::string(host) + "</host>\n<port>6667</port>") ==
          Names{"2 host-special-use"});
  }
  for (const auto* host :
       {"127.0.0.1", "127.1.2.3", "[::1]", "::ffff:127.0.0.1", "localhost", "irc.localhost"}) {
    INFO(host);
    CHECK(names("<port>6667</port>\n<host>" + std::string(host) + "</host>") ==
          Names{"3 host-loopback"});
  }
}

TEST_CASE("lines are those of the elements, not of what looks like them", "[policy][tool]") {
  const ElementLines lines(
      "\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!-- <port>1</port>\n<allow-origin>*</allow-origin> "
      "-->\n<websocket>\n<?x <host>?>\n<allow-origin>https://a.example</allow-origin>\n"
      "<port>6667</port><allow-origin><![CDATA[<]]></allow-origin>\n\n"
      "<host>irc.example</host></websocket>\n");
  CHECK(lines.line_of("host") == 9);
  CHECK(lines.line_of("port") == 7);
  CHECK(lines.line_of("allow-origin", 0) == 6);
  CHECK(lines.line_of("allow-origin", 1) == 7);
  CHECK(lines.line_of("allow-origin", 2) == 0);
  CHECK(lines.line_of("tls") == 0);
}

TEST_CASE("a warning without a line is still a warning", "[policy][tool]") {
  const auto document = policy::parse_document(
      "<websocket><port>25</port><allow-origin>*</allow-origin></websocket>");
  REQUIRE(document);
  const auto warnings = policy::tool::lint(*document, ElementLines{});
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0].line == 0);
  CHECK(warnings[1].line == 0);
}
