// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/source.hh"

#include <apr_errno.h>
#include <apr_file_io.h>

#include <array>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

namespace websocket::apache {

namespace {

// A file's identity at one moment.
struct Version {
  apr_time_t modified;
  apr_time_t changed;  // a changed inode, where the time of modification was set back
  apr_off_t size;
  apr_ino_t inode;
  apr_dev_t device;

  static Version of(const apr_finfo_t& info) {
    return {info.mtime, info.ctime, info.size, info.inode, info.device};
  }
  friend bool operator==(const Version&, const Version&) = default;
};

// A file that changes twice within the granularity of its times can look unchanged, so what was
// read this soon after a change is not kept.
constexpr apr_time_t k_settled = apr_time_from_sec(2);

class Cache {
 public:
  DocumentHandle find(const std::string& path, const Version& version) {
    const std::shared_lock lock(mutex_);
    const auto entry = entries_.find(path);
    if (entry == entries_.end() || entry->second.version != version) return nullptr;
    return entry->second.document;
  }

  void keep(const std::string& path, const Version& version, DocumentHandle document) {
    const std::unique_lock lock(mutex_);
    // Paths come from URLs: without a bound a site of very many files would fill the memory.
    if (entries_.size() >= k_entries) entries_.clear();
    entries_.insert_or_assign(path, Entry{version, std::move(document)});
  }

 private:
  static constexpr std::size_t k_entries = 4096;
  struct Entry {
    Version version;
    DocumentHandle document;
  };
  std::shared_mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
};

Cache& cache() {
  static Cache instance;
  return instance;
}

tl::unexpected<SourceError> unreadable(apr_status_t status, const std::string& path,
                                       const char* what) {
  std::array<char, 120> why{};
  apr_strerror(status, why.data(), why.size());
  return tl::unexpected(SourceError{status, path + ": " + what + ": " + why.data(), true});
}

struct FileText {
  std::string text;
  Version version;
};

tl::unexpected<SourceError> irregular(const std::string& path) {
  return tl::unexpected(SourceError{APR_EGENERAL, path + ": the policy is no regular file", true});
}

tl::expected<FileText, SourceError> read_file(const std::string& path, apr_pool_t* scratch) {
  apr_file_t* file = nullptr;
  // A FIFO that has taken the file's place since it was looked at is opened without waiting: it
  // would keep this thread until somebody writes to it.
  apr_status_t status = apr_file_open(
      &file, path.c_str(), APR_FOPEN_READ | APR_FOPEN_BINARY | APR_FOPEN_NONBLOCK, 0, scratch);
  if (status != APR_SUCCESS) return unreadable(status, path, "the policy cannot be opened");
  apr_finfo_t info;
  status = apr_file_info_get(&info, APR_FINFO_NORM, file);
  std::string text;
  const bool is_regular = status != APR_SUCCESS || info.filetype == APR_REG;
  if (status == APR_SUCCESS && is_regular) {
    // One byte more than allowed tells the parser that there is too much.
    text.resize(::policy::k_max_document + 1);
    apr_size_t read = 0;
    status = apr_file_read_full(file, text.data(), text.size(), &read);
    if (APR_STATUS_IS_EOF(status)) status = APR_SUCCESS;
    text.resize(read);
  }
  apr_file_close(file);
  if (!is_regular) return irregular(path);
  if (status != APR_SUCCESS) return unreadable(status, path, "the policy cannot be read");
  return FileText{std::move(text), Version::of(info)};
}

}  // namespace

std::string describe(const std::string& name, const ::policy::DocumentError& error) {
  return name + ": line " + std::to_string(error.line) + ", column " +
         std::to_string(error.column) + ": " + error.message;
}

tl::expected<DocumentHandle, SourceError> read_document(const char* path, const apr_finfo_t& info,
                                                        apr_pool_t* scratch) {
  const std::string key = path;
  if (auto known = cache().find(key, Version::of(info))) return known;
  auto file = read_file(key, scratch);
  if (!file) return tl::unexpected(std::move(file.error()));
  auto document = ::policy::parse_document(file->text);
  if (!document) {
    return tl::unexpected(
        SourceError{APR_SUCCESS, describe(key, document.error()), document.error().is_policy()});
  }
  auto handle = std::make_shared<const ::policy::Document>(std::move(*document));
  const apr_time_t last_change = std::max(file->version.modified, file->version.changed);
  if (apr_time_now() - last_change > k_settled) cache().keep(key, file->version, handle);
  return handle;
}

tl::expected<DocumentHandle, SourceError> read_document(const char* path, apr_pool_t* scratch) {
  apr_finfo_t info;
  const apr_status_t status = apr_stat(&info, path, APR_FINFO_NORM, scratch);
  if (status != APR_SUCCESS && status != APR_INCOMPLETE) {
    return unreadable(status, path, "the policy file cannot be found");
  }
  // Opening alone sets some devices to work.
  if (info.filetype != APR_REG) return irregular(path);
  return read_document(path, info, scratch);
}

}  // namespace websocket::apache
