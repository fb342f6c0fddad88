// SPDX-License-Identifier: Apache-2.0
#include "policy/tool/lint.hh"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "policy/address.hh"
#include "policy/host_name.hh"
#include "policy/origin.hh"

namespace policy::tool {
namespace {

struct PortRow {
  std::uint16_t first;
  std::uint16_t last;
  std::string_view name;
  std::string_view danger;
};

constexpr std::string_view k_commands = "it takes commands from whoever can connect";
constexpr std::string_view k_database = "a database, often without a password towards its own host";
constexpr std::string_view k_mail =
    "mail could be sent through it in your name; it must not relay for the web server's address";
constexpr std::string_view k_shares = "it shares files, and often trusts addresses";
constexpr std::string_view k_http =
    "pages could make requests that seem to come from the web server itself, past its access rules";

// Services that trust whoever reaches them, or that do harm in the hands of a stranger.
constexpr std::array k_dangerous_ports = {
    PortRow{22, 22, "SSH", "every page could guess passwords from the web server's address"},
    PortRow{23, 23, "Telnet", "every page could guess passwords from the web server's address"},
    PortRow{25, 25, "SMTP", k_mail},
    PortRow{53, 53, "DNS", "internal names and zone transfers, asked for by an inner address"},
    PortRow{80, 80, "HTTP", k_http},
    PortRow{111, 111, "portmapper", k_shares},
    PortRow{135, 139, "Windows RPC and NetBIOS", k_shares},
    PortRow{389, 389, "LDAP", "the directory of users"},
    PortRow{443, 443, "HTTPS", k_http},
    PortRow{445, 445, "SMB", k_shares},
    PortRow{465, 465, "SMTP", k_mail},
    PortRow{512, 514, "the r-commands", "they trust addresses instead of passwords"},
    PortRow{587, 587, "SMTP", k_mail},
    PortRow{631, 631, "CUPS", k_commands},
    PortRow{636, 636, "LDAP", "the directory of users"},
    PortRow{873, 873, "rsync", k_shares},
    PortRow{1433, 1433, "SQL Server", k_database},
    PortRow{1521, 1521, "Oracle", k_database},
    PortRow{2049, 2049, "NFS", k_shares},
    PortRow{2375, 2376, "Docker", "whoever speaks to it is root on its host"},
    PortRow{2379, 2380, "etcd", k_database},
    PortRow{3306, 3306, "MySQL", k_database},
    PortRow{5432, 5432, "PostgreSQL", k_database},
    PortRow{5984, 5984, "CouchDB", k_database},
    PortRow{6000, 6009, "X11", "whoever speaks to it sees the screen and types on it"},
    PortRow{6379, 6379, "Redis", "without a password; its commands can write files"},
    PortRow{6443, 6443, "Kubernetes", k_commands},
    PortRow{8009, 8009, "AJP", "it believes what is said about users and addresses"},
    PortRow{8080, 8080, "HTTP", k_http},
    PortRow{9000, 9000, "FastCGI (php-fpm)", "whoever speaks to it runs code"},
    PortRow{9200, 9200, "Elasticsearch", k_database},
    PortRow{10250, 10250, "kubelet", k_commands},
    PortRow{11211, 11211, "memcached", k_database},
    PortRow{27017, 27017, "MongoDB", k_database},
};

constexpr std::uint16_t k_first_unprivileged = 1024;

bool is_local_name(std::string_view host) {  // RFC 6761 6.3
  return host == "localhost" || is_below(host, "localhost");
}

bool is_local(std::string_view host) {
  const auto address = Address::parse(host);
  return address ? address->is_loopback() : is_local_name(host);
}

class Linter {
 public:
  Linter(const Document& document, const ElementLines& lines)
      : document_(document), lines_(lines) {}

  std::vector<Warning> run() {
    look_at_host();
    look_at_port();
    const auto& origins = document_.allow_origins;
    for (std::size_t i = 0; i < origins.size(); ++i) {
      line_ = i < lines_.allow_origins.size() ? lines_.allow_origins[i] : 0;
      look_at_origin(origins[i]);
      look_for_double(i);
    }
    return std::move(warnings_);
  }

