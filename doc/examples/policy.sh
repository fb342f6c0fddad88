#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A policy that a shell script writes. It runs as any CGI program does, where `WebSocket On` holds:
#
#   <Directory "/srv/www/chat">
#     Options +ExecCGI
#     AddHandler cgi-script .sh
#     WebSocket On
#     WebSocketTarget same-host:6667-6668
#   </Directory>

page=https://www.example.org  # whose pages may connect
staff=6667                    # the port for users whom httpd knows
guests=6668                   # and for all others

# answer STATUS TEXT [HEADER...]: what is no policy goes to the client as it is.
answer() {
  printf 'Status: %s\r\nContent-Type: text/plain\r\n' "$1"
  text=$2
  shift 2
  [ "$#" -eq 0 ] || printf '%s\r\n' "$@"
  printf '\r\n%s\n' "$text"
  exit 0
}

# A page may ask why it was refused, without a handshake; httpd judges the policy then as well.
wish=${HTTP_UPGRADE:-}
[ -z "${WEBSOCKET_EXPLAIN:-}" ] || wish=websocket

case $wish in
  [Ww][Ee][Bb][Ss][Oo][Cc][Kk][Ee][Tt]) ;;
  *) answer '426 Upgrade Required' 'This is a WebSocket.' \
       'Upgrade: websocket' 'Connection: Upgrade' ;;
esac

# A 401 needs a challenge; this one makes no browser ask for a password.
[ "${HTTP_ORIGIN:-}" = "$page" ] ||
  answer '401 Unauthorized' 'This page may not connect.' 'WWW-Authenticate: Origin realm="chat"'

port=$guests
[ -z "${REMOTE_USER:-}" ] || port=$staff

# httpd compares the origin with allow-origin once more; without the element only pages of this very
# site would be let in.
printf 'Content-Type: application/xml\r\n\r\n'
cat <<END
<websocket>
  <port>$port</port>
  <allow-origin>$page</allow-origin>
</websocket>
END
