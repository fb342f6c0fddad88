#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# traffic.pl echo|discard|chargen
# One of three old TCP services, to see bytes move: sends back what comes (RFC 862), swallows it
# (RFC 863), or sends lines of characters without end (RFC 864). Its listening sockets are handed to it
# (listen.pl). It never holds more than one chunk for a client: who does not read is not read from.
use strict;
use warnings;
use IO::Handle;
use IO::Select;
use Socket qw(IPPROTO_TCP TCP_NODELAY);

my ($service) = @ARGV;
$service && $service =~ /^(echo|discard|chargen)$/ or die "usage: traffic.pl echo|discard|chargen\n";

my $chunk_size = 64 * 1024;
# Lines of 72 printable characters, each beginning one further on.
my $printable = join '', map { chr } 32 .. 126;
my $pattern = join '', map { substr($printable x 2, $_, 72) . "\r\n" } 0 .. length($printable) - 1;
$pattern x= int($chunk_size / length $pattern) + 1;

my $first = 3;    # SD_LISTEN_FDS_START
my @listening = map { IO::Handle->new_from_fd($first + $_, 'r+') or die "traffic.pl: socket: $!\n" }
  0 .. $ENV{LISTEN_FDS} - 1;
my %listens = map { $_ => 1 } @listening;
my $readers = IO::Select->new(@listening);
my $writers = IO::Select->new;
my %pending;      # client -> what it has yet to be sent; chargen's comes from the pattern
$SIG{PIPE} = 'IGNORE';

while (1) {
  my ($readable, $writable) = IO::Select->select($readers, $writers);
  for my $socket (@$readable) {
    $listens{$socket} ? welcome($socket) : receive($socket);
  }
  for my $client (@$writable) {
    send_pending($client) if exists $pending{$client};
  }
}

sub welcome {
  accept(my $client, shift) or return;
  $client->blocking(0);
  # A chunk that is on its way shall not wait for the answer to the one before; not for a Unix socket.
  setsockopt $client, IPPROTO_TCP, TCP_NODELAY, 1;
  $pending{$client} = '';
  $readers->add($client);
  refill($client) if $service eq 'chargen';
}

sub receive {
  my $client = shift;
  return unless exists $pending{$client};
  my $chunk;
  my $length = sysread $client, $chunk, $chunk_size;
  return if !defined $length && ($!{EAGAIN} || $!{EINTR});
  return farewell($client) unless $length;
  return if $service ne 'echo';
  $pending{$client} = $chunk;
  $readers->remove($client);
  send_pending($client);
}

sub send_pending {
  my $client = shift;
  my $length = syswrite $client, $pending{$client};
  if (!defined $length) {
    return farewell($client) unless $!{EAGAIN} || $!{EINTR};
    $length = 0;
  }
  substr $pending{$client}, 0, $length, '';
  if ($service eq 'chargen') {
    refill($client) if $pending{$client} eq '';
  } elsif ($pending{$client} eq '') {
    $writers->remove($client);
    $readers->add($client);
  } else {
    $writers->add($client);
  }
}

sub refill {
  my $client = shift;
  $pending{$client} = $pattern;
  $writers->add($client);
}

sub farewell {
  my $client = shift;
  $readers->remove($client);
  $writers->remove($client);
  delete $pending{$client};
  close $client;
}
