// SPDX-License-Identifier: Apache-2.0
// The way of bytes through a tunnel whose messages are not simply the target's bytes.
#include "mod_websocket/tunnel/tunnel.hh"

namespace websocket::tunnel {

namespace {

// What the framing makes of the client's messages, on its way to the target.
template <class Hand>
class TargetBytes final : public framing::ByteSink {
 public:
  TargetBytes(std::span<std::byte> buffer, Hand hand) : gather_(buffer, hand) {}
  void bytes(std::span<const std::byte> bytes) override { gather_.add(bytes); }
  void flush() { gather_.flush(); }

 private:
  Gather<Hand> gather_;
};

// What the framing makes of the target's bytes: messages, of which the writer makes frames.
template <class Hand>
class ClientMessages final : public framing::MessageSink, public session::FrameSink {
 public:
  ClientMessages(session::Writer& writer, Account& account, std::span<std::byte> buffer, Hand hand)
      : writer_(writer), account_(account), gather_(buffer, hand) {}

  void piece(frame::Opcode kind, std::span<const std::byte> payload, bool ends) override {
    account_.target_bytes += payload.size();
    account_.target_messages += ends ? 1 : 0;
    writer_.write(kind, payload, ends, *this);
  }
  void frame_bytes(std::span<const std::byte> bytes) override {
    if (writer_.compresses()) account_.target_wire_bytes += bytes.size();
    gather_.add(bytes);
  }
  void flush() { gather_.flush(); }

 private:
  session::Writer& writer_;
  Account& account_;
  Gather<Hand> gather_;
};

}  // namespace

void Tunnel::receive_converted(std::span<std::byte> input, Scratch& scratch, Time now) {
  Conversion& conversion = *conversion_;
  conversion.has_unread = false;
  TargetBytes to_target(scratch.gathered(), [this, now](std::span<const std::byte> bytes) {
    send_to_target(bytes, now);
  });
  const auto room = session_.inflates() ? scratch.inflated() : std::span<std::byte>();
  while (client_in_ == Intake::flowing) {
    const std::size_t before = input.size();
    const session::Event event = session_.receive(input, room);
    if (session_.inflates()) account_.client_wire_bytes += before - input.size();
    if (const auto* data = std::get_if<session::Data>(&event)) {
      count_from_client(*data, now);
      const auto violation = conversion.to_target.take(*data, to_target);
      if (violation) {
        to_target.flush();
        return client_violated(*violation, now);
      }
      if (!to_target_.empty()) break;
      continue;
    }
    if (!std::holds_alternative<session::Pinged>(event)) to_target.flush();
    if (!heed(event, now)) return;
  }
  to_target.flush();
  if (client_in_ != Intake::flowing) return;
  conversion.unread.append(input);
  conversion.has_unread = true;
}

void Tunnel::send_converted(std::span<const std::byte> bytes, Scratch& scratch, Time now) {
  ClientMessages to_client(
      conversion_->writer, account_, scratch.gathered(),
      [this, now](std::span<const std::byte> frames) { send_to_client(frames, now); });
  const auto fed = conversion_->to_client.feed(bytes, to_client);
  to_client.flush();
  if (!fed) target_misframed(fed.error(), now);
}

void Tunnel::send_last_converted(Scratch& scratch, Time now) {
  ClientMessages to_client(
      conversion_->writer, account_, scratch.gathered(),
      [this, now](std::span<const std::byte> frames) { send_to_client(frames, now); });
  const auto finished = conversion_->to_client.finish(to_client);
  to_client.flush();
  if (!finished) target_misframed(finished.error(), now);
}

}  // namespace websocket::tunnel
