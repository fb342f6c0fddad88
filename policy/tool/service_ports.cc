// SPDX-License-Identifier: Apache-2.0
#include "policy/tool/service_ports.hh"

#include <algorithm>
#include <array>

namespace policy::tool {
namespace {

constexpr std::string_view k_commands = "it takes commands from whoever can connect";
constexpr std::string_view k_database = "a database, often without a password towards its own host";
constexpr std::string_view k_mail =
    "mail could be sent through it in your name; it must not relay for the web server's address";
constexpr std::string_view k_shares = "it shares files, and often trusts addresses";
constexpr std::string_view k_http =
    "pages could make requests that seem to come from the web server itself, past its access rules";

constexpr std::array k_dangerous = {
    DangerousService{22, 22, "SSH",
                     "every page could guess passwords from the web server's address"},
    DangerousService{23, 23, "Telnet",
                     "every page could guess passwords from the web server's address"},
    DangerousService{25, 25, "SMTP", k_mail},
    DangerousService{53, 53, "DNS",
                     "internal names and zone transfers, asked for by an inner address"},
    DangerousService{80, 80, "HTTP", k_http},
    DangerousService{111, 111, "portmapper", k_shares},
    DangerousService{135, 139, "Windows RPC and NetBIOS", k_shares},
    DangerousService{389, 389, "LDAP", "the directory of users"},
    DangerousService{443, 443, "HTTPS", k_http},
    DangerousService{445, 445, "SMB", k_shares},
    DangerousService{465, 465, "SMTP", k_mail},
    DangerousService{512, 514, "the r-commands", "they trust addresses instead of passwords"},
    DangerousService{587, 587, "SMTP", k_mail},
    DangerousService{631, 631, "CUPS", k_commands},
    DangerousService{636, 636, "LDAP", "the directory of users"},
    DangerousService{873, 873, "rsync", k_shares},
    DangerousService{1433, 1433, "SQL Server", k_database},
    DangerousService{1521, 1521, "Oracle", k_database},
    DangerousService{2049, 2049, "NFS", k_shares},
    DangerousService{2375, 2376, "Docker", "whoever speaks to it is root on its host"},
    DangerousService{2379, 2380, "etcd", k_database},
    DangerousService{3306, 3306, "MySQL", k_database},
    DangerousService{5432, 5432, "PostgreSQL", k_database},
    DangerousService{5984, 5984, "CouchDB", k_database},
    DangerousService{6000, 6009, "X11", "whoever speaks to it sees the screen and types on it"},
    DangerousService{6379, 6379, "Redis", "without a password; its commands can write files"},
    DangerousService{6443, 6443, "Kubernetes", k_commands},
    DangerousService{8009, 8009, "AJP", "it believes what is said about users and addresses"},
    DangerousService{8080, 8080, "HTTP", k_http},
    DangerousService{9000, 9000, "FastCGI (php-fpm)", "whoever speaks to it runs code"},
    DangerousService{9200, 9200, "Elasticsearch", k_database},
    DangerousService{10250, 10250, "kubelet", k_commands},
    DangerousService{11211, 11211, "memcached", k_database},
    DangerousService{27017, 27017, "MongoDB", k_database},
};

constexpr std::array k_with_tls = {
    TlsService{25, 25, 465, "SMTP"},      TlsService{587, 587, 465, "SMTP"},
    TlsService{80, 80, 443, "HTTP"},      TlsService{110, 110, 995, "POP3"},
    TlsService{143, 143, 993, "IMAP"},    TlsService{389, 389, 636, "LDAP"},
    TlsService{1883, 1883, 8883, "MQTT"}, TlsService{5222, 5222, 5223, "XMPP"},
    TlsService{6660, 6669, 6697, "IRC"},
};

template <typename Rows, typename Matches>
auto find_row(const Rows& rows, const Matches& matches) {
  const auto found = std::ranges::find_if(rows, matches);
  return found == rows.end() ? nullptr : &*found;
}

/// The row whose range holds the port.
template <typename Rows>
auto find_port(const Rows& rows, std::uint16_t port) {
  return find_row(rows, [port](const auto& row) { return row.first <= port && port <= row.last; });
}

}  // namespace

const DangerousService* dangerous_service(std::uint16_t port) {
  return find_port(k_dangerous, port);
}

const TlsService* plain_service(std::uint16_t port) { return find_port(k_with_tls, port); }

const TlsService* tls_service(std::uint16_t port) {
  return find_row(k_with_tls, [port](const TlsService& row) { return row.tls == port; });
}

}  // namespace policy::tool
