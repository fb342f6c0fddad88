// SPDX-License-Identifier: Apache-2.0
#include "test/unit/support/line.hh"

#include "mod_websocket/tunnel/socket_end.hh"

namespace websocket::tunnel::test {

namespace {

class TallyJournal final : public Journal {
 public:
  explicit TallyJournal(Tally& tally) : tally_(tally) {}
  void ended(const Account& account) noexcept override { tally_.count(account.ending); }
  void progressed(const Account& account, Time) noexcept override {
    tally_.last_report = account.client_bytes;
    ++tally_.reports;
  }
  bool is_dismissed() const noexcept override { return tally_.dismissed; }

 private:
  Tally& tally_;
};

}  // namespace

std::size_t Tally::all() const noexcept {
  std::size_t sum = 0;
  for (const auto& count : counts_) sum += count.load();
  return sum;
}

ServerFrame Line::next_frame() const {
  const Bytes header = receive(client, 2);
  auto length = std::to_integer<std::size_t>(header[1]);
  if (length >= 126) {
    const Bytes more = receive(client, length == 126 ? 2 : 8);
    length = 0;
    for (const std::byte byte : more) length = length << 8U | std::to_integer<std::size_t>(byte);
  }
  return {static_cast<frame::Opcode>(std::to_integer<unsigned>(header[0]) & 0x0FU),
          frame::test::text(receive(client, length)), true};
}

std::vector<ServerFrame> Line::frames_until_close() const {
  std::vector<ServerFrame> frames;
  do {
    frames.push_back(next_frame());
  } while (frames.back().opcode != frame::Opcode::close);
  return frames;
}

std::unique_ptr<Tunnel> make_tunnel(Line& line, Tally& tally, Timing timing, Sockets sockets) {
  SocketPair client = sockets == Sockets::tcp ? tcp_pair() : unix_pair();
  SocketPair target = sockets == Sockets::tcp ? tcp_pair() : unix_pair();
  line.client = std::move(client.far);
  line.target = std::move(target.far);
  return std::make_unique<Tunnel>(std::make_unique<SocketEnd>(std::move(client.near)),
                                  std::make_unique<SocketEnd>(std::move(target.near)), Protocol{},
                                  timing, std::make_unique<TallyJournal>(tally), Clock::now());
}

}  // namespace websocket::tunnel::test
