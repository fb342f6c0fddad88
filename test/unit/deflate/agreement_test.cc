// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/deflate/agreement.hh"

#include <string>
#include <string_view>

#include "mod_websocket/handshake/extension.hh"
#include "test/unit/catch.hh"

namespace websocket::deflate {
namespace {

std::optional<Agreed> answer(std::string_view offers, const Settings& settings = {.window = 15}) {
  const auto parsed = handshake::parse_extensions(offers);
  REQUIRE(parsed);
  return negotiate(*parsed, settings);
}

// The response, or "declined".
std::string response(std::string_view offers, const Settings& settings = {.window = 15}) {
  const auto agreed = answer(offers, settings);
  return agreed ? agreed->response : "declined";
}

std::string with(std::string_view parameters) {
  return "permessage-deflate" + std::string(parameters);
}

TEST_CASE("an offer without parameters is accepted without any", "[deflate][rfc7692-7.1]") {
  const int window = GENERATE(9, 12, 15);
  const auto agreed = answer("permessage-deflate", {.window = window});
  REQUIRE(agreed);
  CHECK(agreed->response == "permessage-deflate");
  CHECK(agreed->agreement.server_takeover);
  CHECK(agreed->agreement.client_takeover);
  // Ours is smaller than the client has to expect; the client's cannot be limited.
  CHECK(agreed->agreement.server_window == window);
  CHECK(agreed->agreement.client_window == 15);
}

TEST_CASE("no context takeover is answered where it was asked for", "[deflate][rfc7692-7.1.1]") {
  auto agreed = answer(with("; server_no_context_takeover"));
  REQUIRE(agreed);
  CHECK(agreed->response == with("; server_no_context_takeover"));
  CHECK_FALSE(agreed->agreement.server_takeover);
  CHECK(agreed->agreement.client_takeover);

  agreed = answer(with("; client_no_context_takeover"));
  REQUIRE(agreed);
  CHECK(agreed->response == with("; client_no_context_takeover"));
  CHECK(agreed->agreement.server_takeover);
  CHECK_FALSE(agreed->agreement.client_takeover);
}

TEST_CASE("a server that wants no context takeover says so unasked", "[deflate][rfc7692-7.1.1]") {
  const auto agreed = answer("permessage-deflate", {.takeover = false});
  REQUIRE(agreed);
  CHECK(agreed->response == with("; server_no_context_takeover; client_no_context_takeover"));
  CHECK_FALSE(agreed->agreement.server_takeover);
  CHECK_FALSE(agreed->agreement.client_takeover);
}

TEST_CASE("the server's window is never above what the client asked for",
          "[deflate][rfc7692-7.1.2.1]") {
  const int asked = GENERATE(9, 10, 11, 12, 13, 14, 15);
  const int wished = GENERATE(9, 10, 11, 12, 13, 14, 15);
  const auto agreed =
      answer(with("; server_max_window_bits=" + std::to_string(asked)), {.window = wished});
  REQUIRE(agreed);
  const int window = std::min(asked, wished);
  CHECK(agreed->agreement.server_window == window);
  CHECK(agreed->agreement.client_window == 15);
  CHECK(agreed->response == with("; server_max_window_bits=" + std::to_string(window)));
}

TEST_CASE("a client that offers to limit its window is told one", "[deflate][rfc7692-7.1.2.2]") {
  const int wished = GENERATE(9, 12, 15);
  const auto agreed = answer(with("; client_max_window_bits"), {.window = wished});
  REQUIRE(agreed);
  CHECK(agreed->agreement.client_window == wished);
  CHECK(agreed->response == with("; client_max_window_bits=" + std::to_string(wished)));
}

TEST_CASE("a client's own window is never answered with a larger one",
          "[deflate][rfc7692-7.1.2.2]") {
  const int named = GENERATE(9, 10, 11, 12, 13, 14, 15);
  const int wished = GENERATE(9, 10, 11, 12, 13, 14, 15);
  const auto agreed =
      answer(with("; client_max_window_bits=" + std::to_string(named)), {.window = wished});
  REQUIRE(agreed);
  const int window = std::min(named, wished);
  CHECK(agreed->agreement.client_window == window);
  CHECK(agreed->response == with("; client_max_window_bits=" + std::to_string(window)));
}

TEST_CASE("a client that names window 8 keeps its promise unanswered",
          "[deflate][rfc7692-7.1.2.2]") {
  const auto agreed = answer(with("; client_max_window_bits=8"), {.window = GENERATE(9, 15)});
  REQUIRE(agreed);
  CHECK(agreed->response == "permessage-deflate");
  CHECK(agreed->agreement.client_window == 9);
}

TEST_CASE("parameters come in any order and may be quoted", "[deflate][rfc7692-7.1]") {
  const std::string all = with(
      "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; "
      "client_max_window_bits=11");
  CHECK(response(all) == all);
  CHECK(response(with("; client_max_window_bits=\"11\"; client_no_context_takeover; "
                      "server_max_window_bits=\"1\\0\" ;server_no_context_takeover")) == all);
}

TEST_CASE("an offer that breaks the rules is declined", "[deflate][rfc7692-7.1]") {
  const auto* const parameters = GENERATE(
      // unknown, or not as the RFC writes it
      "; x", "; x=1", "; Server_No_Context_Takeover", "; mode=stream", "; server_max_window_bit=9",
      // a value where there is none
      "; server_no_context_takeover=1", "; client_no_context_takeover=true",
      // no value where there must be one
      "; server_max_window_bits",
      // not 8-15, or not as the RFC writes it
      "; server_max_window_bits=7", "; server_max_window_bits=16", "; server_max_window_bits=0",
      "; server_max_window_bits=010", "; server_max_window_bits=09", "; server_max_window_bits=1",
      "; server_max_window_bits=+9", "; server_max_window_bits=-9", "; server_max_window_bits=9.0",
      "; server_max_window_bits=9a", "; server_max_window_bits=0x9", "; server_max_window_bits=100",
      "; server_max_window_bits=4294967305", "; client_max_window_bits=7",
      "; client_max_window_bits=16", "; client_max_window_bits=08", "; client_max_window_bits=20",
      "; client_max_window_bits=1", "; client_max_window_bits=115",
      // what zlib cannot do
      "; server_max_window_bits=8",
      // twice
      "; server_no_context_takeover; server_no_context_takeover",
      "; client_no_context_takeover; client_no_context_takeover",
      "; server_max_window_bits=10; server_max_window_bits=10",
      "; client_max_window_bits; client_max_window_bits",
      "; client_max_window_bits=10; client_max_window_bits",
      "; client_max_window_bits; client_max_window_bits=10");
  CAPTURE(parameters);
  CHECK(response(with(parameters)) == "declined");
  SECTION("and the next one is tried") {
    CHECK(response(with(parameters) + ", permessage-deflate; server_no_context_takeover") ==
          with("; server_no_context_takeover"));
  }
}

TEST_CASE("the first acceptable offer is taken", "[deflate][rfc7692-5]") {
  CHECK(response("permessage-deflate; client_max_window_bits=10, permessage-deflate") ==
        with("; client_max_window_bits=10"));
  CHECK(response("permessage-deflate, permessage-deflate; client_max_window_bits=10") == with(""));
  CHECK(response("x-webkit-deflate-frame, permessage-bzip2; level=9, permessage-deflate") ==
        with(""));
}

TEST_CASE("without an offer of it there is no compression", "[deflate][rfc7692-5]") {
  CHECK_FALSE(negotiate({}, {}));
  CHECK(response("permessage-bzip2") == "declined");
  CHECK(response("PerMessage-Deflate") == "declined");
  CHECK(response("permessage-deflate-2; server_no_context_takeover") == "declined");
}

TEST_CASE("what browsers offer is accepted", "[deflate]") {
  const Settings settings;
  CHECK(response("permessage-deflate; client_max_window_bits", settings) ==
        with("; client_max_window_bits=12"));
  CHECK(response("permessage-deflate", settings) == with(""));
}

}  // namespace
}  // namespace websocket::deflate
