#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# listen.pl PORT_FILE COMMAND...
# Listens on a port of the loopback addresses that the kernel chooses, writes its number to
# PORT_FILE and becomes COMMAND, which inherits the sockets as systemd would hand them over
# (sd_listen_fds(3)). So nobody can take the port between the choice and its use.
use strict;
use warnings;
use Fcntl qw(F_SETFD);
use IO::Socket::IP;
use POSIX qw(dup2);

my ($port_file, @command) = @ARGV;
@command or die "usage: listen.pl PORT_FILE COMMAND...\n";

my @sockets;
for my $attempt (1 .. 20) {
  my $v4 = IO::Socket::IP->new(LocalHost => '127.0.0.1', LocalPort => 0, Listen => 64)
    or die "listen.pl: cannot listen on 127.0.0.1: $@\n";
  # A policy without a host may mean either loopback address, so both must lead here.
  my $v6 = IO::Socket::IP->new(LocalHost => '::1', LocalPort => $v4->sockport, Listen => 64,
    V6Only => 1);
  my $port_taken = !$v6 && $!{EADDRINUSE};
  next if $port_taken;
  @sockets = $v6 ? ($v4, $v6) : ($v4);
  last;
}
@sockets or die "listen.pl: no port is free on both 127.0.0.1 and ::1\n";
my $port = $sockets[0]->sockport;

my $first = 3;    # SD_LISTEN_FDS_START
for my $index (0 .. $#sockets) {
  my $wanted = $first + $index;
  if (fileno($sockets[$index]) == $wanted) {
    fcntl($sockets[$index], F_SETFD, 0) or die "listen.pl: fcntl: $!\n";
  } else {
    dup2(fileno($sockets[$index]), $wanted) // die "listen.pl: dup2: $!\n";
  }
}

# Renamed into place, so that who waits for the file finds the whole number in it.
open my $out, '>', "$port_file.new" or die "listen.pl: $port_file.new: $!\n";
print $out "$port\n";
close $out or die "listen.pl: $port_file.new: $!\n";
rename "$port_file.new", $port_file or die "listen.pl: $port_file: $!\n";

$ENV{LISTEN_PID} = $$;
$ENV{LISTEN_FDS} = scalar @sockets;
exec { $command[0] } @command or die "listen.pl: $command[0]: $!\n";