 private:
  void look_at_host() {
    const Endpoint& target = document_.target;
    line_ = lines_.host;
    const bool is_loopback = target.address && target.address->is_loopback();
    if (is_loopback || (target.kind == Endpoint::Kind::name && is_local_name(target.text))) {
      warn("host-loopback", target.text +
                                " is the web server itself; leave <host> out, which"
                                " means the same and tries IPv4 and IPv6");
      return;
    }
    if (!target.address) return;
    const SpecialUse use = special_use(*target.address);
    if (use == SpecialUse::none) return;
    warn("host-special-use", target.text + " is " + std::string(name_of(use)) +
                                 ": it is refused unless the administrator lists the very address");
  }

  void look_at_port() {
    const std::uint16_t port = document_.target.port;
    line_ = lines_.port;
    if (port == 0) return;  // a Unix socket
    const auto* const row = std::ranges::find_if(k_dangerous_ports, [&](const PortRow& candidate) {
      return candidate.first <= port && port <= candidate.last;
    });
    const auto number = "port " + std::to_string(port);
    if (row != k_dangerous_ports.end()) {
      warn("port-dangerous",
           number + " is that of " + std::string(row->name) + ": " + std::string(row->danger));
    } else if (port < k_first_unprivileged) {
      warn("port-privileged", number +
                                  " is that of a system service (below 1024): be sure that it"
                                  " may be reached by every page allowed here");
    }
  }

  void look_at_origin(const OriginPattern& pattern) {
    const std::string& text = pattern.text();
    if (pattern.is_any()) {
      warn("origin-any",
           "* lets every page of the web use the socket, and clients that are no"
           " browsers and send no Origin; name the origins of your pages");
      return;
    }
    if (pattern.is_null()) {
      warn("origin-null",
           "null is the origin of every sandboxed frame and of every file: and data:"
           " page, whoever wrote it; serve the page from an origin of its own");
      return;
    }
    if (pattern.scheme() == "http" && !is_local(pattern.host())) {
      warn("origin-http", text +
                              " is without TLS: whoever is between the page and its reader can"
                              " put his own script into it; write https: and serve the page so");
    }
    if (pattern.scheme() == "ws" || pattern.scheme() == "wss") {
      warn("origin-scheme", text +
                                " never matches: an origin is the page's, not the socket's;"
                                " write " +
                                (pattern.scheme() == "ws" ? "http:" : "https:"));
    }
    if (pattern.counted_by_origin()) {
      warn("origin-path", text + " counts as " + pattern.to_string() +
                              ": browsers send no path, so every page and script of that origin is"
                              " let in; write " +
                              pattern.to_string());
    }
    if (pattern.is_wildcard() && pattern.host().find('.') == std::string::npos &&
        !is_local(pattern.host())) {
      warn("origin-wide", text + " is every site below ." + pattern.host() +
                              ", most of them not yours; name your own domain");
    }
  }

  void look_for_double(std::size_t index) {
    const auto& origins = document_.allow_origins;
    const auto text = origins[index].to_string();
    const auto any = std::ranges::find_if(origins, &OriginPattern::is_any);
    if (!origins[index].is_any() && any != origins.end()) {
      warn("origin-idle", text + " has no effect beside *");
      return;
    }
    for (std::size_t i = 0; i < index; ++i) {
      if (origins[i].to_string() == text) {
        warn("origin-idle", text + " is written twice");
        return;
      }
    }
  }

  void warn(std::string_view name, std::string message) {
    warnings_.push_back({std::string(name), line_, std::move(message)});
  }

  const Document& document_;
  const ElementLines& lines_;
  int line_ = 0;  // of the element that is looked at
  std::vector<Warning> warnings_;
};

}  // namespace

std::vector<Warning> lint(const Document& document, const ElementLines& lines) {
  return Linter(document, lines).run();
}

}  // namespace policy::tool
