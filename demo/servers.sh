# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # build/demo has the variables, and uses these
# Sourced by build/demo: starts the servers, watches them and ends them. Each leads a process group of
# its own, and what it says is in logs/NAME.log.

declare -A pids=()  # server -> its process, while we have not ended it
declare -A ports=() # service -> the port that the kernel chose for it

# alive PID: by our own table of jobs, since the number of a process that has ended may be another's.
alive() {
  local job
  for job in $(jobs -rp); do
    [ "$job" != "$1" ] || return 0
  done
  return 1
}

# stop PID: asks, then insists.
stop() {
  local pid=$1 tenths
  alive "$pid" || return 0
  kill -TERM "$pid"
  for ((tenths = 0; tenths < 100; tenths++)); do
    alive "$pid" || return 0
    sleep 0.1
  done
  kill -KILL -- "-$pid" 2>/dev/null || true
}

stop_servers() {
  local server
  # httpd first: it need not see its targets go.
  for server in httpd "${!pids[@]}"; do
    [ -z "${pids[$server]:-}" ] || stop "${pids[$server]}"
    unset "pids[$server]"
  done
}

# died SERVER: why the demo cannot go on.
died() {
  local status=0 log
  wait "${pids[$1]}" 2>/dev/null || status=$?
  {
    echo "build/demo: $1 ended by itself (status $status)."
    for log in "$dir"/logs/"$1"*.log; do
      [ -s "$log" ] || continue
      echo "--- the end of $log"
      tail -n 20 "$log"
    done
  } >&2
  exit 1
}

# start_service NAME COMMAND...: on a port that the kernel chooses; returns once that is known.
start_service() {
  local name=$1 tenths
  shift
  setsid "$perl" "$top/demo/listen.pl" "$dir/run/$name-port" "$@" >"$dir/logs/$name.log" 2>&1 </dev/null &
  pids[$name]=$!
  for ((tenths = 0; tenths < 200; tenths++)); do
    alive "${pids[$name]}" || died "$name"
    [ ! -f "$dir/run/$name-port" ] || break
    sleep 0.1
  done
  [ "$tenths" -lt 200 ] || fail "$name has no port after 20 s: $(tail -n 5 "$dir/logs/$name.log")"
  ports[$name]=$(cat "$dir/run/$name-port")
}

start_services() {
  local service tenths
  fill ngircd.conf.in >"$dir/ngircd.conf"
  start_service ngircd "$ngircd" --nodaemon --config "$dir/ngircd.conf"
  for service in echo discard chargen; do
    start_service "$service" "$perl" "$top/demo/traffic.pl" "$service"
  done
  for ((tenths = 0; tenths < 200; tenths++)); do
    alive "${pids[ngircd]}" || died ngircd
    ! grep -qs ' ready\.$' "$dir/logs/ngircd.log" || return 0
    sleep 0.1
  done
  fail "the IRC server is not ready after 20 s: $(tail -n 5 "$dir/logs/ngircd.log")"
}

start_httpd() {
  make_site
  setsid "$httpd" -d "$dir" -f "$dir/httpd.conf" -DFOREGROUND \
    >"$dir/logs/httpd-start.log" 2>&1 </dev/null &
  pids[httpd]=$!
}

# Returns never: the demo lasts until a server dies, or until a signal ends it.
watch_servers() {
  local server
  # wait -n would never tell of a server that ended between the look at it and the wait. A trap ends this one at once.
  while true; do
    for server in "${!pids[@]}"; do
      alive "${pids[$server]}" || died "$server"
    done
    sleep 1 &
    wait "$!" || true
  done
}

request() {
  printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1"
}

# http_status PATH, https_status PATH: the answer's status; nothing while there is no answer.
http_status() {
  (
    exec 3<>"/dev/tcp/127.0.0.1/$http_port" || exit
    request "$1" >&3
    timeout 5 head -n 1 <&3 | cut -d ' ' -f 2
  ) 2>/dev/null || true
}

https_status() {
  request "$1" | timeout 5 "$openssl" s_client -quiet -connect "127.0.0.1:$https_port" \
    -servername localhost -verify_return_error -CAfile "$dir/tls/certificate.pem" 2>/dev/null |
    head -n 1 | cut -d ' ' -f 2 || true
}

# wait_for SCHEME: until the page is served, and the policy's URL is an endpoint.
wait_for() {
  local tenths page='' policy=''
  for ((tenths = 0; tenths < 200; tenths++)); do
    alive "${pids[httpd]}" || died httpd
    page=$("$1_status" /)
    [ -z "$page" ] || break
    sleep 0.1
  done
  [ -n "$page" ] || fail "httpd does not answer by $1: $(tail -n 5 "$dir"/logs/httpd*.log)"
  [ "$page" = 200 ] || fail "the page comes with status $page: $(tail -n 5 "$dir"/logs/httpd*.log)"
  policy=$("$1_status" /irc.xml)
  [ "$policy" = 426 ] ||
    fail "/irc.xml answers ${policy:-nothing}, not 426: $(tail -n 5 "$dir"/logs/httpd*.log)"
}
