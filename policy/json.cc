// SPDX-License-Identifier: Apache-2.0
#include "policy/json.hh"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

#include "policy/source_text.hh"

namespace policy {
namespace {

void write_unit(std::string& out, unsigned unit) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "\\u%04x", unit & 0xffffU);
  out += text.data();
}

// The sequence at the front of well-formed UTF-8.
struct Letter {
  unsigned code;
  std::size_t size;
};

Letter first_letter(std::string_view text) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = octet(0);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  unsigned code = size == 1 ? lead : lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) code = (code << 6U) | (octet(i) & 0x3fU);
  return {code, size};
}

void write_letter(std::string& out, unsigned code) {
  switch (code) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  if (code >= 0x20 && code < 0x7f) {
    out += static_cast<char>(code);
  } else if (code < 0x10000) {
    write_unit(out, code);
  } else {  // RFC 8259 7: a surrogate pair
    write_unit(out, 0xd800 + ((code - 0x10000) >> 10U));
    write_unit(out, 0xdc00 + ((code - 0x10000) & 0x3ffU));
  }
}

void write_text(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    // bad_utf8 stops at NUL as well, which JSON knows.
    const std::size_t good = std::min(SourceText(text).bad_utf8(), text.size());
    for (std::string_view rest = text.substr(0, good); !rest.empty();) {
      const Letter letter = first_letter(rest);
      write_letter(out, letter.code);
      rest.remove_prefix(letter.size);
    }
    text.remove_prefix(good);
    if (!text.empty()) {
      write_unit(out, text.front() == '\0' ? 0U : 0xfffdU);
      text.remove_prefix(1);
    }
  }
  out += '"';
}

// The shortest that reads back as the same. JSON knows neither infinity nor what is no number.
void write_real(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  std::array<char, 32> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), written.ptr);
}

void start_line(std::string& out, std::size_t depth) {
  out += '\n';
  out.append(2 * depth, ' ');
}

}  // namespace

Json& Json::set(std::string_view key, Json value) {
  auto& object = std::get<Object>(value_);
  object.keys.emplace_back(key);
  object.values.push_back(std::move(value));
  return *this;
}

Json& Json::push(Json value) {
  std::get<Array>(value_).push_back(std::move(value));
  return *this;
}

std::string Json::to_string() const {
  std::string out;
  write(out, 0);
  out += '\n';
  return out;
}

void Json::write(std::string& out, std::size_t depth) const {
  if (const auto* flag = std::get_if<bool>(&value_)) {
    out += *flag ? "true" : "false";
  } else if (const auto* number = std::get_if<std::int64_t>(&value_)) {
    out += std::to_string(*number);
  } else if (const auto* real = std::get_if<double>(&value_)) {
    write_real(out, *real);
  } else if (const auto* text = std::get_if<std::string>(&value_)) {
    write_text(out, *text);
  } else if (const auto* array = std::get_if<Array>(&value_)) {
    out += '[';
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ',';
      start_line(out, depth + 1);
      (*array)[i].write(out, depth + 1);
    }
    if (!array->empty()) start_line(out, depth);
    out += ']';
  } else if (const auto* object = std::get_if<Object>(&value_)) {
    out += '{';
    for (std::size_t i = 0; i < object->keys.size(); ++i) {
      if (i > 0) out += ',';
      start_line(out, depth + 1);
      write_text(out, object->keys[i]);
      out += ": ";
      object->values[i].write(out, depth + 1);
    }
    if (!object->keys.empty()) start_line(out, depth);
    out += '}';
  } else {
    out += "null";
  }
}

}  // namespace policy
