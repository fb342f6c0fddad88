// SPDX-License-Identifier: Apache-2.0
#include "test/unit/policy/hostile_cases.hh"

#include <string_view>

namespace {

using Cases = std::vector<HostileCase>;
using Texts = std::vector<std::string>;

const Texts k_everything = {"same-host", "consent", "0.0.0.0/0:*", "[::]/0:*", "*.example.org:*"};

std::string document(std::string_view host, std::string_view port, const Texts& origins = {"*"}) {
  std::string text = "<websocket>";
  if (!host.empty()) text.append("<host>").append(host).append("</host>");
  if (!port.empty()) text.append("<port>").append(port).append("</port>");
  for (const auto& origin : origins) {
    text.append("<allow-origin>").append(origin).append("</allow-origin>");
  }
  return text + "</websocket>";
}

HostileCase attempt(std::string group, std::string story, std::string text, std::string reason,
                    std::string because) {
  HostileCase made;
  made.group = std::move(group);
  made.story = std::move(story);
  made.document = std::move(text);
  made.origin = "https://www.example.com";
  made.rules = k_everything;
  made.served_by = "www.example.com";
  made.reason = std::move(reason);
  made.because = std::move(because);
  return made;
}

struct Row {
  std::string input;
  std::string reason;
  std::string because = {};
};

// ---- the document's host, where every address and many names are allowed --------------------

void add_hosts(Cases& cases) {
  const std::vector<Row> rows = {
      // Numbers that some resolver would take for 127.0.0.1, 10.0.0.1 or 169.254.169.254.
      {"2130706433", "bad-value", "is a number"},
      {"017700000001", "bad-value", "is a number"},
      {"0x7f000001", "bad-value", "is a number"},
      {"0x7F.1", "bad-value", "is a number"},
      {"0x7f.0x0.0x0.0x1", "bad-value", "is a number"},
      {"0177.0.0.1", "bad-value", "is a number"},
      {"127.1", "bad-value", "is a number"},
      {"127.0.1", "bad-value", "is a number"},
      {"127.0.0.01", "bad-value", "is a number"},
      {"127.0.0.0x1", "bad-value", "is a number"},
      {"127.0.0.1.", "bad-value", "is a number"},
      {"127.0.0.256", "bad-value", "is a number"},
      {"127.0.0.1.5", "bad-value", "is a number"},
      {"0", "bad-value", "is a number"},
      {"00000000", "bad-value", "is a number"},
      {"4294967296", "bad-value", "is a number"},
      {"18446744073709551617", "bad-value", "is a number"},
      {"0x", "bad-value", "is a number"},
      {"irc.example.org.1", "bad-value", "is a number"},
      {"irc.example.org.0x1", "bad-value", "is a number"},
      {"2852039166", "bad-value", "is a number"},
      {"0xa9fea9fe", "bad-value", "is a number"},
      {"169.254.43518", "bad-value", "is a number"},
      {"0251.0376.0251.0376", "bad-value", "is a number"},
      {"-1", "bad-value", "hyphen"},
      {"+127.0.0.1", "bad-value", "holds what no host name can"},
      {"127.0.0.1%00.example.org", "bad-value", "holds what no host name can"},
      {"\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1", "bad-value", "is not ASCII"},
      {"127\xe3\x80\x82"
       "0\xe3\x80\x82"
       "0\xe3\x80\x82"
       "1",
       "bad-value", "is not ASCII"},
      {"\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1", "bad-value", "is not ASCII"},
      {"ex\xc3\xa4mple.org", "bad-value", "is not ASCII"},
      {"\xd0\xb5xample.org", "bad-value", "is not ASCII"},
      // Addresses that are never meant by a network, in every dress.
      {"0.0.0.0", "special-use", "unspecified"},
      {"0.1.2.3", "special-use", "unspecified"},
      {"169.254.169.254", "special-use", "link-local"},
      {"169.254.170.2", "special-use", "link-local"},
      {"224.0.0.1", "special-use", "multicast"},
      {"239.255.255.250", "special-use", "multicast"},
      {"240.0.0.1", "special-use", "reserved"},
      {"255.255.255.255", "special-use", "reserved"},
      {"100.100.100.200", "special-use", "cloud-metadata"},
      {"168.63.129.16", "special-use", "cloud-metadata"},
      {"192.0.0.192", "special-use", "cloud-metadata"},
      {"::", "special-use", "unspecified"},
      {"[::]", "special-use", "unspecified"},
      {"0:0:0:0:0:0:0:0", "special-use", "unspecified"},
      {"fe80::1", "special-use", "link-local"},
      {"febf::1", "special-use", "link-local"},
      {"ff02::1", "special-use", "multicast"},
      {"fd00:ec2::254", "special-use", "cloud-metadata"},
      {"fd20:ce::254", "special-use", "cloud-metadata"},
      {"::ffff:169.254.169.254", "special-use", "link-local"},
      {"[::ffff:a9fe:a9fe]", "special-use", "link-local"},
      {"::ffff:0.0.0.0", "special-use", "unspecified"},
      {"::169.254.169.254", "special-use", "link-local"},
      {"::ffff:0:169.254.169.254", "special-use", "link-local"},
      {"64:ff9b::a9fe:a9fe", "special-use", "link-local"},
      {"64:ff9b::127.0.0.1", "special-use", "embedded-loopback"},
      {"64:ff9b:1::a9fe:a9fe", "special-use", "link-local"},
      {"2002:a9fe:a9fe::1", "special-use", "link-local"},
      {"2002:7f00:1::", "special-use", "embedded-loopback"},
      {"2002:e000:1::1", "special-use", "multicast"},
      {"2001::5601:5601", "special-use", "link-local"},
      {"2001:db8::5efe:127.0.0.1", "special-use", "embedded-loopback"},
      {"2001:db8::200:5efe:169.254.169.254", "special-use", "link-local"},
      {"::127.0.0.1", "special-use", "embedded-loopback"},
      {"::ffff:0:127.0.0.1", "special-use", "embedded-loopback"},
      // Not quite IPv6.
      {"fe80::1%eth0", "bad-value", "zone"},
      {"[fe80::1%25eth0]", "bad-value", ""},
      {"::1%lo", "bad-value", "zone"},
      {"[::1", "bad-value", ""},
      {"::1]", "bad-value", ""},
      {"[[::1]]", "bad-value", ""},
      {"[127.0.0.1]", "bad-value", ""},
      {":::1", "bad-value", "IPv6"},
      {"1:2:3:4:5:6:7:8:9", "bad-value", "IPv6"},
      {"::ffff:127.1", "bad-value", "IPv6"},
      {"::ffff:0177.0.0.1", "bad-value", "IPv6"},
      {"::ffff:999.0.0.1", "bad-value", "IPv6"},
      {"0x::1", "bad-value", "IPv6"},
      // More than a host.
      {"http://irc.example.org", "bad-value", "is a URL"},
      {"//irc.example.org", "bad-value", "slash"},
      {"irc.example.org:22", "bad-value", "colon"},
      {"user@irc.example.org", "bad-value", "holds what no host name can"},
      {"irc.example.org@127.0.0.1", "bad-value", ""},
      {"irc.example.org#.evil.net", "bad-value", "holds what no host name can"},
      {"irc.example.org\\.evil.net", "bad-value", "holds what no host name can"},
      {"irc.example.org/../..", "bad-value", "slash"},
      {"irc.example.org evil.net", "bad-value", "holds what no host name can"},
      {"irc.example.org,evil.net", "bad-value", "holds what no host name can"},
      {"irc%2eexample%2eorg", "bad-value", "holds what no host name can"},
      {"*.example.org", "bad-value", "holds what no host name can"},
      {"*", "bad-value", "holds what no host name can"},
      {".example.org", "bad-value", "empty label"},
      {"irc..example.org", "bad-value", "empty label"},
      {"irc.example.org..", "bad-value", "empty label"},
      {".", "bad-value", ""},
      {"irc_.example.org", "bad-value", "holds what no host name can"},
      {"-irc.example.org", "bad-value", "hyphen"},
      {std::string(64, 'a') + ".example.org", "bad-value", "more than 63"},
      {std::string(260, 'a'), "bad-value", "longer than a host name"},
  };
  for (const auto& row : rows) {
    cases.push_back(attempt("host", row.input.substr(0, 60), document(row.input, "6667"),
                            row.reason, row.because));
  }
}

// ---- what a resolver may say of a name that is allowed (rebinding among it) ------------------

void add_lies_of_resolvers(Cases& cases) {
  struct Lie {
    Texts addresses;
    std::string port;
    std::string reason;
    std::string because;
  };
  const std::vector<Lie> lies = {
      {{"127.0.0.1"}, "6667", "loopback-by-name", "127.0.0.1"},
      {{"127.8.9.10"}, "6667", "loopback-by-name", "127.8.9.10"},
      {{"::1"}, "6667", "loopback-by-name", "::1"},
      {{"::ffff:127.0.0.1"}, "6667", "loopback-by-name", "127.0.0.1"},
      {{"127.0.0.1", "::1"}, "6667", "loopback-by-name", "127.0.0.1"},
      {{"0.0.0.0"}, "6667", "special-use", "unspecified"},
      {{"::"}, "6667", "special-use", "unspecified"},
      {{"169.254.169.254"}, "80", "special-use", "link-local"},
      {{"::ffff:169.254.169.254"}, "80", "special-use", "link-local"},
      {{"fe80::1"}, "6667", "special-use", "link-local"},
      {{"64:ff9b::7f00:1"}, "6667", "special-use", "embedded-loopback"},
      {{"64:ff9b::a9fe:a9fe"}, "80", "special-use", "link-local"},
      {{"2002:7f00:1::1"}, "6667", "special-use", "embedded-loopback"},
      {{"fd00:ec2::254"}, "80", "special-use", "cloud-metadata"},
      {{"100.100.100.200"}, "80", "special-use", "cloud-metadata"},
      {{"224.0.0.251"}, "5353", "special-use", "multicast"},
      {{"255.255.255.255"}, "6667", "special-use", "reserved"},
      {{"192.0.2.10"}, "80", "own-listener", "own listener"},
      {{"192.0.2.10"}, "8443", "own-listener", "own listener"},
      {{"2001:db8::10"}, "80", "own-listener", "own listener"},
      {{"64:ff9b::192.0.2.10"}, "80", "own-listener", "own listener"},
      {{"2002:c000:20a::1"}, "8443", "own-listener", "own listener"},
      {{}, "6667", "no-address", "has no address"},
  };
  for (const auto& lie : lies) {
    auto made = attempt("resolver", lie.addresses.empty() ? "nothing" : lie.addresses[0],
                        document("irc.example.org", lie.port), lie.reason, lie.because);
    made.resolved = lie.addresses;
    made.rules = {"irc.example.org:*", "*.example.org:*"};
    cases.push_back(std::move(made));
  }
}

// ---- hosts and ports beside what the administrator allows ----------------------------------

void add_targets(Cases& cases) {
  struct Try {
    std::string host;
    std::string port;
    Texts resolved;
    Texts rules;
    std::string reason;
  };
  const std::vector<Try> tries = {
      {"", "6667", {}, {}, "target-not-listed"},
      {"", "6667", {}, {"none"}, "target-not-listed"},
      {"", "6667", {}, {"same-host", "none"}, "target-not-listed"},
      {"", "22", {}, {"same-host:6667"}, "port-not-listed"},
      {"", "80", {}, {"same-host"}, "own-listener"},
      {"127.0.0.1", "80", {}, {"same-host", "127.0.0.0/8:*"}, "own-listener"},
      {"[::ffff:127.0.0.1]", "80", {}, {"same-host"}, "own-listener"},
      {"127.0.0.2", "80", {}, {"same-host"}, "own-listener"},
      {"", "6667", {}, {"consent"}, "same-host-not-listed"},
      {"192.0.2.10", "6667", {}, {"consent"}, "same-host-not-listed"},
      {"2001:db8::10", "6667", {}, {"consent"}, "same-host-not-listed"},
      {"10.0.0.1", "6667", {}, {"same-host"}, "target-not-listed"},
      {"11.0.0.1", "6667", {}, {"10.0.0.0/8:*"}, "target-not-listed"},
      {"10.0.0.1", "6670", {}, {"10.0.0.0/8:6660-6669"}, "port-not-listed"},
      {"10.0.0.1", "6659", {}, {"10.0.0.0/8:6660-6669"}, "port-not-listed"},
      {"::ffff:11.0.0.1", "6667", {}, {"10.0.0.0/8:*"}, "target-not-listed"},
      {"203.0.113.1", "25", {}, {"consent:6667"}, "port-not-listed"},
      {"irc.example.org", "6667", {"10.0.0.1"}, {"irc.example.net:*"}, "target-not-listed"},
      {"irc.example.org.evil.net",
       "6667",
       {"10.0.0.1"},
       {"irc.example.org:*"},
       "target-not-listed"},
      {"evilexample.org", "6667", {"10.0.0.1"}, {"*.example.org:*"}, "target-not-listed"},
      {"example.org", "6667", {"10.0.0.1"}, {"*.example.org:*"}, "target-not-listed"},
      {"irc.example.org", "25", {"10.0.0.1"}, {"irc.example.org:6667"}, "port-not-listed"},
      {"localhost.example.org", "6667", {"127.0.0.1"}, {"*.example.org:*"}, "loopback-by-name"},
      {"10.0.0.1", "6667", {}, {"*.example.org:*"}, "target-not-listed"},
      {"169.254.169.254", "80", {}, {"169.254.0.0/15:*"}, "special-use"},
      {"169.254.169.254", "80", {}, {"168.0.0.0/6:*"}, "special-use"},
      {"169.254.169.254", "81", {}, {"169.254.169.254:80"}, "special-use"},
  };
  for (const auto& each : tries) {
    auto made = attempt("target", each.host + ":" + each.port, document(each.host, each.port),
                        each.reason, "");
    made.resolved = each.resolved;
    made.rules = each.rules;
    cases.push_back(std::move(made));
  }
}

// ---- Unix sockets --------------------------------------------------------------------------

void add_unix_sockets(Cases& cases) {
  const std::vector<Row> rows = {
      {"unix:/run/docker.sock", "target-not-listed"},
      {"unix:/run/app/../docker.sock", "bad-value", "segment"},
      {"unix:/run/app/./app.sock", "bad-value", "segment"},
      {"unix:/run/app//app.sock", "bad-value", "segment"},
      {"unix:/run/app/app.sock/", "bad-value", "segment"},
      {"unix:/run/app/deep/app.sock", "target-not-listed"},
      {"unix:/run/app/app.sock.evil", "target-not-listed"},
      {"unix:/run/application/app.sock", "target-not-listed"},
      {"unix:/RUN/app/app.sock", "target-not-listed"},
      {"unix:run/app/app.sock", "bad-value", "absolute"},
      {"unix:", "bad-value", "absolute"},
      {"unix:@abstract", "bad-value", "absolute"},
      {"unix://run/app/app.sock", "bad-value", "segment"},
      {"unix:/run/app/a b.sock", "bad-value", "space"},
      {"unix:/run/app/\xc3\xa4.sock", "bad-value", "not ASCII"},
      {"unix:/run/app/" + std::string(120, 'a') + ".sock", "bad-value", "longer"},
      {"UNIX:/run/app/app.sock", "bad-value", ""},
      {"unix:/run/app/*.sock/x", "target-not-listed"},
      {"unix:/", "bad-value", ""},
  };
  for (const auto& row : rows) {
    auto made =
        attempt("unix", row.input.substr(0, 60), document(row.input, ""), row.reason, row.because);
    made.rules = {"unix:/run/app/*.sock", "same-host", "0.0.0.0/0:*"};
    cases.push_back(std::move(made));
  }
  cases.push_back(
      attempt("unix", "with a port", document("unix:/run/app/app.sock", "80"), "bad-value", ""));
}

// ---- ports ---------------------------------------------------------------------------------

void add_ports(Cases& cases) {
  const Texts ports = {"0",
                       "00",
                       "06667",
                       "65536",
                       "65558",
                       "4294973963",
                       "18446744073709558283",
                       "-1",
                       "+6667",
                       "6667.0",
                       "6,667",
                       "6667-6669",
                       "6667 6668",
                       "0x1A0B",
                       "1e3",
                       "*",
                       "irc",
                       "six",
                       "6667;80",
                       "\xd9\xa6\xd9\xa6\xd9\xa6\xd9\xa7",
                       "\xef\xbc\x96\xef\xbc\x96\xef\xbc\x96\xef\xbc\x97",
                       "66\xc2\xa0"
                       "67",
                       std::string(5000, '9')};
  for (const auto& port : ports) {
    cases.push_back(attempt("port", port.substr(0, 40), document("", port), "bad-value",
                            "write a decimal number from 1 to 65535"));
  }
}

// ---- origins -------------------------------------------------------------------------------

void add_origins(Cases& cases) {
  struct Page {
    Texts allowed;
    std::optional<std::string> header;
    std::string reason;
  };
  const Texts exact = {"https://www.example.com"};
  const Texts below = {"https://*.example.com"};
  const std::vector<Page> pages = {
      {exact, "https://www.example.com.evil.net", "origin-not-listed"},
      {exact, "https://evil-www.example.com", "origin-not-listed"},
      {exact, "https://wwwXexample.com", "origin-not-listed"},
      {exact, "https://www.example.co", "origin-not-listed"},
      {exact, "https://www.example.comm", "origin-not-listed"},
      {exact, "https://example.com", "origin-not-listed"},
      {exact, "http://www.example.com", "origin-not-listed"},
      {exact, "wss://www.example.com", "origin-not-listed"},
      {exact, "https://www.example.com:80", "origin-not-listed"},
      {exact, "https://www.example.com:8443", "origin-not-listed"},
      {exact, "https://www.examp1e.com", "origin-not-listed"},
      {exact, "https://xn--www-example-com.evil", "origin-not-listed"},
      {exact, "https://www.ex\xd0\xb0mple.com", "origin-malformed"},
      {exact, "https://www.example.com.", "origin-malformed"},
      {exact, "https://www.example.com/", "origin-malformed"},
      {exact, "https://www.example.com/../", "origin-malformed"},
      {exact, "https://www.example.com@evil.net", "origin-malformed"},
      {exact, "https://evil.net#https://www.example.com", "origin-malformed"},
      {exact, "https://evil.net\\.www.example.com", "origin-malformed"},
      {exact, "https://www.example.com:443:80", "origin-malformed"},
      {exact, "https://www.example.com:0443", "origin-malformed"},
      {exact, "https://www.example.com:", "origin-malformed"},
      {exact, "https://www.example.com:65979", "origin-malformed"},
      {exact, "https://", "origin-malformed"},
      {exact, "www.example.com", "origin-malformed"},
      {exact, "//www.example.com", "origin-malformed"},
      {exact, "https:www.example.com", "origin-malformed"},
      {exact, "javascript:https://www.example.com", "origin-malformed"},
      {exact, "", "origin-malformed"},
      {exact, "https://www.example.com https://evil.net", "origin-several"},
      {exact, "https://evil.net, https://www.example.com", "origin-several"},
      {exact, "https://www.example.com\x01", "origin-malformed"},
      {exact, "https://" + std::string(600, 'a') + ".com", "origin-malformed"},
      {exact, "null", "origin-null"},
      {exact, "NULL", "origin-malformed"},
      {exact, "file://", "origin-null"},
      {exact, std::nullopt, "origin-missing"},
      {below, "https://example.com", "origin-not-listed"},
      {below, "https://evilexample.com", "origin-not-listed"},
      {below, "https://www.example.com.evil.net", "origin-not-listed"},
      {below, "https://.example.com", "origin-malformed"},
      {below, "https://evil.net/.example.com", "origin-malformed"},
      {below, "https://evil.net?.example.com", "origin-malformed"},
      {below, "https://a.example.com:444", "origin-not-listed"},
      {below, "http://a.example.com", "origin-not-listed"},
      {below, "https://*.example.com", "origin-malformed"},
      {{"https://127.0.0.1"}, "https://2130706433", "origin-malformed"},
      {{"https://127.0.0.1"}, "https://0x7f.1", "origin-malformed"},
      {{"https://127.0.0.1"}, "https://[::ffff:127.0.0.1]", "origin-not-listed"},
      {{"https://www.example.com/app/chat"}, "https://evil.net", "origin-not-listed"},
      {{"null"}, "https://evil.net", "origin-not-listed"},
      {{"null"}, std::nullopt, "origin-missing"},
      {{}, "https://evil.net", "origin-not-own"},
      {{}, "http://www.example.com", "origin-not-own"},
      {{}, "https://www.example.com:8443", "origin-not-own"},
      {{}, "https://sub.www.example.com", "origin-not-own"},
      {{}, "null", "origin-null"},
      {{}, std::nullopt, "origin-missing"},
  };
  for (const auto& page : pages) {
    auto made = attempt("origin", page.header.value_or("(none)").substr(0, 60),
                        document("", "6667", page.allowed), page.reason, "");
    made.origin = page.header;
    cases.push_back(std::move(made));
  }
  for (const auto* pattern :
       {"https://*", "https://*.*", "*://www.example.com", "https://www.*.com", "https://*.com:*",
        "https://*example.com", "*.example.com", "**", "https://www.example.com, https://evil.net",
        "NULL", "file:///etc", "data:text/html,x", "https://user@www.example.com", "%2a",
        "https://*.10.0.0.1"}) {
    cases.push_back(
        attempt("allow-origin", pattern, document("", "6667", {pattern}), "bad-value", ""));
  }
}

// ---- the document as XML -------------------------------------------------------------------

std::string utf16(std::string_view text) {
  std::string made = "\xff\xfe";
  for (const char c : text) made.append({c, '\0'});
  return made;
}

std::string nested(int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += "<websocket>";
  return text;
}

/// What the target's side and the handshake's answer could be talked into.
void add_elements(Cases& cases) {
  const auto with = [](const std::string& elements) {
    return "<websocket><host>irc.example.org</host><port>6697</port>" + elements + "</websocket>";
  };
  const auto tls = [&](const std::string& file) { return with("<tls>" + file + "</tls>"); };
  const auto name = [&](const std::string& text) {
    return with("<tls/><tls-name>" + text + "</tls-name>");
  };
  const auto protocol = [&](const std::string& text) {
    return with("<protocol>" + text + "</protocol>");
  };
  std::string many;
  for (int i = 0; i < 17; ++i) many += "<protocol>p" + std::to_string(i) + "</protocol>";
  const std::vector<std::pair<std::string, Row>> rows = {
      {"a header by way of a protocol",
       {protocol("a&#13;&#10;Set-Cookie: x=1"), "bad-value", "subprotocol"}},
      {"a second protocol by a comma", {protocol("chat, mqtt"), "bad-value", "subprotocol"}},
      {"parameters of a protocol", {protocol("chat;q=1"), "bad-value", "subprotocol"}},
      {"protocols without end", {with(many), "bad-value", "more than 16"}},
      {"IRC spoken to a broker",
       {with("<protocol>mqtt</protocol><framing>lines</framing>"), "bad-value", "mqtt"}},
      {"a framing that is none", {with("<framing>http</framing>"), "bad-value", "binary, text"}},
      {"verification switched off", {tls("off"), "bad-value", "absolute path"}},
      {"verification by anybody", {tls("insecure"), "bad-value", "absolute path"}},
      {"verification switched off by an attribute", {with("<tls verify=\"none\"/>"), "attribute"}},
      {"authorities from elsewhere", {tls("https://evil.net/ca.pem"), "bad-value"}},
      {"authorities beside the document", {tls("upload/ca.pem"), "bad-value"}},
      {"authorities out of a directory", {tls("/etc/ssl/../shadow"), "bad-value", ".. segment"}},
      {"authorities behind a line break", {tls("/etc/a&#10;/tmp/b"), "bad-value"}},
      {"a certificate for everybody", {name("*"), "bad-value"}},
      {"a certificate for all below", {name("*.example.org"), "bad-value"}},
      {"a certificate for two", {name("irc.example.org,evil.net"), "bad-value"}},
      {"a certificate for a number", {name("3405803777"), "bad-value", "number"}},
      {"a name without TLS",
       {with("<tls-name>irc.example.org</tls-name>"), "bad-value", "write <tls/>"}},
      {"TLS to nobody in particular",
       {"<websocket><port>6697</port><tls/></websocket>", "missing", "tls-name"}},
      {"TLS to whoever has the socket",
       {"<websocket><host>unix:/run/a.sock</host><tls/></websocket>", "missing", "tls-name"}},
      {"a size that wraps to 0",
       {with("<max-message>18446744073709551616</max-message>"), "bad-value", "1024G"}},
      {"a size that wraps by its unit",
       {with("<max-message>17179869185G</max-message>"), "bad-value", "1024G"}},
      {"no size at all", {with("<max-message>0</max-message>"), "bad-value"}},
      {"a time that never comes",
       {with("<idle-timeout>99999999999999999999h</idle-timeout>"), "bad-value", "a year"}},
      {"a time switched off", {with("<idle-timeout>off</idle-timeout>"), "bad-value"}},
      {"a client's address to choose",
       {with("<proxy-protocol>PROXY TCP4 127.0.0.1 127.0.0.1 1 1</proxy-protocol>"), "bad-value"}},
  };
  for (const auto& [story, row] : rows) {
    cases.push_back(attempt("element", story, row.input, row.reason, row.because));
  }
}

void add_documents(Cases& cases) {
  const std::string good = document("", "6667");
  const std::vector<std::pair<std::string, Row>> rows = {
      {"billion laughs",
       {"<!DOCTYPE w [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>"
        "<websocket><port>&b;</port></websocket>",
        "doctype"}},
      {"external entity",
       {"<!DOCTYPE w [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"
        "<websocket><host>&x;</host><port>1</port></websocket>",
        "doctype"}},
      {"external entity over HTTP",
       {"<!DOCTYPE w [<!ENTITY x SYSTEM \"http://169.254.169.254/\">]>"
        "<websocket><host>&x;</host><port>1</port></websocket>",
        "doctype"}},
      {"parameter entity",
       {"<!DOCTYPE w [<!ENTITY % x SYSTEM \"http://evil.net/x.dtd\">%x;]>" + good, "doctype"}},
      {"external DTD", {"<!DOCTYPE websocket SYSTEM \"http://evil.net/x.dtd\">" + good, "doctype"}},
      {"bare DOCTYPE", {"<!DOCTYPE websocket>" + good, "doctype"}},
      {"attribute defaults of a DTD",
       {"<!DOCTYPE websocket [<!ATTLIST port x CDATA \"1\">]>" + good, "doctype"}},
      {"undeclared entity", {"<websocket><port>&six;</port></websocket>", "not-well-formed"}},
      {"character reference to NUL",
       {"<websocket><port>6667&#0;</port></websocket>", "not-well-formed"}},
      {"character reference in a host",
       {document("127.0.0.1&#46;&#49;&#120;&#46;&#49;", "1"), "bad-value"}},
      {"XInclude",
       {"<websocket xmlns:x=\"http://www.w3.org/2001/XInclude\">"
        "<x:include href=\"file:///etc/passwd\"/></websocket>",
        "attribute"}},
      {"a namespace", {"<websocket xmlns=\"urn:evil\"><port>1</port></websocket>", "attribute"}},
      {"an attribute", {"<websocket><port any=\"yes\">1</port></websocket>", "attribute"}},
      {"another root", {"<websockets><port>1</port></websockets>", "other-root"}},
      {"root in capitals", {"<WebSocket><port>1</port></WebSocket>", "other-root"}},
      {"two roots", {good + good, "not-well-formed"}},
      {"something behind", {good + "<x/>", "not-well-formed"}},
      {"two hosts",
       {"<websocket><host>a.example</host><host>b.example</host><port>1</port></websocket>",
        "duplicate"}},
      {"two ports", {"<websocket><port>1</port><port>2</port></websocket>", "duplicate"}},
      {"no port", {"<websocket><host>a.example</host></websocket>", "missing"}},
      {"nothing in it", {"<websocket/>", "missing"}},
      {"an empty port", {"<websocket><port/></websocket>", "empty-value"}},
      {"an empty origin", {document("", "1", {""}), "empty-value"}},
      {"an empty host", {"<websocket><host> </host><port>1</port></websocket>", "empty-value"}},
      {"an element more",
       {"<websocket><port>1</port><user>root</user></websocket>", "unknown-element"}},
      {"an element within", {"<websocket><port><b>1</b></port></websocket>", "unknown-element"}},
      {"text between", {"<websocket>any<port>1</port></websocket>", "stray-text"}},
      {"cut short", {"<websocket><port>1</port>", "not-well-formed"}},
      {"a comment in a port", {"<websocket><port>66<!-- -->70000</port></websocket>", "bad-value"}},
      {"CDATA", {"<websocket><port><![CDATA[0x50]]></port></websocket>", "bad-value"}},
      {"deep nesting", {nested(2000), "unknown-element"}},
      {"UTF-16", {utf16(good), "encoding"}},
      {"UTF-7 by declaration", {"<?xml version=\"1.0\" encoding=\"UTF-7\"?>" + good, "encoding"}},
      {"Latin-1 by declaration",
       {"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" + good, "encoding"}},
      {"EBCDIC by declaration", {"<?xml version=\"1.0\" encoding=\"IBM037\"?>" + good, "encoding"}},
      {"overlong UTF-8", {"<websocket><port>\xc0\xb1</port></websocket>", "encoding"}},
      {"a lone surrogate", {"<websocket><port>\xed\xa0\x80</port></websocket>", "encoding"}},
      {"a NUL octet", {std::string("<websocket><port>1\0</port></websocket>", 38), "encoding"}},
      {"a byte too many", {good + std::string(65'537 - good.size(), ' '), "too-large"}},
      {"a megabyte of origins",
       {document("", "1", Texts(40'000, "https://a.example")), "too-large"}},
      {"nothing", {"", "empty"}},
      {"blanks", {" \n\t ", "empty"}},
      {"HTML", {"<!DOCTYPE html><title>x</title>", "other-root"}},
      {"JSON", {"{\"port\": 6667}", "not-xml"}},
      {"a script's source", {"#!/bin/sh\necho '" + good + "'", "not-xml"}},
      {"text before", {"x" + good, "not-xml"}},
  };
  for (const auto& [story, row] : rows) {
    cases.push_back(attempt("document", story, row.input, row.reason, row.because));
  }
}

// ---- consent: TXT records -------------------------------------------------------------------

const std::string k_reverse = "PTR 1.113.0.203.in-addr.arpa";

HostileCase asking(std::string group, std::string story, std::string reason) {
  auto made = attempt(std::move(group), std::move(story), document("203.0.113.1", "6667"),
                      std::move(reason), "");
  made.rules = {"same-host", "consent"};
  return made;
}

void add_records(Cases& cases) {
  const std::string from = "from=www.example.com";
  const std::vector<Row> rows = {
      {"v=websocket1", "nothing-granted"},
      {"v=websocket1; port=6667", "host-not-granted"},
      {"v=websocket1; " + from, "port-not-granted"},
      {"v=websocket1; port=; from=", "nothing-granted"},
      {"v=websocket1; port=; " + from, "port-not-granted"},
      {"v=websocket1; port=6667; from=", "host-not-granted"},
      {"v=websocket1; port=6666,6668; " + from, "port-not-granted"},
      {"v=websocket1; port=6668-6700; " + from, "port-not-granted"},
      {"v=websocket1; port=*; from=example.com", "host-not-granted"},
      {"v=websocket1; port=*; from=*.www.example.com", "host-not-granted"},
      {"v=websocket1; port=*; from=www.example.com.evil.net", "host-not-granted"},
      {"v=websocket1; port=*; from=www.example.co", "host-not-granted"},
      {"v=websocket1; port=*; from=ww.example.com xwww.example.com", "host-not-granted"},
      {"v=websocket1; port=*; from=203.0.113.1", "host-not-granted"},
      {"v=websocket1; port=6667,; " + from, "bad-record"},
      {"v=websocket1; port=6669-6660; " + from, "bad-record"},
      {"v=websocket1; port=0-65535; " + from, "bad-record"},
      {"v=websocket1; port=65536; " + from, "bad-record"},
      {"v=websocket1; port=06667; " + from, "bad-record"},
      {"v=websocket1; port=6667 6668; " + from, "bad-record"},
      {"v=websocket1; port=*,6667; " + from, "bad-record"},
      {"v=websocket1; port=irc; " + from, "bad-record"},
      {"v=websocket1; port=6667; port=25; " + from, "bad-record"},
      {"v=websocket1; port=6667; from=*; " + from, "bad-record"},
      {"v=websocket1; port=6667; from=* www.example.com", "bad-record"},
      {"v=websocket1; port=6667; from=*.", "bad-record"},
      {"v=websocket1; port=6667; from=*.*.example.com", "bad-record"},
      {"v=websocket1; port=6667; from=www.*.com", "bad-record"},
      {"v=websocket1; port=6667; from=*example.com", "bad-record"},
      {"v=websocket1; port=6667; from=https://www.example.com", "bad-record"},
      {"v=websocket1; port=6667; from=www.example.com,evil.net", "bad-record"},
      {"v=websocket1; port=6667; from=www.example.com:80", "bad-record"},
      {"v=websocket1; port=6667; from=*.10.0.0.1", "bad-record"},
      {"v=websocket1; port=6667; from=127.1 www.example.com", "bad-record"},
      {"v=websocket1; port=6667; from=w\xc3\xb6w.example.com www.example.com", "bad-record"},
      {"v=websocket1; port=6667;; " + from, "bad-record"},
      {"v=websocket1; port 6667; " + from, "bad-record"},
      {"v=websocket1; =6667; " + from, "bad-record"},
      {std::string("v=websocket1; port=6667\0; from=www.example.com", 46), "bad-record"},
      {"v=websocket1; port=6667; " + from + "; x=" + std::string(5000, 'x'), "bad-record"},
      {"v=websocket1; v=websocket1; port=6667; " + from, "bad-record"},
      {"v=websocket1; PORT=6667; " + from, "port-not-granted"},
      {"v=websocket1; port=6667; FROM=www.example.com", "host-not-granted"},
      {"V=websocket1; port=6667; " + from, "no-record"},
      {"v=WebSocket1; port=6667; " + from, "no-record"},
      {"v=websocket2; port=6667; " + from, "no-record"},
      {"v=websocket; port=6667; " + from, "no-record"},
      {"v=websocket10; port=6667; " + from, "no-record"},
      {"port=6667; " + from + "; v=websocket1", "no-record"},
      {"; v=websocket1; port=6667; " + from, "no-record"},
      {"v=spf1 include:v=websocket1; port=6667; " + from, "no-record"},
      {"\"v=websocket1; port=6667; " + from + "\"", "no-record"},
      {"", "no-record"},
      {"v=websocket1 port=6667 " + from, "no-record"},
  };
  for (const auto& row : rows) {
    auto made = asking("record", row.input.substr(0, 60), row.reason);
    made.dns = {{k_reverse, "irc.example.net"},
                {"A irc.example.net", "203.0.113.1"},
                {"TXT irc.example.net", row.input}};
    cases.push_back(std::move(made));
  }
}

// ---- consent: names, and who asks for it ----------------------------------------------------

void add_names(Cases& cases) {
  const std::string grant = "v=websocket1; port=6667; from=www.example.com";
  struct Zone {
    std::string story;
    std::vector<std::pair<std::string, std::string>> dns;
    std::string reason;
    std::string served_by = "www.example.com";
  };
  const std::pair<std::string, std::string> reverse = {k_reverse, "irc.example.net"};
  const std::pair<std::string, std::string> forward = {"A irc.example.net", "203.0.113.1"};
  const std::pair<std::string, std::string> txt = {"TXT irc.example.net", grant};
  std::vector<Zone> zones = {
      {"no reverse name", {forward, txt}, "no-reverse-name"},
      {"the reverse zone fails", {{k_reverse, "!SERVFAIL"}, forward, txt}, "lookup-failed"},
      {"the reverse zone is silent", {{k_reverse, "!TIMEOUT"}, forward, txt}, "lookup-failed"},
      {"reverse aliases in a ring", {{k_reverse, "!LOOP"}, forward, txt}, "lookup-failed"},
      {"a reverse name of somebody else's",
       {reverse, {"A irc.example.net", "198.51.100.1"}, txt},
       "other-forward-address"},
      {"a reverse name without an address", {reverse, txt}, "no-forward-address"},
      {"the address only mapped into IPv6",
       {reverse, {"AAAA irc.example.net", "::ffff:203.0.113.1"}, txt},
       "no-forward-address"},
      {"the forward zone fails",
       {reverse, {"A irc.example.net", "!SERVFAIL"}, txt},
       "lookup-failed"},
      {"the record's server fails",
       {reverse,
        forward,
        {"TXT irc.example.net", "!SERVFAIL"},
        {"TXT _websocket.irc.example.net", "!SERVFAIL"}},
       "lookup-failed"},
      {"a record above the name", {reverse, forward, {"TXT example.net", grant}}, "no-record"},
      {"a record beside the name",
       {reverse, forward, {"TXT _websockets.irc.example.net", grant}},
       "no-record"},
      {"a record of the page's own host",
       {reverse, forward, {"TXT www.example.com", grant}},
       "no-record"},
      {"half a consent at each name",
       {reverse,
        forward,
        {"TXT irc.example.net", "v=websocket1; port=6667"},
        {"TXT _websocket.irc.example.net", "v=websocket1; from=www.example.com"}},
       "not-in-one-record"},
      {"a reverse name that is a number", {{k_reverse, "203.0.113.1"}, txt}, "bad-reverse-name"},
      {"a reverse name with a control",
       {{k_reverse, "irc\\010.example.net"}, txt},
       "bad-reverse-name"},
      {"a reverse name that is the root", {{k_reverse, ""}, txt}, "bad-reverse-name"},
      {"a page asked for by no name", {reverse, forward, txt}, "bad-served-by", ""},
      {"a page asked for by two names",
       {reverse, forward, txt},
       "bad-served-by",
       "www.example.com,evil.net"},
      {"a page asked for with a port",
       {reverse, forward, txt},
       "bad-served-by",
       "www.example.com:80"},
      {"a page asked for by a star",
       {reverse, forward, {"TXT irc.example.net", "v=websocket1; port=6667; from=*"}},
       "bad-served-by",
       "*"},
      {"a page of a look-alike",
       {reverse, forward, txt},
       "host-not-granted",
       "www.example.com.evil.net"},
      {"a page of the parent", {reverse, forward, txt}, "host-not-granted", "example.com"},
      {"a page asked for by address",
       {reverse, forward, {"TXT irc.example.net", "v=websocket1; port=6667; from=*.example.com"}},
       "host-not-granted",
       "198.51.100.7"},
  };
  Zone crowd{"the right name is the ninth", {forward, txt}, "other-forward-address"};
  for (int i = 0; i < 8; ++i) {
    const std::string name = "h" + std::to_string(i) + ".example.net";
    crowd.dns.emplace_back(k_reverse, name);
    crowd.dns.emplace_back("A " + name, "198.51.100.1");
  }
  crowd.dns.emplace_back(k_reverse, "irc.example.net");
  zones.push_back(std::move(crowd));
  for (auto& zone : zones) {
    auto made = asking("name", zone.story, zone.reason);
    made.dns = std::move(zone.dns);
    made.served_by = zone.served_by;
    cases.push_back(std::move(made));
  }
}

}  // namespace

std::vector<HostileCase> hostile_cases() {
  Cases cases;
  add_hosts(cases);
  add_lies_of_resolvers(cases);
  add_targets(cases);
  add_unix_sockets(cases);
  add_ports(cases);
  add_origins(cases);
  add_documents(cases);
  add_elements(cases);
  add_records(cases);
  add_names(cases);
  return cases;
}
