// SPDX-License-Identifier: Apache-2.0
#include "policy/txt_record.hh"

#include <algorithm>
#include <utility>

#include "policy/address.hh"
#include "policy/ascii.hh"
#include "policy/host_name.hh"
#include "policy/quoted.hh"

namespace policy {
namespace {

constexpr std::string_view k_version_tag = "v";
constexpr std::string_view k_version = "websocket1";
constexpr std::string_view k_blank = " \t";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(k_blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(k_blank) - first + 1);
}

tl::unexpected<TxtFault> fault(TxtFaultKind kind, std::string text) {
  return tl::make_unexpected(TxtFault{kind, std::move(text)});
}

// The pieces of a text between separators, one after the other; "" is one empty piece.
class Pieces {
 public:
  Pieces(std::string_view text, char separator) : rest_(text), separator_(separator) {}

  std::optional<std::string_view> next() {
    if (at_end_) return std::nullopt;
    const auto end = rest_.find(separator_);
    const auto piece = trim(rest_.substr(0, end));
    at_end_ = end == std::string_view::npos;
    if (!at_end_) rest_.remove_prefix(end + 1);
    return piece;
  }

  bool at_end() const { return at_end_; }

 private:
  std::string_view rest_;
  char separator_;
  bool at_end_ = false;
};

struct Tag {
  std::string_view name;
  std::string_view value;
};

std::optional<Tag> parse_tag(std::string_view item) {
  const auto equals = item.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const auto name = trim(item.substr(0, equals));
  const auto allowed = [](char c) { return ascii::is_alnum(c) || c == '_'; };
  if (name.empty() || !ascii::is_alpha(name.front()) || !std::ranges::all_of(name, allowed)) {
    return std::nullopt;
  }
  return Tag{name, trim(item.substr(equals + 1))};
}

// A host name or an address in the one form that is compared.
struct Server {
  std::string text;
  bool is_address;
};

tl::expected<Server, std::string> parse_server(std::string_view text) {
  if (const auto address = Address::parse(text)) return Server{address->to_string(), true};
  return parse_host_name(text, HostNameStyle::browser_sent).map([](std::string name) {
    return Server{std::move(name), false};
  });
}

}  // namespace

tl::expected<TxtRecord, TxtFault> TxtRecord::parse(std::string_view joined) {
  Pieces items(joined.substr(0, k_max_txt_length), ';');

  const auto version = parse_tag(*items.next());
  if (!version || version->name != k_version_tag || version->value != k_version) {
    return fault(TxtFaultKind::other_purpose, "it does not begin with v=websocket1");
  }
  if (joined.size() > k_max_txt_length) {
    return fault(TxtFaultKind::too_long,
                 "it is longer than " + std::to_string(k_max_txt_length) + " octets");
  }
  const auto odd =
      std::ranges::find_if(joined, [](char c) { return c != '\t' && (c < 0x20 || c > 0x7e); });
  if (odd != joined.end()) {
    return fault(TxtFaultKind::bad_character,
                 "it holds " + quoted({&*odd, 1}) +
                     ", which is not printable ASCII (write names as A-labels, xn--...)");
  }

  TxtRecord record;
  std::vector<std::string_view> seen{k_version_tag};
  while (const auto item = items.next()) {
    if (item->empty() && items.at_end()) break;  // the `;` at the end
    const auto tag = parse_tag(*item);
    if (!tag) return fault(TxtFaultKind::bad_tag, quoted(*item) + " is not tag=value");
    if (std::ranges::find(seen, tag->name) != seen.end()) {
      return fault(TxtFaultKind::duplicate_tag, "the tag " + quoted(tag->name) + " stands twice");
    }
    seen.push_back(tag->name);

    tl::expected<void, TxtFault> taken;
    if (tag->name == "port") taken = record.read_ports(tag->value);
    if (tag->name == "from") taken = record.read_names(tag->value);
    if (!taken) return tl::make_unexpected(std::move(taken.error()));
  }
  return record;
}

tl::expected<void, TxtFault> TxtRecord::read_ports(std::string_view value) {
  if (value.empty()) return {};
  // Blanks round the commas are natural in a record; Ports knows none.
  std::string list;
  Pieces entries(value, ',');
  for (std::string_view comma; const auto entry = entries.next(); comma = ",") {
    list.append(comma).append(*entry);
  }
  auto ports = Ports::parse(list);
  if (!ports) return fault(TxtFaultKind::bad_port, "port: " + ports.error());
  ports_ = std::move(*ports);
  return {};
}

tl::expected<void, TxtFault> TxtRecord::read_names(std::string_view value) {
  if (value == "*") {
    any_name_ = true;
    return {};
  }
  while (!value.empty()) {
    const auto text = value.substr(0, value.find_first_of(k_blank));
    value = trim(value.substr(text.size()));

    const bool below = text.starts_with("*.");
    auto server = parse_server(below ? text.substr(2) : text);
    if (!server) {
      return fault(TxtFaultKind::bad_name,
                   "from: " + server.error() + "; blanks between names, or * alone for all");
    }
    if (below && server->is_address) {
      return fault(TxtFaultKind::bad_name, "from: " + quoted(text) + " has nothing below it");
    }
    (below ? parents_ : names_).push_back(std::move(server->text));
  }
  return {};
}

bool TxtRecord::grants(std::uint16_t port, std::string_view served_by) const {
  return grants_port(port) && grants_name(served_by);
}

bool TxtRecord::grants_port(std::uint16_t port) const { return ports_ && ports_->contains(port); }

bool TxtRecord::grants_name(std::string_view served_by) const {
  const auto server = parse_server(served_by);
  if (!server) return false;
  if (any_name_ || std::ranges::find(names_, server->text) != names_.end()) return true;
  // An address is below nothing: a parent is a host name, and those never end in a number.
  return std::ranges::any_of(
      parents_, [&](const std::string& parent) { return is_below(server->text, parent); });
}

tl::expected<std::string, std::string> consent_record(std::uint16_t port,
                                                      std::string_view served_by) {
  const auto server = parse_server(served_by);
  if (!server) return tl::make_unexpected(server.error());
  return "v=websocket1; port=" + std::to_string(port) + "; from=" + server->text;
}

}  // namespace policy
