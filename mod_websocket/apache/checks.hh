// SPDX-License-Identifier: Apache-2.0
// What a configuration can be told before it serves anybody, beside the errors of single
// directives: in `configtest`, and in the error log at each start and restart.
//
// All of it is a warning or a notice and none an error: a policy file is read anew for each
// handshake and can be mended meanwhile, a name may be known a minute later, and a restart that
// fails because of one endpoint takes all sites of the server with it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "mod_websocket/apache/config.hh"
#include "mod_websocket/apache/httpd.hh"

namespace websocket::apache {

class Checks {
 public:
  // The one of this process.
  static Checks& instance() noexcept;

  // While the configuration is read. A new reading begins with forget().
  void forget() noexcept { *this = Checks(); }
  // Where a section's first directive stands.
  void note_section(const cmd_parms* command, const SectionConfig* section);
  void note_endpoint(const cmd_parms* command) { endpoints_.insert(command->server); }
  void note_policy_file(const cmd_parms* command, const char* path);
  void note_name(const cmd_parms* command, const SectionConfig* section, const std::string& name);

  // check_config, when the MPM has checked its own directives.
  void run(server_rec* main_server);

 private:
  struct Place {
    server_rec* server;
    const ap_directive_t* directive;
  };

  struct Name {
    std::string text;
    const SectionConfig* section;
    Place place;
  };

  Checks() = default;
  void check_policy_files() const;
  void check_names() const;
  void check_sections() const;
  void check_server_names(server_rec* main_server) const;

  std::map<const SectionConfig*, Place> sections_;
  std::set<const server_rec*> endpoints_;  // in whose part of the configuration there may be some
  std::vector<std::pair<std::string, Place>> policy_files_;
  std::vector<Name> names_;
};

}  // namespace websocket::apache
