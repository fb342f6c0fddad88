// SPDX-License-Identifier: Apache-2.0
// Who closes first: every row of the table in tunnel.hh, with ends that take what they are given
// and with ends that take nothing until later.
#include <string>

#include "test/unit/catch.hh"
#include "test/unit/frame/feeder.hh"
#include "test/unit/support/bench.hh"

namespace websocket::tunnel::test {
namespace {

using frame::CloseCode;
using frame::test::operator+;

const Bytes k_reserved_opcode = frame::test::frame(0x83, "?");

// One bench for each way of serving and of blocked outlets.
struct Case : Bench {
  Case() {
    order = GENERATE(Order::together, Order::client_first, Order::target_first);
    client_blocked = GENERATE(false, true);
    target_blocked = GENERATE(false, true);
    CAPTURE(order, client_blocked, target_blocked);
    if (client_blocked) client->room = 0;
    if (target_blocked) target->room = 0;
  }

  void unblock() {
    client->room = target->room = k_unlimited;
    serve();
  }

  // Both ends have ended in order, and nothing was told twice.
  void check_over(Ending ending, unsigned code) const {
    CHECK(tunnel->finished());
    CHECK(client->finished);
    CHECK(journal->accounts.size() == 1);
    CHECK(name(tunnel->account().ending) == name(ending));
    CHECK(tunnel->account().close_code == code);
    CHECK_FALSE(tunnel->account().timed_out);
  }

