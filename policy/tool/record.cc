// SPDX-License-Identifier: Apache-2.0
#include "policy/tool/record.hh"

#include <algorithm>
#include <string_view>

#include "policy/dns_name.hh"
#include "policy/quoted.hh"
#include "policy/txt_record.hh"

namespace policy::tool {
namespace {

constexpr std::size_t k_longest_string = 255;

// A record can be written in ways that are well-formed and grant something else.
std::optional<std::string> fault_of(const std::string& from, std::size_t count) {
  if (from.empty() || from.find_first_of(" \t;") != std::string::npos) {
    return quoted(from) + " is no host name; give each by a --from of its own";
  }
  if (from == "*" && count > 1) return "* means all; leave the others out";
  return std::nullopt;
}

}  // namespace

tl::expected<ConsentRecord, std::string> make_record(const RecordRequest& request) {
  ConsentRecord made;
  made.text = "v=websocket1; port=" + request.ports.to_string() + "; from=";
  for (const auto& from : request.from) {
    if (auto fault = fault_of(from, request.from.size())) return tl::unexpected(std::move(*fault));
    made.text.append(&from == &request.from.front() ? "" : " ").append(from);
  }
  const auto read = TxtRecord::parse(made.text);
  if (!read) return tl::unexpected("no server would take this record: " + read.error().text);

  for (std::size_t i = 0; i < made.text.size(); i += k_longest_string) {
    made.strings.push_back(made.text.substr(i, k_longest_string));
  }
  const auto name = request.name.value_or(std::string(k_unknown_name));
  made.owners = {"_websocket." + name, name};
  made.address = request.address;
  if (request.address) made.reverse_name = reverse_name(*request.address);
  return made;
}

std::vector<std::string> zone_lines(const ConsentRecord& record) {
  const std::string& name = record.owners.back();
  std::vector<std::string> lines;
  if (record.address) {
    lines.push_back(*record.reverse_name + ". PTR " + name + ".");
    lines.push_back(name + (record.address->is_v4() ? ". A " : ". AAAA ") +
                    record.address->to_string());
  }
  std::string txt = record.owners.front() + ". TXT";
  for (const auto& string : record.strings) txt += " \"" + string + "\"";
  lines.push_back(std::move(txt));
  return lines;
}

}  // namespace policy::tool
