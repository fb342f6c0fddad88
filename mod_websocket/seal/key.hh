// SPDX-License-Identifier: Apache-2.0
// What answers in a cache that others can write to are sealed with (seal.hh): whoever has it can
// grant what those answers grant.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include <tl/expected.hpp>

namespace websocket::seal {

// Bytes and nothing of this code's, which a restart loads anew while the key stays.
using Key = std::array<unsigned char, 32>;

// Throws where the system has no random bytes.
Key random_key();

// Of a file of at least as many bytes that nobody but its owner can use; all of it counts. An error
// names the file and says what to do.
tl::expected<Key, std::string> read_key(const std::string& path);

}  // namespace websocket::seal
