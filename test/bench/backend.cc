// SPDX-License-Identifier: Apache-2.0
//
// backend tcp | websocket
//
// What stands behind every server that is measured: sends back what it gets, as bytes or as
// WebSocket messages. Says the port that it listens on; ends by a signal.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "mod_websocket/frame/decoder.hh"
#include "mod_websocket/frame/encoder.hh"
#include "mod_websocket/handshake/accept_key.hh"
#include "test/bench/net.hh"

namespace {

using bench::Descriptor;
using bench::Poller;
using websocket::frame::Opcode;
using websocket::frame::Piece;

using Bytes = std::vector<std::byte>;

void append(Bytes& out, std::span<const std::byte> bytes) {
  const std::size_t before = out.size();
  out.resize(before + bytes.size());
  std::memcpy(out.data() + before, bytes.data(), bytes.size());
}

void append(Bytes& out, std::string_view text) { append(out, std::as_bytes(std::span(text))); }

// One connection's protocol: bytes in, bytes out.
class WebSocketEcho {
 public:
  // False: the connection is to end once `out` has been sent.
  bool feed(std::span<std::byte> in, Bytes& out) {
    if (!open_ && !read_request(in, out)) return true;
    for (;;) {
      const auto step = decoder_.decode(in);
      if (std::holds_alternative<websocket::frame::NeedMore>(step)) return true;
      const auto* piece = std::get_if<Piece>(&step);
      if (piece == nullptr) return false;
      if (!answer(*piece, out)) return false;
    }
  }

 private:
  // Takes the request off the front of `in`; false: it is not complete.
  bool read_request(std::span<std::byte>& in, Bytes& out) {
    constexpr std::string_view k_end = "\r\n\r\n";
    const std::size_t before = request_.size();
    request_.append(reinterpret_cast<const char*>(in.data()), in.size());
    const std::size_t end = request_.find(k_end);
    if (end == std::string::npos) return false;
    in = in.subspan(end + k_end.size() - before);
    append(out,
           "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: ");
    append(out, websocket::handshake::accept_key(key()));
    append(out, k_end);
    std::string().swap(request_);
    open_ = true;
    return true;
  }

  // Proxies write header names as they like.
  std::string_view key() const {
    constexpr std::string_view k_name = "\r\nsec-websocket-key:";
    const auto same = [](char one, char other) {
      return other == (one >= 'A' && one <= 'Z' ? one + 32 : one);
    };
    const auto found =
        std::search(request_.begin(), request_.end(), k_name.begin(), k_name.end(), same);
    if (found == request_.end()) return {};
    std::string_view rest(found + k_name.size(), request_.end());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    return rest.substr(0, rest.find_first_of(" \r"));
  }

  // A frame that came in several pieces goes back as several frames.
  static bool answer(const Piece& piece, Bytes& out) {
    const bool control = is_control(piece.opcode);
    if (piece.opcode == Opcode::pong) return true;
    Opcode opcode = piece.opcode;
    if (opcode == Opcode::ping) opcode = Opcode::pong;
    if (!control && !piece.message_begins) opcode = Opcode::continuation;
    std::array<std::byte, websocket::frame::k_max_server_header> header;
    const std::size_t size = websocket::frame::encode_header(opcode, control || piece.message_ends,
                                                             false, piece.payload.size(), header);
    append(out, std::span(header).first(size));
    append(out, piece.payload);
    return piece.opcode != Opcode::close;
  }

  bool open_ = false;
  std::string request_;
  websocket::frame::Decoder decoder_{{}};
};

struct Connection {
  Descriptor fd;
  WebSocketEcho protocol;
  Bytes unsent;  // what the peer has not taken yet; it is not read then
  bool ending = false;
  std::list<Connection>::iterator place;
};

class Backend {
 public:
  explicit Backend(bool websocket) : websocket_(websocket) {
    poller_.add(listener_.get(), EPOLLIN, nullptr);
  }

  void serve() {
    for (const epoll_event& event : poller_.wait(-1)) {
      if (event.data.ptr == nullptr) {
        accept_all();
        continue;
      }
      auto& connection = *static_cast<Connection*>(event.data.ptr);
      if (!((event.events & EPOLLOUT) != 0 ? flush(connection) : echo(connection))) {
        connections_.erase(connection.place);
      }
    }
  }

 private:
  void accept_all() {
    while (Descriptor fd = bench::accept_next(listener_.get())) {
      Connection& one = connections_.emplace_back();
      one.place = std::prev(connections_.end());
      one.fd = std::move(fd);
      poller_.add(one.fd.get(), EPOLLIN, &one);
    }
  }

  // These give false where the connection is over.
  bool echo(Connection& one) {
    const bench::Moved got = bench::receive(one.fd.get(), buffer_);
    if (got.bytes <= 0) return got.bytes < 0 && !got.gone;
    const auto in = std::span(buffer_).first(static_cast<std::size_t>(got.bytes));
    if (!websocket_) return send(one, in);
    out_.clear();
    one.ending = !one.protocol.feed(in, out_);
    return send(one, out_);
  }

  bool send(Connection& one, std::span<const std::byte> bytes) {
    const bench::Moved sent = bench::send(one.fd.get(), bytes);
    if (sent.gone) return false;
    const auto taken = sent.bytes < 0 ? 0U : static_cast<std::size_t>(sent.bytes);
    if (taken == bytes.size()) return !one.ending;
    append(one.unsent, bytes.subspan(taken));
    poller_.change(one.fd.get(), EPOLLOUT, &one);
    return true;
  }

  bool flush(Connection& one) {
    const bench::Moved sent = bench::send(one.fd.get(), one.unsent);
    if (sent.gone) return false;
    if (sent.bytes > 0) one.unsent.erase(one.unsent.begin(), one.unsent.begin() + sent.bytes);
    if (!one.unsent.empty()) return true;
    one.unsent.shrink_to_fit();
    poller_.change(one.fd.get(), EPOLLIN, &one);
    return !one.ending;
  }

  bool websocket_;
  Descriptor listener_ = bench::listen_and_say_where();
  Poller poller_;
  std::list<Connection> connections_;
  Bytes out_;
  std::array<std::byte, 262144> buffer_;
};

}  // namespace

int main(int count, char** arguments) try {
  const std::string_view kind = count == 2 ? arguments[1] : "";
  if (kind != "tcp" && kind != "websocket") {
    std::fputs("usage: backend tcp | websocket\n", stderr);
    return 2;
  }
  bench::raise_descriptor_limit();
  Backend backend(kind == "websocket");
  for (;;) backend.serve();
} catch (const std::exception& error) {
  std::fprintf(stderr, "backend: %s\n", error.what());
  return 1;
}
