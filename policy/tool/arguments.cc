// SPDX-License-Identifier: Apache-2.0
#include "policy/tool/arguments.hh"

#include <array>
#include <utility>

#include "policy/endpoint.hh"
#include "policy/host_name.hh"
#include "policy/quoted.hh"
#include "policy/tool/option_reader.hh"

namespace policy::tool {
namespace {

using Taken = tl::expected<void, std::string>;

template <typename Arguments>
struct OptionRow {
  std::string_view name;
  bool has_value;
  Taken (*take)(Arguments&, std::string_view value);
};

tl::unexpected<std::string> fault(std::string text) { return tl::unexpected(std::move(text)); }

// What is parsed elsewhere, put where it belongs.
template <typename Value, typename Place>
Taken keep(tl::expected<Value, std::string> value, Place&& place) {
  if (!value) return tl::unexpected(std::move(value.error()));
  place(std::move(*value));
  return {};
}

// ---- check ---------------------------------------------------------------------------------

constexpr std::uint16_t k_https = 443;

// A name, or the URL of the host where scheme or port are not https's own.
tl::expected<ServedBy, std::string> parse_served_by(std::string_view text) {
  const bool is_url = text.find("://") != std::string_view::npos;
  const auto colon = text.find(':');
  const bool has_port = colon != std::string_view::npos && text.rfind(':') == colon;
  if (!is_url && (has_port || text.find("]:") != std::string_view::npos)) {
    return fault("--served-by: " + quoted(text) +
                 " has a port; write the URL, https://www.example.com:8443");
  }
  auto own = is_url ? Origin::parse(text) : Origin::of("https", text, k_https);
  if (!own) return fault("--served-by: " + own.error());
  if (own->is_opaque()) {
    return fault("--served-by: " + quoted(text) + " is no virtual host; write www.example.com");
  }
  std::string host = own->host();
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return ServedBy{std::move(host), std::move(*own)};
}

tl::expected<ConsentAsked, std::string> parse_consent(std::string_view text) {
  for (const auto asked : {ConsentAsked::off, ConsentAsked::dns, ConsentAsked::dnssec}) {
    if (text == name_of(asked)) return asked;
  }
  return fault("--consent: " + quoted(text) + " is neither off nor dns nor dnssec");
}

tl::expected<Listener, std::string> parse_listener(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto host = colon == std::string_view::npos ? "*" : text.substr(0, colon);
  const auto address = Address::parse(host);
  const auto port = parse_port(colon == std::string_view::npos ? text : text.substr(colon + 1));
  if ((!address && host != "*") || !port) {
    return fault("--own-listener: " + quoted(text) +
                 " is no listener; write 192.0.2.80:443, [2001:db8::80]:443 or *:443");
  }
  return Listener{address, *port};
}

// What was given so far and makes sense only together.
struct CheckDraft {
  CheckArguments check;
  std::optional<ConsentAsked> consent;
  std::string deciding;  // an option that asks for the decision
};

constexpr std::array k_check_options = {
    OptionRow<CheckDraft>{"--served-by", true,
                          [](CheckDraft& draft, std::string_view value) -> Taken {
                            return keep(parse_served_by(value), [&](ServedBy&& served_by) {
                              draft.check.served_by = std::move(served_by);
                            });
                          }},
    OptionRow<CheckDraft>{"--origin", true,
                          [](CheckDraft& draft, std::string_view value) -> Taken {
                            draft.check.origin = OriginAsked{std::string(value)};
                            return {};
                          }},
    OptionRow<CheckDraft>{"--no-origin", false,
                          [](CheckDraft& draft, std::string_view) -> Taken {
                            draft.check.origin = OriginAsked{};
                            return {};
                          }},
    OptionRow<CheckDraft>{"--resolver", true,
                          [](CheckDraft& draft, std::string_view value) -> Taken {
                            return keep(DnsServer::parse(value), [&](DnsServer&& server) {
                              draft.check.resolvers.push_back(server);
                            });
                          }},
    OptionRow<CheckDraft>{"--trust-anchor", true,
                          [](CheckDraft& draft, std::string_view value) -> Taken {
                            draft.check.trust_anchor = value;
                            return {};
                          }},
    OptionRow<CheckDraft>{"--consent", true,
                          [](CheckDraft& draft, std::string_view value) -> Taken {
                            return keep(parse_consent(value),
                                        [&](ConsentAsked asked) { draft.consent = asked; });
                          }},
    OptionRow<CheckDraft>{"--target", true,
                          [](CheckDraft& draft, std::string_view value) -> Taken {
                            return keep(parse_target_rule(value), [&](TargetRule&& rule) {
                              draft.check.rules_assumed = false;
                              draft.check.rules.add(std::move(rule));
                            });
                          }},
    OptionRow<CheckDraft>{"--own-listener", true,
                          [](CheckDraft& draft, std::string_view value) -> Taken {
                            return keep(parse_listener(value), [&](Listener&& listener) {
                              draft.check.own_listeners.push_back(listener);
                            });
                          }},
    OptionRow<CheckDraft>{"--administrators", false,
                          [](CheckDraft& draft, std::string_view) -> Taken {
                            draft.check.administrators = true;
                            return {};
                          }},
};

tl::expected<CheckArguments, std::string> finish(CheckDraft draft) {
  CheckArguments& check = draft.check;
  if (!draft.deciding.empty() && !check.served_by) {
    return fault(draft.deciding +
                 " needs --served-by too: the virtual host that serves the policy");
  }
  if (check.trust_anchor && draft.consent && *draft.consent != ConsentAsked::dnssec) {
    return fault("--trust-anchor is of use with --consent dnssec only");
  }
  check.consent =
      draft.consent.value_or(check.trust_anchor ? ConsentAsked::dnssec : ConsentAsked::dns);
  if (check.rules_assumed && !check.administrators) {
    for (const std::string_view rule : {"same-host", "consent"}) {
      check.rules.add(parse_target_rule(rule).value());
    }
  }
  return std::move(check);
}

// ---- record --------------------------------------------------------------------------------

struct RecordDraft {
  RecordArguments record{.request = {{}, Ports::all(), std::nullopt, std::nullopt}};
  bool has_ports = false;
};

Taken take_target(RecordDraft& draft, std::string_view value) {
  auto& request = draft.record.request;
  if (const auto address = Address::parse(value)) {
    if (request.address) return fault("--for has an address twice; print a record for each");
    request.address = address;
    return {};
  }
  auto name = parse_host_name(value, HostNameStyle::browser_sent);
  if (!name) return fault("--for: " + name.error());
  if (request.name) return fault("--for has a name twice; print a record for each");
  request.name = std::move(*name);
  return {};
}

constexpr std::array k_record_options = {
    OptionRow<RecordDraft>{"--from", true,
                           [](RecordDraft& draft, std::string_view value) -> Taken {
                             draft.record.request.from.emplace_back(value);
                             return {};
                           }},
    OptionRow<RecordDraft>{"--port", true,
                           [](RecordDraft& draft, std::string_view value) -> Taken {
                             if (draft.has_ports) {
                               return fault("--port stands twice; write 6667,6697");
                             }
                             draft.has_ports = true;
                             return keep(Ports::parse(value), [&](Ports&& ports) {
                               draft.record.request.ports = std::move(ports);
                             });
                           }},
    OptionRow<RecordDraft>{"--for", true, take_target},
};

// --------------------------------------------------------------------------------------------

/// Reads a command's words into `draft`; `--json` is every command's. `deciding` (where the draft
/// has it) keeps the last option. The operands, at most `operands`, are returned.
template <typename Draft, typename Rows>
tl::expected<std::vector<std::string>, std::string> read_words(
    std::span<const std::string_view> words, std::string_view command, const Rows& rows,
    std::size_t operands, Draft& draft, bool& as_json) {
  OptionReader reader(words);
  std::vector<std::string> found;
  while (const auto word = reader.next()) {
    if (!word->is_option) {
      if (found.size() == operands) {
        return fault(std::string(command) + ": " + quoted(word->text) + " is one word too many");
      }
      found.emplace_back(word->text);
      continue;
    }
    if (word->text == "--json") {
      if (auto none = reader.no_value(); !none) return tl::unexpected(std::move(none.error()));
      as_json = true;
      continue;
    }
    const OptionRow<Draft>* row = nullptr;
    for (const auto& each : rows) {
      if (each.name == word->text) row = &each;
    }
    if (row == nullptr) {
      return fault(std::string(command) + " knows no option " + quoted(word->text) +
                   "; see wspolicy --help");
    }
    tl::expected<std::string_view, std::string> value{std::string_view{}};
    if (row->has_value) {
      value = reader.value();
    } else if (auto none = reader.no_value(); !none) {
      value = tl::unexpected(std::move(none.error()));
    }
    if (!value) return tl::unexpected(std::move(value.error()));
    if (auto taken = row->take(draft, *value); !taken) {
      return tl::unexpected(std::move(taken.error()));
    }
    if constexpr (requires { draft.deciding; }) draft.deciding = row->name;
  }
  if (found.size() < operands) {
    return fault(std::string(command) + " needs a file, or - for standard input");
  }
  return found;
}

tl::expected<Command, std::string> parse_check(std::span<const std::string_view> words) {
  CheckDraft draft;
  draft.check.rules_assumed = true;
  auto files = read_words(words, "check", k_check_options, 1, draft, draft.check.as_json);
  if (!files) return tl::unexpected(std::move(files.error()));
  draft.check.file = std::move(files->front());
  return finish(std::move(draft)).map([](CheckArguments&& check) {
    return Command(std::move(check));
  });
}

tl::expected<Command, std::string> parse_lint(std::span<const std::string_view> words) {
  LintArguments lint;
  constexpr std::array<OptionRow<LintArguments>, 0> k_none{};
  auto files = read_words(words, "lint", k_none, 1, lint, lint.as_json);
  if (!files) return tl::unexpected(std::move(files.error()));
  lint.file = std::move(files->front());
  return Command(std::move(lint));
}

tl::expected<Command, std::string> parse_record(std::span<const std::string_view> words) {
  RecordDraft draft;
  auto none = read_words(words, "record", k_record_options, 0, draft, draft.record.as_json);
  if (!none) return tl::unexpected(std::move(none.error()));
  if (draft.record.request.from.empty()) {
    return fault("record needs --from: the virtual host whose policies may lead to the service");
  }
  if (!draft.has_ports) return fault("record needs --port: the ports of the service, 6667,6697");
  return Command(std::move(draft.record));
}

}  // namespace

std::string_view name_of(ConsentAsked asked) {
  switch (asked) {
    case ConsentAsked::off: return "off";
    case ConsentAsked::dns: return "dns";
    case ConsentAsked::dnssec: return "dnssec";
  }
  return "?";
}

tl::expected<Command, std::string> parse_arguments(std::span<const std::string_view> words) {
  if (words.empty()) return fault("a command is needed: check, lint or record");
  for (const auto word : words) {
    if (word == "--") break;
    if (word == "--help" || word == "-h") return Command(HelpAsked{});
  }
  const auto rest = words.subspan(1);
  if (words.front() == "check") return parse_check(rest);
  if (words.front() == "lint") return parse_lint(rest);
  if (words.front() == "record") return parse_record(rest);
  if (words.front() == "--version") return Command(VersionAsked{});
  return fault(quoted(words.front()) + " is no command; write check, lint or record");
}

}  // namespace policy::tool
