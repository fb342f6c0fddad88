// SPDX-License-Identifier: Apache-2.0
// The same for the unit tests (build/standard.hh).
#include <thread>

#include "build/standard.hh"
#include "test/unit/catch.hh"
