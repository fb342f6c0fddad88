// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/tunnel/tls_end.hh"

#include <fcntl.h>
#include <malloc.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <future>
#include <string>
#include <thread>

#include "test/unit/catch.hh"
#include "test/unit/support/tls_pair.hh"

namespace websocket::tunnel::test {
namespace {

using namespace std::chrono_literals;
using frame::test::bytes;
using frame::test::text;

int any_version() { return GENERATE(TLS1_2_VERSION, TLS1_3_VERSION); }

Bytes pattern(std::size_t size) {
  Bytes all(size);
  for (std::size_t i = 0; i < size; ++i) all[i] = static_cast<std::byte>(i * 7 + i / 251);
  return all;
}

void wait_for(const End& end, short events) {
  pollfd polled{.fd = end.descriptor(), .events = events, .revents = 0};
  REQUIRE(poll(&polled, 1, 10'000) == 1);
}

// Until all that was written has left the end.
void drain(End& end) {
  while (end.has_buffered_output()) {
    wait_for(end, POLLOUT);
    REQUIRE(end.drain_output() != IoStatus::failed);
  }
}

// Reads until `size` bytes have come or the stream is over, waiting as a driver does.
struct Received {
  Bytes bytes;
  IoStatus last = IoStatus::done;
};

Received read_all(End& end, std::size_t at_most, std::size_t at_once = 65'536) {
  Received all;
  Bytes buffer(at_once);
  while (all.bytes.size() < at_most) {
    const IoResult got = end.read(buffer);
    if (got.status == IoStatus::would_block) {
      REQUIRE_FALSE(end.has_buffered_input());
      wait_for(end, end.read_waits_for_writable() ? POLLOUT : POLLIN);
      continue;
    }
    all.last = got.status;
    if (got.status != IoStatus::done) return all;
    all.bytes.insert(all.bytes.end(), buffer.begin(),
                     buffer.begin() + static_cast<std::ptrdiff_t>(got.bytes));
  }
  return all;
}

TEST_CASE("a TLS end reads and writes", "[tunnel][tls]") {
  TlsPair pair = tls_pair(any_version());
  const auto end = take_end(pair);
  Bytes buffer(100);
  CHECK(end->read(buffer).status == IoStatus::would_block);
  send_all(pair, bytes("hello"));
  CHECK(text(read_all(*end, 5).bytes) == "hello");
  const IoResult sent = end->write(bytes("good day"));
  CHECK(sent.status == IoStatus::done);
  CHECK(sent.bytes == 8);
  CHECK(text(receive(pair, 8)) == "good day");
}

TEST_CASE("a large transfer to the client survives every stop and move of the buffer",
          "[tunnel][tls]") {
  TlsPair pair = tls_pair(any_version());
  const auto end = take_end(pair);
  const Bytes much = pattern(8U << 20U);
  // The client reads nothing before the first stop.
  std::promise<void> stopped;
  auto client = std::async(std::launch::async, [&] {
    stopped.get_future().wait_for(10s);
    return receive(pair, much.size());
  });
  std::size_t sent = 0;
  std::size_t blocked = 0;
  while (sent < much.size()) {
    // A buffer of its own for each try: what is refused comes again from another place.
    const std::size_t size = std::min<std::size_t>(much.size() - sent, 100'000);
    const Bytes part(much.begin() + static_cast<std::ptrdiff_t>(sent),
                     much.begin() + static_cast<std::ptrdiff_t>(sent + size));
    const IoResult result = end->write(part);
    REQUIRE(result.status != IoStatus::failed);
    if (result.status == IoStatus::would_block) {
      if (++blocked == 1) stopped.set_value();
      wait_for(*end, end->write_waits_for_readable() ? POLLIN : POLLOUT);
    }
    sent += result.bytes;
  }
  drain(*end);
  CHECK(blocked > 0);
  CHECK(client.get() == much);
}

TEST_CASE("a large transfer from the client arrives whole", "[tunnel][tls]") {
  TlsPair pair = tls_pair(any_version());
  const auto end = take_end(pair);
  const Bytes much = pattern(8U << 20U);
  const std::size_t at_once = GENERATE(1'000U, 65'536U);
  auto client = std::async(std::launch::async, [&] { send_all(pair, much); });
  CHECK(read_all(*end, much.size(), at_once).bytes == much);
  client.get();
}

TEST_CASE("large transfers both ways at once do not meet", "[tunnel][tls]") {
  TlsPair pair = tls_pair(any_version());
  const auto end = take_end(pair);
  const Bytes much = pattern(2U << 20U);
  // An echo: what comes is written back, and not read further until it is gone.
  auto client = std::async(std::launch::async, [&] {
    Bytes back;
    for (std::size_t at = 0; at < much.size(); at += 50'000) {
      const std::size_t size = std::min<std::size_t>(50'000, much.size() - at);
      const auto from = much.begin() + static_cast<std::ptrdiff_t>(at);
      send_all(pair, {from, from + static_cast<std::ptrdiff_t>(size)});
      const Bytes part = receive(pair, size);
      back.insert(back.end(), part.begin(), part.end());
    }
    return back;
  });
  std::size_t echoed = 0;
  while (echoed < much.size()) {
    const Bytes part = read_all(*end, 1).bytes;
    for (std::size_t at = 0; at < part.size();) {
      const IoResult sent = end->write(std::span(part).subspan(at));
      REQUIRE(sent.status != IoStatus::failed);
      if (sent.status == IoStatus::would_block) wait_for(*end, POLLOUT);
      at += sent.bytes;
    }
    drain(*end);
    echoed += part.size();
  }
  CHECK(client.get() == much);
}

TEST_CASE("input inside a TLS end is announced by the end itself", "[tunnel][tls]") {
  TlsPair pair = tls_pair(any_version());
  const auto end = take_end(pair);
  CHECK_FALSE(end->has_buffered_input());
  send_all(pair, pattern(10'000));  // one record
  wait_for(*end, POLLIN);
  Bytes buffer(4'000);
  CHECK(end->read(buffer).bytes == 4'000);
  CHECK(end->has_buffered_input());
  CHECK(end->read(buffer).bytes == 4'000);
  CHECK(end->has_buffered_input());
  CHECK(end->read(buffer).bytes == 2'000);
  CHECK_FALSE(end->has_buffered_input());
  CHECK(end->read(buffer).status == IoStatus::would_block);
  CHECK_FALSE(end->has_buffered_input());
}

TEST_CASE("close_notify is an orderly end, behind all that came before it", "[tunnel][tls]") {
  TlsPair pair = tls_pair(any_version());
  const auto end = take_end(pair);
  send_all(pair, bytes("bye"));
  SSL_shutdown(pair.client.get());
  const Received all = read_all(*end, 100);
  CHECK(text(all.bytes) == "bye");
  CHECK(all.last == IoStatus::ended);
  // The other way is open as ever.
  CHECK(end->write(bytes("and you")).bytes == 7);
  CHECK(text(receive(pair, 7)) == "and you");
}

TEST_CASE("an end that was read ahead is announced by the end itself", "[tunnel][tls]") {
  TlsPair pair = tls_pair(any_version());
  SSL_set_read_ahead(pair.server.get(), 1);
  const auto end = take_end(pair);
  send_all(pair, bytes("bye"));
  SSL_shutdown(pair.client.get());
  // Both records are there when the first is read, and no poll tells of the second.
  std::this_thread::sleep_for(50ms);
  Bytes buffer(100);
  CHECK(end->read(buffer).bytes == 3);
  CHECK(end->has_buffered_input());
  CHECK(end->read(buffer).status == IoStatus::ended);
}

TEST_CASE("an end without close_notify is a failure and no end", "[tunnel][tls][rfc8446-6.1]") {
  TlsPair pair = tls_pair(any_version());
  const auto end = take_end(pair);
  send_all(pair, bytes("cut off"));
  finish_sending(pair.client_socket);
  const Received all = read_all(*end, 100);
  CHECK(text(all.bytes) == "cut off");
  CHECK(all.last == IoStatus::failed);
  CHECK(end->write(bytes("x")).status == IoStatus::failed);
  Bytes buffer(100);
  CHECK(end->read(buffer).status == IoStatus::failed);
}

TEST_CASE("bytes that are no TLS are a failure", "[tunnel][tls]") {
  TlsPair pair = tls_pair(any_version());
  const auto end = take_end(pair);
  send_all(pair.client_socket, bytes("GET / HTTP/1.1\r\nHost: here\r\n\r\n"));
  CHECK(read_all(*end, 100).last == IoStatus::failed);
  end->finish_writing();
}

TEST_CASE("a TLS end whose connection was reset fails", "[tunnel][tls]") {
  TlsPair pair = tls_pair(any_version());
  const auto end = take_end(pair);
  reset_connection(pair.client_socket);
  CHECK(read_all(*end, 100).last == IoStatus::failed);
  CHECK(end->write(bytes("x")).status == IoStatus::failed);
  end->finish_writing();
}

// OpenSSL calls it the peer's orderly end.
TEST_CASE("a write that fails behind the peer's close_notify is a failure", "[tunnel][tls]") {
  TlsPair pair = tls_pair(any_version());
  const auto end = take_end(pair);
  REQUIRE(SSL_shutdown(pair.client.get()) == 0);
  wait_for(*end, POLLIN);
  REQUIRE(read_all(*end, 1).last == IoStatus::ended);
  REQUIRE(shutdown(end->descriptor(), SHUT_WR) == 0);  // EPIPE from the first write on
  CHECK(end->write(bytes("into the void")).status == IoStatus::failed);
  CHECK(end->write(bytes("again")).status == IoStatus::failed);
}

TEST_CASE("finishing says close_notify and ends the connection our way", "[tunnel][tls]") {
  TlsPair pair = tls_pair(any_version());
  const auto end = take_end(pair);
  CHECK(end->write(bytes("bye")).bytes == 3);
  end->finish_writing();
  CHECK(text(receive(pair, 3)) == "bye");
  Bytes buffer(100);
  std::size_t got = 0;
  const int result = SSL_read_ex(pair.client.get(), buffer.data(), buffer.size(), &got);
  CHECK(SSL_get_error(pair.client.get(), result) == SSL_ERROR_ZERO_RETURN);
  CHECK(receive_to_the_end(pair.client_socket).empty());

  // What the client says now is read as before, up to its own end.
  send_all(pair, bytes("late"));
  SSL_shutdown(pair.client.get());
  const Received rest = read_all(*end, 100);
  CHECK(text(rest.bytes) == "late");
  CHECK(rest.last == IoStatus::ended);
}

TEST_CASE("a close_notify that finds the socket full waits until there is room", "[tunnel][tls]") {
  TlsPair pair = tls_pair(any_version());
  const auto end = take_end(pair);
  // Before it, the client has read the tickets that TLS 1.3 begins with.
  CHECK(end->write(bytes("x")).bytes == 1);
  CHECK(text(receive(pair, 1)) == "x");
  // Past the TLS, so that no record is under way.
  const Bytes part(1U << 20U);
  std::size_t junk = 0;
  while (true) {
    const ssize_t sent = send(end->descriptor(), part.data(), part.size(), MSG_NOSIGNAL);
    if (sent < 0) break;
    junk += static_cast<std::size_t>(sent);
  }
  end->finish_writing();
  REQUIRE(end->has_buffered_output());
  CHECK(end->drain_output() == IoStatus::would_block);
  CHECK(end->has_buffered_output());

  auto client = std::async(std::launch::async, [&] { receive(pair.client_socket, junk); });
  drain(*end);
  client.get();
  Bytes buffer(100);
  std::size_t got = 0;
  const int result = SSL_read_ex(pair.client.get(), buffer.data(), buffer.size(), &got);
  CHECK(SSL_get_error(pair.client.get(), result) == SSL_ERROR_ZERO_RETURN);
  CHECK(receive_to_the_end(pair.client_socket).empty());
}

TEST_CASE("records that found the socket full leave whole, and before close_notify",
          "[tunnel][tls]") {
  TlsPair pair = tls_pair(any_version());
  const auto end = take_end(pair);
  const Bytes part = pattern(64U << 10U);
  std::size_t taken = 0;
  // Without a pause, until the end itself holds what the socket did not take.
  while (!end->has_buffered_output()) {
    const IoResult sent = end->write(part);
    REQUIRE(sent.status == IoStatus::done);
    REQUIRE(sent.bytes == part.size());
    taken += sent.bytes;
  }
  CHECK(end->write(part).status == IoStatus::would_block);
  CHECK(end->drain_output() == IoStatus::would_block);
  end->finish_writing();
  REQUIRE(end->has_buffered_output());

  auto client = std::async(std::launch::async, [&] { return receive(pair, taken); });
  drain(*end);
  const Bytes all = client.get();
  for (std::size_t at = 0; at < taken; at += part.size()) {
    REQUIRE(std::ranges::equal(std::span(all).subspan(at, part.size()), part));
  }
  Bytes buffer(100);
  std::size_t got = 0;
  const int result = SSL_read_ex(pair.client.get(), buffer.data(), buffer.size(), &got);
  CHECK(SSL_get_error(pair.client.get(), result) == SSL_ERROR_ZERO_RETURN);
}

TEST_CASE("a peer that is gone while records wait for it fails the end", "[tunnel][tls]") {
  TlsPair pair = tls_pair(any_version());
  const auto end = take_end(pair);
  const Bytes part = pattern(64U << 10U);
  while (!end->has_buffered_output()) REQUIRE(end->write(part).bytes == part.size());
  reset_connection(pair.client_socket);
  wait_for(*end, POLLOUT);
  CHECK(end->drain_output() == IoStatus::failed);
  CHECK_FALSE(end->has_buffered_output());
  CHECK(end->write(part).status == IoStatus::failed);
}

volatile std::sig_atomic_t broken_pipes = 0;

TEST_CASE("writing to a peer that is gone raises no signal", "[tunnel][tls]") {
  broken_pipes = 0;
  struct sigaction counting {};
  counting.sa_handler = [](int) { broken_pipes = broken_pipes + 1; };
  struct sigaction before {};
  REQUIRE(sigaction(SIGPIPE, &counting, &before) == 0);
  {
    TlsPair pair = tls_pair(any_version());
    const auto end = take_end(pair);
    REQUIRE(shutdown(end->descriptor(), SHUT_WR) == 0);  // EPIPE from the first write on
    CHECK(end->write(bytes("x")).status == IoStatus::failed);
    end->finish_writing();
    TlsPair other = tls_pair(any_version());
    const auto finished = take_end(other);
    REQUIRE(shutdown(finished->descriptor(), SHUT_WR) == 0);
    finished->finish_writing();
    CHECK_FALSE(finished->has_buffered_output());
  }
  sigaction(SIGPIPE, &before, nullptr);
  CHECK(broken_pipes == 0);
}

TEST_CASE("a peer that only keeps TLS busy does not keep the thread", "[tunnel][tls]") {
  TlsPair pair = tls_pair(TLS1_3_VERSION);
  const auto end = take_end(pair);
  // Some 250 KiB of changed keys, and a word behind them.
  auto client = std::async(std::launch::async, [&] {
    for (int i = 0; i < 10'000; ++i) {
      expect(SSL_key_update(pair.client.get(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
                 SSL_do_handshake(pair.client.get()) == 1,
             "the TLS client cannot change its keys");
    }
    send_all(pair, bytes("and now"));
  });
  Bytes buffer(65'536);
  IoResult got{IoStatus::would_block};
  int interrupted = 0;
  while (got.status == IoStatus::would_block) {
    wait_for(*end, POLLIN);
    client.wait_for(10s);  // all of it is there, and a read could go on without end
    got = end->read(buffer);
    ++interrupted;
  }
  CHECK(text({buffer.data(), got.bytes}) == "and now");
  CHECK(interrupted >= 2);
}

TEST_CASE("the tickets of TLS 1.3 leave no buffer behind", "[tunnel][tls]") {
  const auto allocated = [] { return mallinfo2().uordblks; };  // 0 under a sanitizer
  TlsPair pair = tls_pair(TLS1_3_VERSION);
  REQUIRE(fcntl(pair.client_socket.get(), F_SETFL, O_NONBLOCK) == 0);
  TlsEnd client(std::move(pair.client), std::move(pair.client_socket));
  const auto server = take_end(pair);
  Bytes buffer(100);
  SECTION("that come alone") {
    wait_for(client, POLLIN);
    CHECK(client.read(buffer).status == IoStatus::would_block);
  }
  SECTION("that come with the first words") {
    CHECK(server->write(bytes("hello")).bytes == 5);
    CHECK(text(read_all(client, 5).bytes) == "hello");
  }
  // A write that finds none makes one and releases it.
  const std::size_t after_reading = allocated();
  CHECK(client.write(bytes("x")).bytes == 1);
  CHECK(after_reading < allocated() + 4'096);
}

TEST_CASE("errors that others left in the thread's queue do not concern a TLS end",
          "[tunnel][tls]") {
  TlsPair pair = tls_pair(any_version());
  const auto end = take_end(pair);
  Bytes buffer(100);
  ERR_raise(ERR_LIB_SSL, ERR_R_INTERNAL_ERROR);
  CHECK(end->read(buffer).status == IoStatus::would_block);
  ERR_raise(ERR_LIB_SSL, ERR_R_INTERNAL_ERROR);
  CHECK(end->write(bytes("x")).status == IoStatus::done);
  ERR_clear_error();
}

}  // namespace
}  // namespace websocket::tunnel::test
