// SPDX-License-Identifier: Apache-2.0
#include "policy/origin.hh"

#include <string>

#include "test/unit/catch.hh"
#include "test/unit/policy/contains.hh"

using policy::Origin;
using policy::OriginPattern;

namespace {

Origin origin(std::string_view text) {
  auto parsed = Origin::parse(text);
  INFO(text);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("An origin is written as browsers send it", "[policy][rfc6454-6.2]") {
  struct Row {
    std::string_view text;
    std::string_view canonical;
  };
  const auto row = GENERATE(values<Row>({
      {"https://www.example.com", "https://www.example.com"},
      {"HTTPS://WWW.Example.COM", "https://www.example.com"},
      {"https://www.example.com:443", "https://www.example.com"},
      {"http://www.example.com:80", "http://www.example.com"},
      {"http://www.example.com:443", "http://www.example.com:443"},
      {"wss://example.com:443", "wss://example.com"},
      {"ws://example.com:80", "ws://example.com"},
      {"http://localhost:8080", "http://localhost:8080"},
      {"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
      {"http://[2001:DB8:0::1]", "http://[2001:db8::1]"},
      {"http://[::1]:8080", "http://[::1]:8080"},
      {"https://xn--bcher-kva.example", "https://xn--bcher-kva.example"},
      {"http://my_app.local", "http://my_app.local"},
      {"chrome-extension://abcdefgh", "chrome-extension://abcdefgh"},
      {"moz-extension://0aeb-11", "moz-extension://0aeb-11"},
      {"capacitor://localhost", "capacitor://localhost"},
      {"null", "null"},
      {"file://", "null"},
  }));
  INFO(row.text);
  CHECK(origin(row.text).to_string() == row.canonical);
}

TEST_CASE("What browsers never send is no origin", "[policy][rfc6454-7]") {
  struct Row {
    std::string text;
    std::string_view hint;
  };
  const auto row = GENERATE(values<Row>({
      {"", "no scheme"},
      {"www.example.com", "no scheme"},
      {"//www.example.com", "no scheme"},
      {"://www.example.com", "no scheme"},
      {"https:www.example.com", "no scheme"},
      {"https:/www.example.com", "no scheme"},
      {"1https://www.example.com", "no scheme"},
      {"ht*ps://www.example.com", "no scheme"},
      {"NULL", "no scheme"},
      {"javascript:alert(1)", "no scheme"},
      {"https://", "no host name"},
      {"https://:443", "no host name"},
      {"https://www.example.com/", "has a path"},
      {"https://www.example.com/app.js", "has a path"},
      {"https://www.example.com?x", "has a path"},
      {"https://www.example.com#x", "has a path"},
      {"https://www.example.com\\@evil.net", "has a path"},
      {"https://www.example.com@evil.net", "user name"},
      {"https://user:pass@www.example.com", "user name"},
      {"https://www.example.com.", "ends in a dot"},
      {"https://www..example.com", "empty label"},
      {"https://www.example.com:", "is no port"},
      {"https://www.example.com:0", "is no port"},
      {"https://www.example.com:0443", "is no port"},
      {"https://www.example.com:65536", "is no port"},
      {"https://www.example.com:443:443", "is no port"},
      {"https://www.example.com:44a", "is no port"},
      {"https://*.example.com", "no host name can"},
      {"https://www.example%2ecom", "no host name can"},
      {"https://b\xc3\xbc"
       "cher.example",
       "not ASCII"},
      {"https://www.ex\xd0\xb0mple.com", "not ASCII"},  // a Cyrillic letter
      {"https://www.example.com https://evil.net", "a space"},
      {"https://www.example.com\r\nX: y", "a control"},
      {std::string("https://www.example.com\0.evil.net", 33), "a control"},
      {"https://2130706433", "is a number"},
      {"https://127.1", "is a number"},
      {"https://0x7f.0.0.1", "is a number"},
      {"https://[::1", "no host name can"},
      {"https://[::1]x", "behind the bracket"},
      {"https://[]", "no IPv6 address"},
      {"https://[127.0.0.1]", "no IPv6 address"},
      {"https://[fe80::1%eth0]", "no IPv6 address"},
      {"https://::1", "no host name"},
      {"https://" + std::string(600, 'a'), "too long"},
  }));
  INFO(row.text);
  const auto parsed = Origin::parse(row.text);
  REQUIRE_FALSE(parsed);
  INFO(parsed.error());
  CHECK(contains(parsed.error(), row.hint));
}

TEST_CASE("Origins are the same in scheme, host and port only", "[policy][rfc6454-5]") {
  CHECK(origin("https://a.example").same_as(origin("HTTPS://A.EXAMPLE:443")));
  CHECK_FALSE(origin("https://a.example").same_as(origin("http://a.example")));
  CHECK_FALSE(origin("https://a.example").same_as(origin("https://a.example:8443")));
  CHECK_FALSE(origin("https://a.example").same_as(origin("https://b.example")));
  CHECK_FALSE(origin("https://a.example").same_as(origin("wss://a.example")));
  CHECK_FALSE(origin("http://127.0.0.1").same_as(origin("http://[::ffff:127.0.0.1]")));
  CHECK_FALSE(origin("http://127.0.0.1").same_as(origin("http://localhost")));
}

TEST_CASE("An opaque origin is the same as none", "[policy][rfc6454-5]") {
  CHECK_FALSE(origin("null").same_as(origin("null")));
  CHECK_FALSE(Origin::opaque().same_as(origin("https://a.example")));
}

TEST_CASE("The server's own origin is made of its parts", "[policy]") {
  CHECK(Origin::of("https", "www.example.com", 443).value().to_string() ==
        "https://www.example.com");
  CHECK(Origin::of("http", "2001:db8::1", 8080).value().to_string() == "http://[2001:db8::1]:8080");
  CHECK(Origin::of("http", "[::1]", 80).value().to_string() == "http://[::1]");
  CHECK_FALSE(Origin::of("http", "a b", 80));
  CHECK_FALSE(Origin::of("http", "a.example/x", 80));
}

TEST_CASE("A pattern matches exactly what it says", "[policy][allow-origin]") {
  struct Row {
    std::string_view pattern;
    std::string_view origin;
    bool matches;
  };
  const auto row = GENERATE(values<Row>({
      {"*", "https://www.example.com", true},
      {"*", "http://[::1]:8080", true},
      {"*", "null", true},
      {"null", "null", true},
      {"null", "file://", true},
      {"null", "https://www.example.com", false},
      {"null", "https://null", false},
      {"https://www.example.com", "https://www.example.com", true},
      {"https://www.example.com", "https://WWW.EXAMPLE.COM:443", true},
      {"HTTPS://WWW.example.com:443", "https://www.example.com", true},
      {"https://www.example.com", "http://www.example.com", false},
      {"https://www.example.com", "https://www.example.com:8443", false},
      {"https://www.example.com:8443", "https://www.example.com:8443", true},
      {"https://www.example.com:8443", "https://www.example.com", false},
      {"https://www.example.com", "null", false},
      {"http://[2001:db8::1]", "http://[2001:DB8:0:0::1]", true},
      {"http://[::1]:8080", "http://[::1]:8080", true},
      // A wildcard: any depth, not the apex, the port as it stands.
      {"https://*.example.com", "https://www.example.com", true},
      {"https://*.example.com", "https://a.b.c.example.com", true},
      {"https://*.example.com", "https://A.EXAMPLE.com:443", true},
      {"https://*.example.com", "https://example.com", false},
      {"https://*.example.com", "http://www.example.com", false},
      {"https://*.example.com", "https://www.example.com:8443", false},
      {"https://*.example.com:8443", "https://www.example.com:8443", true},
      {"https://*.example.com:8443", "https://www.example.com", false},
      {"https://*.example.com", "null", false},
      {"http://*.localhost:8080", "http://app.localhost:8080", true},
      // Look-alikes.
      {"https://www.example.com", "https://www.example.com.evil.net", false},
      {"https://www.example.com", "https://www.example.comm", false},
      {"https://www.example.com", "https://www.example.co", false},
      {"https://www.example.com", "https://wwww.example.com", false},
      {"https://www.example.com", "https://ww.example.com", false},
      {"https://www.example.com", "https://www-example.com", false},
      {"https://www.example.com", "https://wwwxexample.com", false},
      {"https://www.example.com", "https://evil.www.example.com", false},
      {"https://www.example.com", "https://xn--www-example-com-0wc.net", false},
      {"https://example.com", "https://www.example.com", false},
      {"https://*.example.com", "https://evilexample.com", false},
      {"https://*.example.com", "https://evil-example.com", false},
      {"https://*.example.com", "https://www.example.com.evil.net", false},
      {"https://*.example.com", "https://example.com.evil.net", false},
      {"https://*.example.com", "https://wwwexample.com", false},
      {"https://*.example.com", "https://www.example.org", false},
      {"https://*.example.com", "https://com", false},
      {"https://*.example.com", "https://127.0.0.1", false},
      {"https://*.com", "https://com", false},
      {"http://127.0.0.1", "http://127.0.0.1.nip.io", false},
      {"http://127.0.0.1", "http://[::ffff:127.0.0.1]", false},
      {"http://localhost", "http://localhost.evil.net", false},
      {"http://localhost", "http://localhost:8080", false},
  }));
  INFO(row.pattern << " against " << row.origin);
  const auto pattern = OriginPattern::parse(row.pattern);
  REQUIRE(pattern);
  CHECK(pattern->matches(origin(row.origin)) == row.matches);
}

TEST_CASE("A full URL counts by its origin, and says so", "[policy][allow-origin]") {
  struct Row {
    std::string_view text;
    std::string_view canonical;
    bool counted;
  };
  const auto row = GENERATE(values<Row>({
      {"https://www.example.com/js/app.js?v=2#top", "https://www.example.com", true},
      {"https://www.example.com/", "https://www.example.com", true},
      {"https://www.example.com?x", "https://www.example.com", true},
      {"https://www.example.com/@evil.net", "https://www.example.com", true},
      {"https://www.example.com:8443/a", "https://www.example.com:8443", true},
      {"https://*.example.com/app.js", "https://*.example.com", true},
      {"http://[::1]:80/a", "http://[::1]", true},
      {"https://www.example.com", "https://www.example.com", false},
      {"https://*.example.com:443", "https://*.example.com", false},
      {"https://*.example.com:8443", "https://*.example.com:8443", false},
      {"*", "*", false},
      {"null", "null", false},
  }));
  INFO(row.text);
  const auto pattern = OriginPattern::parse(row.text);
  REQUIRE(pattern);
  CHECK(pattern->to_string() == row.canonical);
  CHECK(pattern->counted_by_origin() == row.counted);
  CHECK(pattern->text() == row.text);
}

TEST_CASE("A pattern tells what a warning needs to know", "[policy][allow-origin]") {
  CHECK(OriginPattern::parse("*").value().is_any());
  CHECK(OriginPattern::parse("null").value().is_null());
  const auto below = OriginPattern::parse("http://*.example.com").value();
  CHECK(below.is_wildcard());
  CHECK_FALSE(below.is_any());
  CHECK_FALSE(below.is_null());
  CHECK(below.scheme() == "http");
  CHECK(below.host() == "example.com");
}

TEST_CASE("A bad pattern is refused with what to write", "[policy][allow-origin]") {
  struct Row {
    std::string_view text;
    std::string_view hint;
  };
  const auto row = GENERATE(values<Row>({
      {"", "has no scheme"},
      {"www.example.com", "write https://www.example.com"},
      {"*.example.com", "write https://*.example.com"},
      {"**", "write https://*.example.com"},
      {"*://www.example.com", "one element for https"},
      {"http*://www.example.com", "one element for https"},
      {"https://*", "write * for every origin"},
      {"https://*.*.example.com", "has two stars"},
      {"https://www.example.com:*", "star for a port"},
      {"https://*.example.com:*", "star for a port"},
      {"https://w*.example.com", "first label: https://*.example.com"},
      {"https://*w.example.com", "first label: https://*.example.com"},
      {"https://www.*.com", "first label: https://*.example.com"},
      {"https://www.example.*", "first label: https://*.example.com"},
      {"https://*example.com", "first label: https://*.example.com"},
      {"https://www.example.com/*", "first label: https://*.example.com"},
      {"https://*.", "no host name"},
      {"https://*.127.0.0.1", "before an address"},
      {"https://*.[::1]", "before an address"},
      {"https://*.0.1", "is a number"},
      {"https://user@www.example.com", "user name"},
      {"https://www.example.com@evil.net/app.js", "user name"},
      {"https://www.example.com\\@evil.net/", "has a path"},
      {"https://a.example, https://b.example", "one origin an element"},
      {"https://b\xc3\xbc"
       "cher.example",
       "A-label"},
      {"Null", "in small letters"},
      {"NULL", "in small letters"},
      {"file:///srv/x.html", "have the origin null"},
      {"file://", "have the origin null"},
      {"https://www.example.com:0", "is no port"},
      {"data:text/html,x", "has no scheme"},
  }));
  INFO(row.text);
  const auto pattern = OriginPattern::parse(row.text);
  REQUIRE_FALSE(pattern);
  INFO(pattern.error());
  CHECK(contains(pattern.error(), row.hint));
}
