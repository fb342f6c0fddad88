# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154  # build/demo has the variables
# Sourced by build/demo: the ports of httpd, and what the servers read.

# can_listen PORT: prints the port that it could listen on, on each loopback address there is.
can_listen() {
  # shellcheck disable=SC2016  # the variables are perl's
  "$perl" -MIO::Socket::IP -e '
    my $port = shift;
    for my $try (1 .. 20) {
      my $v4 = listening("127.0.0.1", $port) or exit 1;
      my $chosen = $v4->sockport;
      my $v6 = listening("::1", $chosen);
      if ($v6 || $!{EADDRNOTAVAIL} || $!{EAFNOSUPPORT}) { print "$chosen\n"; exit 0 }
      exit 1 if $port;
    }
    exit 1;
    sub listening {
      return IO::Socket::IP->new(
        LocalHost => $_[0], LocalPort => $_[1], Listen => 1, ReuseAddr => 1, V6Only => 1);
    }' "$1"
}

# choose_port ASKED-FOR USUAL OTHERS OPTION
choose_port() {
  local candidate
  if [ -n "$1" ]; then
    candidate=$(can_listen "$1") || fail "port $1 is taken or forbidden; choose another with $4"
    echo "$candidate"
    return
  fi
  for ((candidate = $2; candidate < $2 + 50; candidate++)); do
    [[ " $3 " != *" $candidate "* ]] || continue
    can_listen "$candidate" && return
  done
  fail "no port from $2 to $((candidate - 1)) is free; choose one with $4"
}

# fill TEMPLATE NAME=VALUE...: the template with each @NAME@ replaced.
fill() {
  local text pair
  text=$(cat "$top/demo/$1")
  for pair in "${@:2}"; do
    text=${text//"@${pair%%=*}@"/"${pair#*=}"}
  done
  printf '%s\n' "$text"
}

make_certificate() {
  "$openssl" req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
    -subj '/CN=localhost' -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1' \
    -addext 'basicConstraints=critical,CA:FALSE' -addext 'extendedKeyUsage=serverAuth' \
    -keyout "$dir/tls/key.pem" -out "$dir/tls/certificate.pem" >"$dir/logs/openssl.log" 2>&1 ||
    fail "openssl made no certificate: $(cat "$dir/logs/openssl.log")"
}

# What a httpd has compiled in differs from build to build.
load_lines() {
  local name built_in
  built_in=$("$httpd" -l)
  for name in mpm_event authz_core dir headers log_config mime reqtimeout socache_shmcb ssl unixd; do
    case $built_in in
      *" mod_$name.c"* | *" ${name#mpm_}.c"*) ;;
      *) echo "LoadModule ${name}_module \"$httpd_modules/mod_$name.so\"" ;;
    esac
  done
}

listen_lines() {
  local port
  for port in "$http_port" "$https_port" "$visitor_port"; do
    echo "Listen 127.0.0.1:$port"
    ! grep -qs '^0\{31\}1 ' /proc/net/if_inet6 || echo "Listen [::1]:$port"
  done
}

# Started by root, httpd's children become somebody who may do nothing; else there is nothing to say.
user_lines() {
  [ "$(id -u)" -eq 0 ] || return 0
  local user
  for user in www-data nobody; do
    if id "$user" >/dev/null 2>&1; then
      printf 'User %s\nGroup %s\n' "$user" "$(id -gn "$user")"
      return
    fi
  done
  fail "started as root, but there is neither a user www-data nor nobody to run httpd as"
}

# The pages and policies, the visitors' page with what it needs of them, and httpd's configuration.
make_site() {
  local policy name
  cp -R "$top/demo/htdocs/." "$dir/htdocs/"
  cp "$top/client/tcpsocket.js" "$dir/htdocs/base/"
  for policy in "$top"/demo/policies/*.xml.in; do
    name=${policy##*/}
    fill "policies/$name" "VISITOR_PORT=$visitor_port" "IRC_PORT=${ports[ngircd]}" \
      "ECHO_PORT=${ports[echo]}" "DISCARD_PORT=${ports[discard]}" "CHARGEN_PORT=${ports[chargen]}" \
      >"$dir/htdocs/${name%.in}"
  done
  # Where the pages find each other.
  printf '{ "site": "http://localhost:%d", "visitors": "http://localhost:%d", "strangers": "http://127.0.0.1:%d" }\n' \
    "$http_port" "$visitor_port" "$visitor_port" >"$dir/htdocs/places.json"
  cp -R "$top/demo/visitors/." "$dir/htdocs/base" "$dir/htdocs/places.json" "$dir/visitors/"
  fill httpd.conf.in "DIR=$dir" "MODULE=$module" "HTTP_PORT=$http_port" "HTTPS_PORT=$https_port" \
    "VISITOR_PORT=$visitor_port" "USER_LINES=$(user_lines)" "LISTEN_LINES=$(listen_lines)" \
    "LOAD_LINES=$(load_lines)" >"$dir/httpd.conf"
}
