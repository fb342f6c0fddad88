// SPDX-License-Identifier: Apache-2.0
//
// The elements below the document's root: what each may hold, and what the whole must be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "policy/document.hh"

namespace policy {

/// Offered names are compared with each of these, in each handshake.
inline constexpr std::size_t k_max_protocols = 16;
/// PATH_MAX, without the terminating zero.
inline constexpr std::size_t k_max_path = 4095;

/// What the elements have said so far.
struct Draft {
  std::optional<Endpoint> host;
  std::optional<std::uint16_t> port;
  std::optional<std::string> tls_name;
  /// Everything else, in its place.
  Document document;
};

/// A row an element.
struct ElementRow {
  std::string_view name;
  bool repeatable;
  /// The value without white space at its ends. The error says what to write.
  tl::expected<void, std::string> (*take)(Draft&, std::string_view value);
  std::string_view example;   ///< what to write where the value is missing
  bool may_be_empty = false;  ///< then take() gets an empty value
};

std::span<const ElementRow> element_rows();

/// What is wrong with elements that are each right.
struct WholeFault {
  DocumentFault fault;
  std::string_view element;  ///< the one at fault; empty: the root
  std::string message;
};

std::vector<WholeFault> whole_faults(const Draft& draft);

/// Of a draft without faults.
Document finish(Draft&& draft);

}  // namespace policy
