// SPDX-License-Identifier: Apache-2.0
// The parser and policy/websocket.rng must say the same of the same documents.
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <libxml/parser.h>
#include <libxml/relaxng.h>

#include "policy/document.hh"
#include "test/unit/catch.hh"

namespace {

namespace fs = std::filesystem;

struct Freed {
  void operator()(xmlRelaxNGParserCtxt* context) const { xmlRelaxNGFreeParserCtxt(context); }
  void operator()(xmlRelaxNG* schema) const { xmlRelaxNGFree(schema); }
  void operator()(xmlRelaxNGValidCtxt* context) const { xmlRelaxNGFreeValidCtxt(context); }
  void operator()(xmlDoc* document) const { xmlFreeDoc(document); }
};

template <typename T>
using Handle = std::unique_ptr<T, Freed>;

void say_nothing(void*, const char*, ...) {}

class Schema {
 public:
  explicit Schema(const fs::path& file) {
    const Handle<xmlRelaxNGParserCtxt> parser(xmlRelaxNGNewParserCtxt(file.c_str()));
    schema_.reset(xmlRelaxNGParse(parser.get()));
  }

  bool is_good() const { return schema_ != nullptr; }

  bool accepts(const std::string& xml) const {
    const Handle<xmlDoc> document(
        xmlReadMemory(xml.data(), static_cast<int>(xml.size()), nullptr, nullptr,
                      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING));
    if (!document) {
      return false;
    }
    const Handle<xmlRelaxNGValidCtxt> context(xmlRelaxNGNewValidCtxt(schema_.get()));
    xmlRelaxNGSetValidErrors(context.get(), say_nothing, say_nothing, nullptr);
    return xmlRelaxNGValidateDoc(context.get(), document.get()) == 0;
  }

 private:
  Handle<xmlRelaxNG> schema_;
};

const fs::path& corpus() {
  static const fs::path path = fs::path(TEST_SOURCE_DIR) / "test/unit/policy/corpus";
  return path;
}

const Schema& schema() {
  static const Schema parsed(fs::path(TEST_SOURCE_DIR) / "policy/websocket.rng");
  return parsed;
}

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> files(const char* directory) {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(corpus() / directory)) {
    found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// Where the schema accepts what the parser refuses, and why it cannot know better.
const std::map<std::string, std::string>& differences() {
  constexpr const char* k_framing =
      "it would take an interleave for each framing with each kind of target";
  static const std::map<std::string, std::string> known = {
      {"attribute--unused-namespace", "RELAX NG sees no namespace that names nothing"},
      {"bad-value--framing-binary-of-mqttv3-1", k_framing},
      {"bad-value--framing-binary-of-text-ircv3-net", k_framing},
      {"bad-value--framing-lines-of-binary", k_framing},
      {"bad-value--framing-lines-of-mqtt", k_framing},
      {"bad-value--framing-mqtt-of-binary", k_framing},
      {"bad-value--framing-mqtt-of-binary-ircv3-net", k_framing},
      {"bad-value--framing-text-of-binary", k_framing},
      {"bad-value--framing-text-of-text-ircv3-net", k_framing},
      {"bad-value--protocol-17", "RELAX NG counts no elements"},
      {"bad-value--protocol-twice", "RELAX NG compares no two values"},
      {"bad-value--host-254", "one pattern covers the name with and without its last dot"},
      {"bad-value--origin-254", "a pattern cannot count the letters of a part of the value"},
      {"doctype--plain", "RELAX NG sees no DOCTYPE"},
      {"doctype--external-dtd", "RELAX NG sees no DOCTYPE"},
      {"doctype--parameter-entity", "RELAX NG sees no DOCTYPE"},
      {"doctype--default-attribute", "RELAX NG sees no DOCTYPE"},
      {"encoding--latin1", "RELAX NG sees characters, not their encoding"},
      {"encoding--latin1-declared-only", "RELAX NG sees characters, not their encoding"},
      {"encoding--nul", "libxml2's tree ends at a NUL behind the root"},
      {"encoding--utf16", "RELAX NG sees characters, not their encoding"},
      {"too-large--white-space", "RELAX NG sees no size"},
  };
  return known;
}

}  // namespace

TEST_CASE("The schema is a schema", "[policy][schema]") {
  REQUIRE(schema().is_good());
  CHECK(files("good").size() >= 110);
  CHECK(files("bad").size() >= 280);
}

TEST_CASE("Parser and schema both take every good document", "[policy][schema]") {
  REQUIRE(schema().is_good());
  for (const fs::path& file : files("good")) {
    INFO(file.filename());
    const std::string xml = content(file);
    const auto document = policy::parse_document(xml);
    INFO((document ? "" : document.error().message));
    CHECK(document.has_value());
    CHECK(schema().accepts(xml));
  }
}

TEST_CASE("Parser and schema both refuse every bad document", "[policy][schema]") {
  REQUIRE(schema().is_good());
  for (const fs::path& file : files("bad")) {
    const std::string name = file.stem();
    INFO(name);
    const std::string xml = content(file);
    const auto document = policy::parse_document(xml);
    REQUIRE_FALSE(document);
    // fault--what.xml
    CHECK(name.substr(0, name.find("--")) == name_of(document.error().fault));
    // A difference that is no more has to leave the list.
    CHECK(schema().accepts(xml) == differences().contains(name));
  }
}

TEST_CASE("Every difference between parser and schema has its document", "[policy][schema]") {
  for (const auto& [name, reason] : differences()) {
    INFO(name << ": " << reason);
    CHECK(fs::exists(corpus() / "bad" / (name + ".xml")));
  }
}

TEST_CASE("Parser and schema agree on what goes together, in any order", "[policy][schema]") {
  REQUIRE(schema().is_good());
  const std::string host =
      GENERATE("", "<host>a.example</host>", "<host>192.0.2.1</host>", "<host>unix:/a</host>");
  const std::string port = GENERATE("", "<port>1</port>");
  const std::string tls = GENERATE("", "<tls/>", "<tls>/ca.pem</tls>");
  const std::string tls_name = GENERATE("", "<tls-name>a.example</tls-name>");
  const std::string others =
      GENERATE("",
               "<protocol>a</protocol><framing>text</framing><max-message>1</max-message>"
               "<idle-timeout>1</idle-timeout><proxy-protocol>1</proxy-protocol>");
  std::vector<std::string> elements{host,
                                    port,
                                    tls,
                                    "<allow-origin>*</allow-origin>",
                                    tls_name,
                                    others,
                                    "<allow-origin>null</allow-origin>"};
  for (std::size_t turn = 0; turn < elements.size(); ++turn) {
    std::rotate(elements.begin(), elements.begin() + 1, elements.end());
    std::string xml = "<websocket>";
    for (const std::string& each : elements) {
      xml += each;
    }
    xml += "</websocket>";
    INFO(xml);
    CHECK(schema().accepts(xml) == policy::parse_document(xml).has_value());
  }
}
