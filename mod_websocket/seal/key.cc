// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/seal/key.hh"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <new>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "policy/handle.hh"

namespace websocket::seal {

namespace {

using File = ::policy::Handle<std::FILE, std::fclose>;

// More is no key, but something that was named by mistake.
constexpr std::size_t k_largest_file = 4096;

std::string describe(int error) { return std::generic_category().message(error); }

std::string how_to_make(const std::string& path) {
  return "make one: (umask 077; openssl rand -out " + path + " 32)";
}

std::optional<std::string> fault_of(const struct stat& file, const std::string& path) {
  if (!S_ISREG(file.st_mode)) return "it is no regular file; " + how_to_make(path);
  if (file.st_uid != 0 && file.st_uid != ::geteuid()) {
    return "it belongs to another user, who can read and write it: chown root " + path;
  }
  // Rights of an access control list show in those of the group.
  if ((file.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return "others than its owner can read or write it: chmod 600 " + path +
           ", and make a new key if they may have read it";
  }
  return std::nullopt;
}

tl::expected<std::string, std::string> read_file(const std::string& path) {
  // A FIFO is opened without waiting for who writes into it.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) return tl::unexpected(describe(errno) + "; " + how_to_make(path));
  const File file(::fdopen(descriptor, "rb"));
  if (!file) {
    ::close(descriptor);
    throw std::bad_alloc();
  }
  struct stat info {};
  if (::fstat(descriptor, &info) != 0) return tl::unexpected(describe(errno));
  if (auto fault = fault_of(info, path)) return tl::unexpected(std::move(*fault));
  std::string text(k_largest_file + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return tl::unexpected(describe(errno));
  if (text.size() < Key{}.size()) {
    return tl::unexpected("it has only " + std::to_string(text.size()) + " bytes, and needs 32; " +
                          how_to_make(path));
  }
  if (text.size() > k_largest_file) {
    return tl::unexpected("it is larger than 4 KiB and can hardly be a key; " + how_to_make(path));
  }
  return text;
}

}  // namespace

Key random_key() {
  Key key{};
  // Never short for so few bytes.
  if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) {
    throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  return key;
}

tl::expected<Key, std::string> read_key(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return tl::unexpected(path + ": " + text.error());
  Key key{};
  if (EVP_Digest(text->data(), text->size(), key.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL offers no SHA-256");
  }
  return key;
}

}  // namespace websocket::seal
