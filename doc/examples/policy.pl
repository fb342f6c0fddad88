#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# A policy that a Perl script writes. It runs as any CGI program does, where `WebSocket On` holds:
#
#   <Directory "/srv/www/chat">
#     Options +ExecCGI
#     AddHandler cgi-script .pl
#     WebSocket On
#     WebSocketTarget same-host:6667-6668
#   </Directory>

use strict;
use warnings;

my $page = 'https://www.example.org';           # whose pages may connect
my %port = (staff => 6667, guests => 6668);     # staff: users whom httpd knows

# What is no policy goes to the client as it is.
sub answer {
    my ($status, $text, @headers) = @_;
    print map { "$_\r\n" } "Status: $status", 'Content-Type: text/plain', @headers, '';
    print "$text\n";
    exit 0;
}

# A page may ask why it was refused, without a handshake; httpd judges the policy then as well.
if (lc($ENV{HTTP_UPGRADE} // '') ne 'websocket' && !$ENV{WEBSOCKET_EXPLAIN}) {
    answer('426 Upgrade Required', 'This is a WebSocket.',
        'Upgrade: websocket', 'Connection: Upgrade');
}
if (($ENV{HTTP_ORIGIN} // '') ne $page) {
    # A 401 needs a challenge; this one makes no browser ask for a password.
    answer('401 Unauthorized', 'This page may not connect.',
        'WWW-Authenticate: Origin realm="chat"');
}

my $port = $port{($ENV{REMOTE_USER} // '') ne '' ? 'staff' : 'guests'};

# httpd compares the origin with allow-origin once more; without the element only pages of this very
# site would be let in.
print "Content-Type: application/xml\r\n\r\n";
print <<"END";
<websocket>
  <port>$port</port>
  <allow-origin>$page</allow-origin>
</websocket>
END
