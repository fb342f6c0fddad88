// SPDX-License-Identifier: Apache-2.0
// One of a tunnel's two ends: a stream of bytes that never blocks. The tunnel calls its two ends
// `client` and `target` and treats them alike; what is under an end (a socket, TLS over a socket,
// httpd's filters) only the end knows.
//
// An end is used by one thread at a time: the one that owns its tunnel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace websocket::tunnel {

enum class IoStatus : std::uint8_t {
  done,         // `bytes` were moved; for a write possibly fewer than given
  would_block,  // nothing was moved; poll and come back
  ended,        // read only: the peer has finished writing
  failed,       // the connection is gone; nothing more can be moved this way
};

struct IoResult {
  IoStatus status;
  std::size_t bytes = 0;
};

class End {
 public:
  virtual ~End() = default;
  End(const End&) = delete;
  End& operator=(const End&) = delete;

  // Reads at most into.size() bytes (> 0).
  virtual IoResult read(std::span<std::byte> into) noexcept = 0;

  // Writes at most from.size() bytes. After would_block the next write begins with the same
  // bytes (TLS needs that).
  virtual IoResult write(std::span<const std::byte> from) noexcept = 0;

  // No byte will be written any more: tells the peer so (FIN, after close_notify under TLS).
  virtual void finish_writing() noexcept = 0;

  // True while bytes wait inside the end that no poll of its descriptor would announce.
  virtual bool has_buffered_input() const noexcept { return false; }

  // True while bytes that write() took have not left the end: writability is then wanted even
  // though the tunnel has nothing to write. drain_output() is called when it comes, and is done
  // where bytes have left, though others may be left behind.
  virtual bool has_buffered_output() const noexcept { return false; }
  virtual IoStatus drain_output() noexcept { return IoStatus::done; }

  // TLS may have to write in order to read, and to read in order to write.
  virtual bool read_waits_for_writable() const noexcept { return false; }
  virtual bool write_waits_for_readable() const noexcept { return false; }

  // False for an end inside this process: no poll announces anything of it. Its input shows in
  // has_buffered_input(), and writing to it is tried whenever it may have room.
  virtual bool is_polled() const noexcept { return true; }

  // For polling; -1 where the driver polls something else, or nothing.
  virtual int descriptor() const noexcept { return -1; }

 protected:
  End() = default;
};

}  // namespace websocket::tunnel
