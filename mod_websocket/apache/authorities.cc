// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/authorities.hh"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <list>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>

#include "mod_websocket/tunnel/descriptor.hh"
#include "policy/handle.hh"

namespace websocket::apache {

namespace {

using tunnel::Descriptor;

// Debian's bundle of every public authority has a quarter of that. Stops a policy from having large
// files read and parsed.
constexpr off_t k_largest_file = 1 << 20;

// Stop policies that name ever new files from filling the memory of each child.
constexpr std::size_t k_most_files = 32;
constexpr off_t k_most_octets = 4 << 20;

// A file that changes twice within the granularity of its times can look unchanged, so what was
// read this soon after a change is not kept.
constexpr std::time_t k_settled = 2;

// A file's identity at one moment.
struct Version {
  dev_t device;
  ino_t inode;
  off_t size;
  timespec modified;
  timespec changed;  // also a change of the permissions, or a time of modification set back

  static Version of(const struct stat& file) {
    return {file.st_dev, file.st_ino, file.st_size, file.st_mtim, file.st_ctim};
  }
  bool is_settled() const {
    return std::time(nullptr) - std::max(modified.tv_sec, changed.tv_sec) > k_settled;
  }
  friend bool operator==(const Version& left, const Version& right) {
    const auto same = [](const timespec& one, const timespec& other) {
      return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
    };
    return left.device == right.device && left.inode == right.inode && left.size == right.size &&
           same(left.modified, right.modified) && same(left.changed, right.changed);
  }
};

class Cache {
 public:
  Authorities find(const std::string& path, const Version& version) {
    const std::lock_guard lock(mutex_);
    const auto entry = entry_of(path);
    if (entry == entries_.end() || entry->version != version) return nullptr;
    entries_.splice(entries_.begin(), entries_, entry);
    return entry->authorities;
  }

  void keep(const std::string& path, const Version& version, const Authorities& authorities) {
    const std::lock_guard lock(mutex_);
    if (const auto entry = entry_of(path); entry != entries_.end()) forget(entry);
    entries_.push_front({path, version, authorities});
    octets_ += version.size;
    while (entries_.size() > k_most_files || octets_ > k_most_octets) {
      forget(std::prev(entries_.end()));
    }
  }

 private:
  struct Entry {
    std::string path;
    Version version;
    Authorities authorities;
  };
  using Entries = std::list<Entry>;  // used last, first

  Entries::iterator entry_of(const std::string& path) {
    return std::ranges::find(entries_, path, &Entry::path);
  }
  void forget(Entries::iterator entry) {
    octets_ -= entry->version.size;
    entries_.erase(entry);
  }

  std::mutex mutex_;
  Entries entries_;
  off_t octets_ = 0;
};

// Not destroyed when the process ends: OpenSSL might be gone before it.
Cache& cache() {
  static Cache& instance = *new Cache;
  return instance;
}

std::string describe(int error) { return std::generic_category().message(error); }

std::optional<std::string> fault_of(const struct stat& file) {
  if (!S_ISREG(file.st_mode)) return "it is no regular file";
  if (file.st_size > k_largest_file) return "it is larger than 1 MiB";
  return std::nullopt;
}

struct FileText {
  std::string text;
  Version version;
};

tl::expected<FileText, std::string> read_file(const std::string& path) {
  // A FIFO that has taken the file's place since it was looked at is opened without waiting.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0) return tl::unexpected(describe(errno));
  if (auto fault = fault_of(info)) return tl::unexpected(std::move(*fault));
  FileText read{std::string(static_cast<std::size_t>(info.st_size), '\0'), Version::of(info)};
  std::size_t at = 0;
  while (at < read.text.size()) {
    const ssize_t got = ::read(file.get(), read.text.data() + at, read.text.size() - at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected(describe(errno));
    if (got == 0) return tl::unexpected(std::string("it changed while it was read"));
    at += static_cast<std::size_t>(got);
  }
  return read;
}

// OpenSSL would ask for one on the terminal.
int no_password(char*, int, int, void*) noexcept { return -1; }

tl::expected<Authorities, std::string> parse(const std::string& text) {
  const ::policy::Handle<BIO, BIO_free> bio(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  const Authorities store(X509_STORE_new(), ::policy::Releasing<X509_STORE_free>());
  if (!bio || !store) throw std::bad_alloc();
  int certificates = 0;
  ERR_clear_error();
  while (const auto certificate = ::policy::Handle<X509, X509_free>(
             PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr))) {
    if (X509_STORE_add_cert(store.get(), certificate.get()) != 1) throw std::bad_alloc();
    ++certificates;
  }
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  if (ERR_GET_LIB(error) != ERR_LIB_PEM || ERR_GET_REASON(error) != PEM_R_NO_START_LINE) {
    const char* const reason = ERR_reason_error_string(error);
    return tl::unexpected("certificate " + std::to_string(certificates + 1) +
                          " in it is not valid PEM: " + (reason != nullptr ? reason : "?"));
  }
  if (certificates == 0) return tl::unexpected(std::string("it holds no certificate in PEM form"));
  return store;
}

}  // namespace

tl::expected<Authorities, std::string> authorities_in(const std::string& path) {
  const auto unusable = [&](const std::string& why) { return tl::unexpected(path + ": " + why); };
  // Looked at before it is opened: opening alone sets some devices to work.
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return unusable(describe(errno));
  if (const auto fault = fault_of(info)) return unusable(*fault);
  if (auto known = cache().find(path, Version::of(info))) return known;
  const auto file = read_file(path);
  if (!file) return unusable(file.error());
  auto authorities = parse(file->text);
  if (!authorities) return unusable(authorities.error());
  if (file->version.is_settled()) cache().keep(path, file->version, *authorities);
  return std::move(*authorities);
}

}  // namespace websocket::apache
