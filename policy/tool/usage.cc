// SPDX-License-Identifier: Apache-2.0
#include "policy/tool/usage.hh"

namespace policy::tool {

std::string_view usage_text() {
  return R"(wspolicy tells what mod_websocket makes of a policy document, by the same code.

  wspolicy check FILE [--served-by HOST [OPTION...]] [--json]
      Is the document valid? With --served-by: would the server connect, and why not? Prints every
      step: origin, addresses, rules, DNS questions, the records seen.
        --served-by HOST        the virtual host that serves it: www.example.com, or
                                https://www.example.com:8443 where it is not https on 443
        --origin ORIGIN         the page's Origin header    --no-origin   a request without one
        --target RULE           WebSocketTarget, may be repeated; without: same-host consent
        --consent off|dns|dnssec                            WebSocketConsent, default dns
        --resolver ADDRESS[:PORT]                           WebSocketResolver, may be repeated
        --trust-anchor FILE     WebSocketTrustAnchor, makes --consent dnssec the default
        --own-listener [ADDRESS:]PORT                       the web server's Listen, may be repeated
        --administrators        the document is a WebSocketPolicyFile

  wspolicy lint FILE [--json]
      What is allowed and seldom meant: origins of everybody, pages without TLS, risky ports,
      TLS on a port without it, sizes and times that hinder.

  wspolicy record --from HOST [--from HOST...] --port PORTS [--for ADDRESS] [--for NAME] [--json]
      The TXT record by which the owner of a service agrees to be reached from HOST's policies.

  wspolicy --help | --version

FILE may be - for standard input: ./policy.cgi | sed '1,/^\r*$/d' | wspolicy check -
Exit status: 0 valid, granted, no warnings; 1 refused, warnings; 2 unusable file or arguments.
)";
}

}  // namespace policy::tool
