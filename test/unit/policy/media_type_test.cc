// SPDX-License-Identifier: Apache-2.0
#include "policy/media_type.hh"

#include <string>

#include "test/unit/catch.hh"

TEST_CASE("XML for programs is told by its type, whatever its case and parameters",
          "[policy][rfc7303]") {
  const auto type =
      GENERATE(as<std::string>{}, "application/xml", "text/xml", "Application/XML",
               "application/xml; charset=utf-8", "text/xml;charset=utf-8", " application/xml ",
               "application/websocket-policy+xml", "application/vnd.example+XML ; charset=utf-8");
  INFO(type);
  CHECK(policy::is_xml_type(type));
}

TEST_CASE("Text, pages, pictures and no type at all are not taken for XML", "[policy][rfc7303]") {
  const auto type =
      GENERATE(as<std::string>{}, "", ";", "text/plain", "text/html", "text/html; charset=utf-8",
               "text/plain; type=application/xml", "image/svg+xml", "model/x3d+xml", "text/x+xml",
               "application/+xml", "application/x+xml-dtd", "application/json",
               "application/xml-dtd", "application/xml-external-parsed-entity", "xapplication/xml",
               "application/xmlx", "application/xml, text/html",
               "application/json, application/a+xml", "application/a b+xml", "xml", "+xml");
  INFO(type);
  CHECK_FALSE(policy::is_xml_type(type));
}
