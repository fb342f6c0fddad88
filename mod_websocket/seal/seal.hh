// SPDX-License-Identifier: Apache-2.0
// Answers that are kept where others can write: what such a place gives back counts only where it
// was put there by who has the key, as the answer to this very question, and is not too old.
//
// Sealed, an answer is
//
//   version (1 octet) | expiry (8) | tag (32) | answer
//
// where the tag is the HMAC-SHA256 (RFC 2104) of version, question, expiry and answer. The question
// itself is not in it: who asks knows it. So an answer that is put back under another question's
// name is none there, and one that is put back later is none after its time. Nothing is secret but
// the key.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "mod_websocket/seal/key.hh"

namespace websocket::seal {

// The calendar's: machines that share a cache have no other in common.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

inline constexpr std::size_t k_overhead = 1 + 8 + 32;

// Nobody seals for as long as this, the clocks of machines that share a cache being apart by some
// minutes. An expiry that is farther away is of a calendar that has been set back since: without
// this bound an answer of a machine that was a year ahead would count for a year.
inline constexpr std::chrono::hours k_longest{2};

// What a question's answer is kept under. Nobody finds it without the key, so that those who share
// a place and no key do not take each other's answers for forged ones, nor write over them.
using Name = std::array<unsigned char, 32>;

Name name_of(const Key& key, std::string_view question);

std::string seal(const Key& key, std::string_view question, Time expiry, std::string_view answer);

enum class Flaw : std::uint8_t {
  forged,   // not sealed by this key, not for this question, or changed since
  expired,  // sealed as it should be, and its time is over, or too far away
};

tl::expected<std::string, Flaw> unseal(const Key& key, std::string_view question, Time now,
                                       std::string_view sealed);

}  // namespace websocket::seal
