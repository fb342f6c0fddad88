// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/log/format.hh"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace websocket::log {

namespace {

using Piece = Format::Piece;
using Compiled = tl::expected<Piece, std::string>;

// So that a path or a name still tells something.
constexpr std::size_t k_least_bound = 64;
// One value alone never fills the line: bounds what a tunnel keeps until it is over.
constexpr std::size_t k_most_bound = 1024;

// Headers that are credentials, or hold them. Stops a log, which more people read than may log in,
// from holding what one logs in with.
constexpr std::array<std::string_view, 3> k_credentials{"authorization", "proxy-authorization",
                                                        "cookie"};

tl::unexpected<std::string> error(std::string text) { return tl::unexpected(std::move(text)); }

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& each : lowered)
    each = each >= 'A' && each <= 'Z' ? static_cast<char>(each + 32) : each;
  return lowered;
}

// What mod_log_config has a letter for and a tunnel has not, or not in that form.
std::string_view instead_of(char letter) {
  switch (letter) {
    case 's': return "a tunnel's status is always 101: leave it out";
    case 'b':
    case 'B':
    case 'O': return "write %{ws-sent}x, the bytes that the client was sent";
    case 'I': return "write %{ws-received}x, the bytes that came from the client";
    case 'S': return "write %{ws-received}x and %{ws-sent}x, the bytes each way";
    case 'C': return "cookies are credentials; SetEnvIf can take out what is none, for %{...}e";
    case 'o': return "there are no headers of an answer; see %{ws-protocol}x";
    case 'f':
    case 'R': return "write %{ws-target}x, where the tunnel led to";
    case 'X': return "write %{ws-ending}x, how the tunnel ended";
    case 'c': return "write %{SSL_...}x, such as %{SSL_CIPHER}x";
    case '<':
    case '>': return "a tunnel is one request: leave < and > out";
    case '!':
    case ',':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': return "a tunnel's status is always 101: leave the condition out";
    default: return {};
  }
}

std::string known_letters() {
  std::string all;
  for (const Letter& each : letters()) all += std::string("%") + each.letter + " ";
  return all + "%x and %%";
}

std::string known_names() {
  std::string all;
  for (const Name& each : names()) all += std::string(each.name) + ", ";
  return all + "and SSL_...";
}

std::string spelled(const std::optional<std::string>& argument, char letter) {
  return "'%" + (argument ? "{" + *argument + "}" : std::string()) + letter + "'";
}

bool is_among(std::string_view word, std::string_view words) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

Compiled extended(const std::optional<std::string>& argument) {
  if (!argument || argument->empty()) {
    return error("'%x' needs a name, as in %{ws-target}x; known are " + known_names());
  }
  for (const Name& each : names()) {
    if (each.name == *argument) return Piece{each.item, {}};
  }
  if (argument->starts_with("SSL_")) return Piece{Item::tls_variable, *argument};
  return error(spelled(argument, 'x') + " is not known; known are " + known_names());
}

Compiled checked(const Letter& letter, const std::optional<std::string>& argument) {
  const std::string text = argument.value_or("");
  const std::string as_written = spelled(argument, letter.letter);
  if (letter.argument == Argument::none && argument) {
    return error(as_written + ": write %" + letter.letter + " without braces");
  }
  if (letter.argument == Argument::required && text.empty()) {
    return error(as_written + " needs a name: write %{...}" + letter.letter);
  }
  if (letter.letter != 't' && letter.argument == Argument::optional && !text.empty() &&
      !is_among(text, letter.arguments)) {
    return error(as_written +
                 ": what may stand in the braces is: " + std::string(letter.arguments));
  }
  if (letter.item == Item::header && std::ranges::count(k_credentials, lower(text)) != 0) {
    return error(as_written +
                 " would log credentials; SetEnvIf can take out what is none, for %{...}e");
  }
  if (letter.item != Item::time) return Piece{letter.item, text};
  auto time = TimeFormat::parse(text);
  if (!time) return error(time.error());
  return Piece{Item::time, text, std::move(*time)};
}

// What follows a percent sign, which is taken from `rest`.
Compiled compile_item(std::string_view& rest) {
  std::optional<std::string> argument;
  if (rest.starts_with('{')) {
    const std::size_t end = rest.find('}');
    if (end == std::string_view::npos) {
      return error("'%" + std::string(rest) + "' has no closing brace");
    }
    argument = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
  }
  if (rest.empty()) return error("the format ends in an item; a percent sign is written %%");
  const char letter = rest.front();
  rest.remove_prefix(1);
  if (letter == '%' && !argument) return Piece{Item::literal, "%"};
  if (letter == 'x') return extended(argument);
  for (const Letter& each : letters()) {
    if (each.letter == letter) return checked(each, argument);
  }
  const std::string_view instead = instead_of(letter);
  if (!instead.empty()) return error(spelled(argument, letter) + ": " + std::string(instead));
  return error(spelled(argument, letter) + " is not known; known are " + known_letters());
}

// Up to the next percent sign; mod_log_config's escapes.
std::string take_literal(std::string_view& rest) {
  std::string text;
  while (!rest.empty() && rest.front() != '%') {
    char each = rest.front();
    rest.remove_prefix(1);
    if (each == '\\' && !rest.empty()) {
      constexpr std::string_view k_escapes = "\\rnt";
      constexpr std::string_view k_meanings = "\\\r\n\t";
      const std::size_t which = k_escapes.find(rest.front());
      if (which != std::string_view::npos) {
        each = k_meanings[which];
        rest.remove_prefix(1);
      }
    }
    text += each;
  }
  return text;
}

}  // namespace

tl::expected<Format, std::string> Format::compile(std::string_view text) {
  Format format;
  std::size_t fixed = 1;  // the line's end
  std::size_t unbounded = 0;
  while (!text.empty()) {
    Piece piece;
    if (text.starts_with('%')) {
      text.remove_prefix(1);
      auto compiled = compile_item(text);
      if (!compiled) return error(compiled.error());
      piece = std::move(*compiled);
    } else {
      piece.text = take_literal(text);
    }
    if (piece.item == Item::literal) {
      fixed += piece.text.size();
    } else if (const auto most = longest(piece.item)) {
      fixed += *most;
    } else {
      ++unbounded;
    }
    format.pieces_.push_back(std::move(piece));
  }
  if (format.pieces_.empty()) return error("the format is empty");
  if (fixed + unbounded * k_least_bound > k_longest_line) {
    return error("the format is too long: its lines could have more than " +
                 std::to_string(k_longest_line) + " bytes");
  }
  if (unbounded != 0) {
    format.value_bound_ = std::min((k_longest_line - fixed) / unbounded, k_most_bound);
  }
  return format;
}

}  // namespace websocket::log