  bool client_blocked = false;
  bool target_blocked = false;
};

// ---- the client sends Close ----------------------------------------------------------------

TEST_CASE("a client's Close: all before it, FIN, last words, and then the reply",
          "[tunnel][rfc6455-5.5.1]") {
  Case bench;
  bench.target_sends("down ");
  bench.serve();
  bench.client_sends(message("up ") + message("to the end") + close_frame(3001, "bye"));
  bench.serve();
  CHECK(bench.target->finished == !bench.target_blocked);
  CHECK_FALSE(bench.close());

  bench.unblock();
  CHECK(bench.target_got() == "up to the end");
  CHECK(bench.target->finished);
  CHECK_FALSE(bench.close());

  bench.target_sends("last words");
  bench.target->input_ended = true;
  bench.serve();
  CHECK(bench.client_got() == "down last words");
  REQUIRE(bench.close());
  CHECK(bench.close()->close_code() == 3001);
  CHECK(bench.client->finished);
  CHECK_FALSE(bench.tunnel->finished());

  bench.client->input_ended = true;
  bench.serve();
  bench.check_over(Ending::client_closed, 3001);
}

TEST_CASE("an empty Close is answered by an empty Close", "[tunnel][rfc6455-5.5.1]") {
  Case bench;
  bench.client_sends(empty_close());
  bench.serve();
  bench.peers_finish();
  REQUIRE(bench.frames().size() == 1);
  CHECK(bench.frames()[0] == ServerFrame{frame::Opcode::close, "", true});
  bench.check_over(Ending::client_closed, 0);
}

TEST_CASE("what a client sends behind its Close goes nowhere", "[tunnel][rfc6455-5.5.1]") {
  Case bench;
  bench.client_sends(message("up") + close_frame(1000) + message("more") + ping("?") +
                     close_frame(1001));
  bench.serve();
  bench.client_sends(message("and more"));
  bench.serve();
  bench.peers_finish();
  CHECK(bench.target_got() == "up");
  REQUIRE(bench.frames().size() == 1);
  CHECK(bench.close()->close_code() == 1000);
  bench.check_over(Ending::client_closed, 1000);
}

TEST_CASE("the reply to a Close waits a second for a target that does not end", "[tunnel]") {
  Case bench;
  bench.client_sends(message("up") + close_frame(1000));
  bench.serve();
  bench.pass(600ms);
  bench.target_sends("slowly");
  bench.pass(399ms);
  CHECK_FALSE(bench.close());
  bench.pass(1ms);
  bench.unblock();
  CHECK(bench.client_got() == "slowly");
  REQUIRE(bench.close());
  CHECK(bench.close()->close_code() == 1000);
  bench.target_sends("too late");
  bench.peers_finish();
  CHECK(bench.target_got() == "up");
  CHECK(bench.client_got() == "slowly");
  bench.check_over(Ending::client_closed, 1000);
}

TEST_CASE("a client that has closed and gone does not lengthen the last words", "[tunnel]") {
  Bench bench;
  bench.client_sends(close_frame(1000));
  bench.serve();
  bench.pass(900ms);
  bench.client->input_ended = true;
  bench.pass(99ms);
  CHECK_FALSE(bench.close());
  bench.pass(1ms);
  CHECK(bench.close());
}

// ---- the client's connection ends or fails -------------------------------------------------

TEST_CASE("an end that has to wait for room is sent though all else is over", "[tunnel]") {
  Bench bench;
  bench.target->finish_takes_room = true;
  bench.target->room = 0;
  bench.target->input_ended = true;
  bench.client_sends(message("up") + close_frame(1000));
  bench.client->input_ended = true;
  bench.serve();
  bench.target->room = 2;
  bench.serve();
  CHECK(bench.target_got() == "up");
  bench.target->room = 1;
  bench.serve();
  CHECK(bench.target_got() == "up.");
  CHECK(bench.tunnel->finished());
  CHECK_FALSE(bench.tunnel->account().timed_out);
}

TEST_CASE("a client that ends without a Close: all before it, FIN, last words", "[tunnel]") {
  Case bench;
  bench.target_sends("down ");
  bench.serve();
  bench.client_sends(message("up ") + message("to the end"));
  bench.client->input_ended = true;
  bench.serve();
  bench.unblock();
  CHECK(bench.target_got() == "up to the end");
  CHECK(bench.target->finished);

  bench.target_sends("last words");
  bench.target->input_ended = true;
  bench.serve();
  CHECK(bench.client_got() == "down last words");
  CHECK_FALSE(bench.close());
  CHECK(bench.client->finished);
  bench.check_over(Ending::client_vanished, 0);
}

TEST_CASE("a client whose connection breaks: the target gets what had come, and FIN", "[tunnel]") {
  Case bench;
  bench.target_sends("down");
  bench.serve();
  bench.client_sends(message("up"));
  bench.client->input_failed = true;
  bench.serve();
  bench.unblock();
  CHECK(bench.target_got() == "up");
  CHECK(bench.target->finished);
  bench.target_sends("to nobody");
  bench.target->input_ended = true;
  bench.serve();
  CHECK_FALSE(bench.close());
  CHECK(bench.tunnel->finished());
  CHECK(bench.tunnel->account().ending == Ending::client_vanished);
}

TEST_CASE("what a client had sent before a write to it failed still goes to the target",
          "[tunnel]") {
  Case bench;
  bench.client_sends(message("before "));
  bench.serve();
  bench.client->writes_fail = true;
  bench.target_sends("down");
  bench.client_sends(message("and after"));
  bench.serve();
  bench.unblock();
  CHECK(bench.target_got() == "before and after");
  CHECK_FALSE(bench.target->finished);
  bench.client_sends(message(" all"));
  bench.client->input_ended = true;
  bench.serve();
  CHECK(bench.target_got() == "before and after all");
  CHECK(bench.target->finished);
  bench.target->input_ended = true;
  bench.serve();
  CHECK(bench.tunnel->finished());
  CHECK(bench.tunnel->account().ending == Ending::client_vanished);
}

// ---- the client breaks the protocol --------------------------------------------------------

TEST_CASE("a violation: what was valid, FIN, and Close 1002 at once", "[tunnel][rfc6455-7.1.7]") {
  Case bench;
  bench.target_sends("down");
  bench.serve();
  bench.client_sends(message("valid") + k_reserved_opcode + message("never"));
  bench.target_sends("too late");
  if (bench.order == Order::target_first && !bench.client_blocked) bench.target->input.clear();
  bench.serve();
  bench.unblock();
  CHECK(bench.target_got() == "valid");
  CHECK(bench.target->finished);
  REQUIRE(bench.close());
  CHECK(bench.close()->close_code() == 1002);
  CHECK(bench.close()->close_reason() == "the opcode is reserved");
  CHECK(bench.client_got() == "down");
  CHECK(bench.client->finished);
  bench.peers_finish();
  bench.check_over(Ending::violation, 1002);
  CHECK(bench.tunnel->account().violation == frame::Violation::reserved_opcode);
}

TEST_CASE("a violation's reply is not waited for", "[tunnel][rfc6455-7.1.7]") {
  Bench bench;
  bench.client_sends(k_reserved_opcode);
  bench.target->input_ended = true;
  bench.order = Order::client_first;
  bench.serve();
  CHECK(bench.client->finished);
  bench.client_sends(message("noise") + close_frame(1002));
  bench.client->input_ended = true;
  bench.serve();
  CHECK(bench.tunnel->finished());
  CHECK(bench.target_got().empty());
}

TEST_CASE("a violation after our Close is not answered by another", "[tunnel][rfc6455-5.5.1]") {
  Case bench;
  bench.target->input_ended = true;
  bench.serve();
  bench.client_sends(message("answer") + k_reserved_opcode);
  bench.serve();
  bench.peers_finish();
  CHECK(bench.target_got() == "answer");
  REQUIRE(bench.frames().size() == 1);
  CHECK(bench.close()->close_code() == 1000);
  bench.check_over(Ending::target_closed, 1000);
}

TEST_CASE("text that is not UTF-8 and messages that are too big have their own codes",
          "[tunnel][rfc6455-7.4.1]") {
  Bench bench({}, {.limits = {.max_message = 5}});
  SECTION("1007") {
    bench.client_sends(frame::test::text_frame("\xFF"));
    bench.serve();
    CHECK(bench.close()->close_code() == 1007);
  }
  SECTION("1009") {
    bench.client_sends(message("123456"));
    bench.serve();
    CHECK(bench.close()->close_code() == 1009);
  }
}

// ---- the target ends -----------------------------------------------------------------------

TEST_CASE(
    "a target that ends: the client gets all of it, then Close 1000; what the client had "
    "sent still goes to the target",
    "[tunnel]") {
  Case bench;
  bench.target_sends("down ");
  bench.client_sends(message("up "));
  bench.serve();
  bench.target_sends("to the end");
  bench.target->input_ended = true;
  bench.serve();
  if (!bench.client_blocked) CHECK(bench.close());
  bench.client_sends(message("on its way "));
  bench.serve();
  bench.unblock();
  CHECK(bench.client_got() == "down to the end");
  REQUIRE(bench.close());
  CHECK(bench.close()->close_code() == 1000);
  CHECK_FALSE(bench.client->finished);
  CHECK_FALSE(bench.target->finished);

  bench.client_sends(ping("no pong for it") + message("before the reply") + close_frame(1000));
  bench.serve();
  CHECK(bench.target_got() == "up on its way before the reply");
  CHECK(bench.target->finished);
  CHECK(bench.client->finished);
  bench.client->input_ended = true;
  bench.serve();
  bench.check_over(Ending::target_closed, 1000);
}

TEST_CASE("both end at once, each gets what the other had sent", "[tunnel]") {
  Case bench;
  bench.target_sends("down");
  bench.target->input_ended = true;
  bench.client_sends(message("up") + close_frame(1001));
  bench.client->input_ended = true;
  bench.serve();
  bench.unblock();
  CHECK(bench.client_got() == "down");
  CHECK(bench.target_got() == "up");
  CHECK(bench.target->finished);
  CHECK(bench.client->finished);
  REQUIRE(bench.close());
  const Ending first = bench.tunnel->account().ending;
  CHECK((first == Ending::client_closed || first == Ending::target_closed));
  CHECK(bench.close()->close_code() == (first == Ending::client_closed ? 1001 : 1000));
  CHECK(bench.tunnel->finished());
}

// ---- the target fails ----------------------------------------------------------------------

TEST_CASE("a target whose connection breaks: the client gets what had come, then Close 1014",
          "[tunnel]") {
  Case bench;
  bench.target_sends("down ");
  bench.client_sends(message("up"));
  bench.serve();
  bench.target_sends("to the end");
  bench.target->input_failed = true;
  bench.serve();
  bench.unblock();
  CHECK(bench.client_got() == "down to the end");
  REQUIRE(bench.close());
  CHECK(bench.close()->close_code() == 1014);
  bench.client_sends(message("to nobody") + close_frame(1014));
  bench.serve();
  CHECK(bench.client->finished);
  bench.client->input_ended = true;
  bench.serve();
  bench.check_over(Ending::target_failed, 1014);
}

TEST_CASE("what a target had sent before a write to it failed still goes to the client",
          "[tunnel]") {
  Case bench;
  bench.target_sends("before ");
  bench.serve();
  bench.target->writes_fail = true;
  bench.client_sends(message("up"));
  bench.target_sends("and after");
  bench.serve();
  bench.unblock();
  CHECK(bench.client_got() == "before and after");
  CHECK_FALSE(bench.close());
  bench.target_sends(" all");
  bench.target->input_failed = true;
  bench.serve();
  CHECK(bench.client_got() == "before and after all");
  REQUIRE(bench.close());
  CHECK(bench.close()->close_code() == 1014);
  bench.peers_finish();
  bench.check_over(Ending::target_failed, 1014);
}

TEST_CASE("a target that can only be read and never ends has a second", "[tunnel]") {
  Bench bench;
  bench.target->writes_fail = true;
  bench.client_sends(message("up"));
  bench.pass(999ms);
  CHECK_FALSE(bench.close());
  bench.pass(1ms);
  REQUIRE(bench.close());
  CHECK(bench.close()->close_code() == 1014);
}

// ---- we close ------------------------------------------------------------------------------

TEST_CASE("we close: what waits, then our Close; what the client had sent goes to the target",
          "[tunnel]") {
  Case bench;
  bench.target_sends("down");
  bench.client_sends(message("up "));
  bench.serve();
  bench.tunnel->close(CloseCode::service_restart, "restart", bench.now);
  bench.serve();
  bench.tunnel->close(CloseCode::going_away, "a second time", bench.now);
  bench.target_sends("too late");
  bench.serve();
  bench.unblock();
  CHECK(bench.client_got() == "down");
  REQUIRE(bench.close());
  CHECK(bench.close()->close_code() == 1012);
  CHECK(bench.close()->close_reason() == "restart");
  CHECK_FALSE(bench.target->finished);
  bench.client_sends(message("before the reply") + close_frame(1012));
  bench.serve();
  CHECK(bench.target_got() == "up before the reply");
  CHECK(bench.target->finished);
  bench.peers_finish();
  bench.check_over(Ending::server_closed, 1012);
}

TEST_CASE("we close while a client that closed waits for its target: its own code is echoed",
          "[tunnel]") {
  Case bench;
  bench.client_sends(close_frame(3000));
  bench.serve();
  bench.tunnel->close(CloseCode::service_restart, "restart", bench.now);
  bench.serve();
  bench.peers_finish();
  REQUIRE(bench.close());
  CHECK(bench.close()->close_code() == 3000);
  bench.check_over(Ending::client_closed, 3000);
}

TEST_CASE("abandon says goodbye and is finished", "[tunnel]") {
  Bench bench;
  bench.target_sends("down");
  bench.serve();
  bench.tunnel->abandon(CloseCode::going_away, "stop");
  CHECK(bench.tunnel->finished());
  CHECK_FALSE(bench.wants_something());
  REQUIRE(bench.close());
  CHECK(bench.close()->close_code() == 1001);
  CHECK(bench.close()->close_reason() == "stop");
  CHECK(bench.client->finished);
  CHECK(bench.target->finished);
  bench.tunnel->abandon(CloseCode::going_away, "again");
  bench.tunnel->close(CloseCode::going_away, "again", bench.now);
  CHECK(bench.frames().size() == 2);
  CHECK(bench.tunnel->account().ending == Ending::server_closed);
}

TEST_CASE("abandon puts no Close behind half a frame", "[tunnel]") {
  Bench bench;
  bench.client->room = 3;
  bench.target_sends("down");
  bench.serve();
  bench.client->room = k_unlimited;
  bench.tunnel->abandon(CloseCode::going_away, "stop");
  CHECK(bench.tunnel->finished());
  CHECK(bench.client->output.size() == 3);
  CHECK(bench.client->finished);
}

TEST_CASE("abandon during a close handshake sends no second Close", "[tunnel]") {
  Bench bench;
  bench.target->input_ended = true;
  bench.serve();
  bench.tunnel->abandon(CloseCode::going_away, "stop");
  CHECK(bench.tunnel->finished());
  CHECK(bench.frames().size() == 1);
  CHECK(bench.tunnel->account().ending == Ending::target_closed);
}

TEST_CASE("a tunnel that is thrown away is journalled once, as closed by the server", "[tunnel]") {
  Bench bench;
  bench.target_sends("down");
  bench.serve();
  bench.tunnel.reset();
  REQUIRE(bench.journal->accounts.size() == 1);
  CHECK(bench.journal->accounts[0].ending == Ending::server_closed);
  CHECK(bench.journal->accounts[0].target_bytes == 4);
}

TEST_CASE("endings have names", "[tunnel]") {
  CHECK(name(Ending::none) == "open");
  CHECK(name(Ending::client_closed) == "client closed");
  CHECK(name(Ending::client_vanished) == "client vanished");
  CHECK(name(Ending::client_silent) == "client answered no ping");
  CHECK(name(Ending::violation) == "client broke the protocol");
  CHECK(name(Ending::target_closed) == "target closed");
  CHECK(name(Ending::target_failed) == "target failed");
  CHECK(name(Ending::server_closed) == "server closed");
}

}  // namespace
}  // namespace websocket::tunnel::test
