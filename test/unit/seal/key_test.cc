// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/seal/key.hh"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "test/unit/catch.hh"

namespace websocket::seal {
namespace {

class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "websocket-key-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  // A file with this in it and these rights.
  std::string file(std::string_view text, mode_t mode = 0600) const {
    const std::string path = path_ / "key";
    std::ofstream(path, std::ios::binary) << text;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return path;
  }
  std::string other(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string error_of(const std::string& path) {
  const auto key = read_key(path);
  REQUIRE_FALSE(key);
  CHECK(key.error().starts_with(path + ": "));
  return key.error();
}

void check_says(const std::string& said, std::string_view part) {
  INFO(said);
  CHECK(said.find(part) != std::string::npos);
}

TEST_CASE("random keys differ", "[seal][key]") {
  const Key key = random_key();
  CHECK(key != random_key());
  CHECK(key != Key{});
}

TEST_CASE("a key is of the whole file", "[seal][key]") {
  const Folder folder;
  const std::string material(32, 'k');
  const auto key = read_key(folder.file(material));
  REQUIRE(key);
  CHECK(read_key(folder.file(material)) == *key);
  for (const std::string& other :
       {material + '\n', "K" + material.substr(1), material + material}) {
    const auto of_other = read_key(folder.file(other));
    REQUIRE(of_other);
    CHECK(*of_other != *key);
  }
  // Links are followed: secrets come mounted so.
  const std::string link = folder.other("link");
  std::filesystem::create_symlink(folder.file(material), link);
  CHECK(read_key(link) == *key);
}

TEST_CASE("the least and the largest file, and those beyond", "[seal][key]") {
  const Folder folder;
  CHECK(read_key(folder.file(std::string(32, 'k'))));
  CHECK(read_key(folder.file(std::string(4096, 'k'))));
  check_says(error_of(folder.file("")),
             "it has only 0 bytes, and needs 32; make one: (umask 077; openssl rand -out ");
  check_says(error_of(folder.file(std::string(31, 'k'))), "it has only 31 bytes");
  check_says(error_of(folder.file(std::string(4097, 'k'))), "larger than 4 KiB");
}

TEST_CASE("nobody but the owner may have any right", "[seal][key]") {
  const Folder folder;
  const std::string material(32, 'k');
  for (const mode_t mode : {0600U, 0400U, 0700U}) CHECK(read_key(folder.file(material, mode)));
  for (const mode_t right : {0040U, 0020U, 0010U, 0004U, 0002U, 0001U}) {
    CAPTURE(right);
    check_says(error_of(folder.file(material, 0600U | right)), "chmod 600");
  }
}

TEST_CASE("a file of another user is none", "[seal][key]") {
  if (::geteuid() != 0) return;  // nobody else can give files away
  const Folder folder;
  const std::string path = folder.file(std::string(32, 'k'));
  REQUIRE(::chown(path.c_str(), 65534, 0) == 0);
  check_says(error_of(path), "belongs to another user");
  check_says(error_of(path), "chown root " + path);
}

TEST_CASE("what is no file is none, and nothing waits for it", "[seal][key]") {
  const Folder folder;
  check_says(error_of(folder.other("nothing")), "No such file");
  check_says(error_of(folder.other("nothing")),
             "make one: (umask 077; openssl rand -out " + folder.other("nothing") + " 32)");
  check_says(error_of(folder.other(".")), "no regular file");
  check_says(error_of("/dev/zero"), "no regular file");
  const std::string fifo = folder.other("fifo");
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  check_says(error_of(fifo), "no regular file");
}

}  // namespace
}  // namespace websocket::seal
