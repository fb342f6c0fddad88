// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "policy/exchange.hh"

struct ScriptedReply {
  std::vector<std::string> answer;
  std::vector<std::string> authority;
  ldns_pkt_rcode rcode = LDNS_RCODE_NOERROR;
  bool ad = false;
  std::vector<std::uint8_t> options;  // EDNS
  std::optional<policy::ExchangeFault> fault;
  std::string server = "127.0.0.1";
};

// An Exchange whose replies are written as zone-file lines. Each goes through the wire format, so
// that what is tested reads what a server would send.
class ScriptedExchange final : public policy::Exchange {
 public:
  ScriptedReply& at(const std::string& name, policy::RecordType type) {
    return scripts_[{name, type}];
  }

  tl::expected<policy::Reply, policy::ExchangeFault> ask(const policy::Question& question,
                                                         policy::Budget& budget) override {
    asked.push_back(std::string(name_of(question.type)) + " " +
                    (question.name.empty() ? "." : question.name));
    questions.push_back(question);
    if (!budget.take_query()) return tl::make_unexpected(policy::ExchangeFault::over_budget);
    auto script = scripts_[{question.name, question.type}];
    if (question.checking_disabled && unchecked) script = *unchecked;
    if (script.fault) return tl::make_unexpected(*script.fault);

    constexpr std::uint16_t id = 4711;
    const auto asked_octets = encode_question(question, id);
    if (!asked_octets) return tl::make_unexpected(policy::ExchangeFault::bad_name);
    auto packet = *decode(reply_octets(*asked_octets, script), question, id);
    return policy::Reply{std::move(packet), *policy::DnsServer::parse(script.server)};
  }

  // The octets of a reply; made from those of the query.
  static std::vector<std::byte> reply_octets(const std::vector<std::byte>& query,
                                             const ScriptedReply& script) {
    ldns_pkt* parsed = nullptr;
    const auto* octets = reinterpret_cast<const std::uint8_t*>(query.data());
    if (ldns_wire2pkt(&parsed, octets, query.size()) != LDNS_STATUS_OK) {
      throw std::logic_error("the query");
    }
    const policy::PacketPtr reply(parsed);
    ldns_pkt_set_qr(parsed, true);
    ldns_pkt_set_ad(parsed, script.ad);
    ldns_pkt_set_rcode(parsed, script.rcode);
    push(parsed, LDNS_SECTION_ANSWER, script.answer);
    push(parsed, LDNS_SECTION_AUTHORITY, script.authority);
    if (!script.options.empty()) {
      ldns_pkt_set_edns_data(parsed,
                             ldns_rdf_new_frm_data(LDNS_RDF_TYPE_UNKNOWN, script.options.size(),
                                                   script.options.data()));
    }
    std::uint8_t* wire = nullptr;
    std::size_t size = 0;
    if (ldns_pkt2wire(&wire, parsed, &size) != LDNS_STATUS_OK) throw std::logic_error("the reply");
    const policy::Handle<std::uint8_t, std::free> owned(wire);
    const auto bytes = std::as_bytes(std::span(wire, size));
    return {bytes.begin(), bytes.end()};
  }

  std::vector<std::string> asked;
  std::vector<policy::Question> questions;
  std::optional<ScriptedReply> unchecked;  // what comes instead when CD is set

 private:
  static tl::expected<policy::PacketPtr, policy::ReplyFault> decode(
      const std::vector<std::byte>& message, const policy::Question& question, std::uint16_t id) {
    auto packet = policy::decode_reply(message, question, id);
    if (!packet) throw std::logic_error("the reply does not decode");
    return packet;
  }

  static void push(ldns_pkt* packet, ldns_pkt_section section,
                   const std::vector<std::string>& lines) {
    for (const auto& line : lines) {
      ldns_rr* record = nullptr;
      if (ldns_rr_new_frm_str(&record, line.c_str(), 300, nullptr, nullptr) != LDNS_STATUS_OK) {
        throw std::logic_error(line);
      }
      ldns_pkt_push_rr(packet, section, record);
    }
  }

  std::map<std::pair<std::string, policy::RecordType>, ScriptedReply> scripts_;
};
