// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/log/format.hh"

#include "test/unit/catch.hh"

namespace websocket::log {
namespace {

Format compiled(std::string_view text) {
  auto format = Format::compile(text);
  INFO(text << ": " << (format ? "" : format.error()));
  REQUIRE(format);
  return std::move(*format);
}

TEST_CASE("the default format compiles", "[log]") {
  CHECK(compiled(k_default_format).pieces().size() > 10);
}

TEST_CASE("every letter and every name compiles", "[log]") {
  for (const Letter& each : letters()) {
    CAPTURE(each.letter);
    const std::string argument = each.argument == Argument::required ? "{Name}" : "";
    CHECK(compiled("%" + argument + each.letter).pieces().front().item == each.item);
  }
  for (const Name& each : names()) {
    CHECK(compiled("%{" + std::string(each.name) + "}x").pieces().front().item == each.item);
  }
  CHECK(compiled("%{SSL_CIPHER}x").pieces().front().text == "SSL_CIPHER");
}

TEST_CASE("text between the items is kept, with mod_log_config's escapes", "[log]") {
  const Format format = compiled(R"(a\tb\\%%"%U"\q)");
  REQUIRE(format.pieces().size() == 5);
  CHECK(format.pieces()[0].text == "a\tb\\");
  CHECK(format.pieces()[1].text == "%");
  CHECK(format.pieces()[2].text == "\"");
  CHECK(format.pieces()[3].item == Item::path);
  CHECK(format.pieces()[4].text == "\"\\q");
}

TEST_CASE("what is wrong with a format is told with what to write", "[log]") {
  const auto [text, told] = GENERATE(table<std::string_view, std::string_view>({
      {"", "empty"},
      {"%", "written %%"},
      {"50%", "written %%"},
      {"%{Referer", "'%{Referer' has no closing brace"},
      {"%{}", "ends in an item"},
      {"%{x}%", "not known"},
      {"%Z", "known are %a %A"},
      {"%i", "needs a name: write %{...}i"},
      {"%{}n", "needs a name"},
      {"%{c}U", "write %U without braces"},
      {"%{d}a", "in the braces is: c"},
      {"%{h}T", "s ms us"},
      {"%{loc}p", "canonical local remote"},
      {"%x", "ws-target"},
      {"%{target}x", "'%{target}x' is not known; known are ws-close"},
      {"%{ssl_cipher}x", "SSL_..."},
      {"%>s", "leave < and > out"},
      {"%s", "always 101"},
      {"%400U", "leave the condition out"},
      {"%!200U", "leave the condition out"},
      {"%b", "%{ws-sent}x"},
      {"%I", "%{ws-received}x"},
      {"%{id}C", "SetEnvIf"},
      {"%{Authorization}i", "credentials"},
      {"%{proxy-AUTHORIZATION}i", "credentials"},
      {"%{Cookie}i", "credentials"},
  }));
  CAPTURE(text);
  const auto format = Format::compile(text);
  REQUIRE_FALSE(format);
  INFO(format.error());
  CHECK(format.error().find(told) != std::string::npos);
}

TEST_CASE("a format whose lines could be too long is an error", "[log]") {
  CHECK(Format::compile(std::string(k_longest_line - 1, 'x')));
  CHECK_FALSE(Format::compile(std::string(k_longest_line, 'x')));
  std::string many;
  for (int i = 0; i < 63; ++i) many += "%U";
  CHECK(compiled(many).value_bound() == 65);
  many += "%U";
  CHECK_FALSE(Format::compile(many));
}

TEST_CASE("values share the line, and none may fill it alone", "[log]") {
  CHECK(compiled("%U").value_bound() == 1024);
  CHECK(compiled("%U%u%h%v%{a}n%{b}n%{c}n%{d}n").value_bound() == 511);
  CHECK(compiled("%D").value_bound() == 0);
}

}  // namespace
}  // namespace websocket::log
