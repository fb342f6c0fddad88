// SPDX-License-Identifier: Apache-2.0
#include "mod_websocket/apache/pool.hh"

#include <apr_general.h>

#include <string>
#include <vector>

#include "test/unit/catch.hh"

namespace {

using websocket::apache::make_in_pool;

class Pool {
 public:
  Pool() {
    apr_initialize();
    apr_pool_create(&pool_, nullptr);
  }
  ~Pool() {
    apr_pool_destroy(pool_);
    apr_terminate();
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  apr_pool_t* get() const { return pool_; }

 private:
  apr_pool_t* pool_ = nullptr;
};

// Writes its name into a list when it ends.
struct Witness {
  Witness(std::vector<std::string>& ended, std::string name) : ended_(ended), name_(name) {}
  ~Witness() { ended_.push_back(name_); }

  std::vector<std::string>& ended_;
  std::string name_;
};

TEST_CASE("an object in a pool ends with the pool, the youngest first", "[apache][pool]") {
  std::vector<std::string> ended;
  const Pool pool;
  make_in_pool<Witness>(pool.get(), ended, "older");
  const Witness* const younger = make_in_pool<Witness>(pool.get(), ended, "younger");
  CHECK(younger->name_ == "younger");
  CHECK(ended.empty());
  apr_pool_clear(pool.get());
  CHECK(ended == std::vector<std::string>{"younger", "older"});
}

TEST_CASE("an object in a pool ends once", "[apache][pool]") {
  std::vector<std::string> ended;
  const Pool pool;
  make_in_pool<Witness>(pool.get(), ended, "only");
  apr_pool_clear(pool.get());
  apr_pool_clear(pool.get());
  CHECK(ended.size() == 1);
}

TEST_CASE("an object in a subpool ends with the subpool", "[apache][pool]") {
  std::vector<std::string> ended;
  const Pool pool;
  apr_pool_t* child = nullptr;
  apr_pool_create(&child, pool.get());
  make_in_pool<Witness>(pool.get(), ended, "outer");
  make_in_pool<Witness>(child, ended, "inner");
  apr_pool_destroy(child);
  CHECK(ended == std::vector<std::string>{"inner"});
}

}  // namespace
