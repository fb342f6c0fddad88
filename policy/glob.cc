// SPDX-License-Identifier: Apache-2.0
#include "policy/glob.hh"

#include <cstddef>

#include "policy/quoted.hh"

namespace policy {
namespace {

/// A bracket expression at the front of a pattern.
struct Class {
  std::string_view members;
  bool negated;
  std::size_t size;  // of the whole, brackets included; 0: not closed
};

Class read_class(std::string_view glob) {
  std::size_t i = 1;
  const bool negated = i < glob.size() && (glob[i] == '!' || glob[i] == '^');
  i += negated ? 1 : 0;
  // A bracket that stands first is a member: []a].
  const std::size_t close = i < glob.size() ? glob.find(']', i + 1) : std::string_view::npos;
  if (close == std::string_view::npos) {
    return {{}, negated, 0};
  }
  return {glob.substr(i, close - i), negated, close + 1};
}

bool class_holds(const Class& bracket, char c) {
  bool found = false;
  for (std::size_t i = 0; i < bracket.members.size(); ++i) {
    const char low = bracket.members[i];
    char high = low;
    if (i + 2 < bracket.members.size() && bracket.members[i + 1] == '-') {
      high = bracket.members[i + 2];
      i += 2;
    }
    found = found || (low <= c && c <= high);
  }
  return found != bracket.negated;
}

/// The front of `glob`, which is no star, against one letter; 0 or the pattern's length.
std::size_t match_one(std::string_view glob, char c) {
  if (glob.empty()) {
    return 0;
  }
  if (glob.front() == '?') {
    return c == '/' ? 0 : 1;
  }
  if (glob.front() == '[') {
    const Class bracket = read_class(glob);
    return c != '/' && class_holds(bracket, c) ? bracket.size : 0;
  }
  return glob.front() == c ? 1 : 0;
}

}  // namespace

bool glob_matches(std::string_view glob, std::string_view path) {
  std::size_t g = 0;
  std::size_t p = 0;
  // The last star met, and where its text would end if it took one letter more. Going back to the
  // last one only is enough, and keeps this from taking exponential time.
  std::size_t star = std::string_view::npos;
  std::size_t star_end = 0;
  while (p < path.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      star_end = p;
      continue;
    }
    const std::size_t taken = match_one(glob.substr(g), path[p]);
    if (taken != 0) {
      g += taken;
      ++p;
      continue;
    }
    if (star == std::string_view::npos || path[star_end] == '/') {
      return false;
    }
    p = ++star_end;
    g = star + 1;
  }
  while (g < glob.size() && glob[g] == '*') {
    ++g;
  }
  return g == glob.size();
}

std::optional<std::string> glob_fault(std::string_view glob) {
  for (std::size_t i = 0; i < glob.size(); ++i) {
    if (glob[i] != '[') {
      continue;
    }
    const Class bracket = read_class(glob.substr(i));
    if (bracket.size == 0) {
      return quoted(glob) + " has a [ that is not closed; write [abc]";
    }
    if (bracket.members.find('/') != std::string_view::npos) {
      return quoted(glob) + " has a slash between brackets, which never match one";
    }
    i += bracket.size - 1;
  }
  return std::nullopt;
}

}  // namespace policy
