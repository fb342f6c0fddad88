# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced after build/progress.sh by build/setup and build/bench: brings Debian packages in without starting a daemon.
# Before install_packages the caller fills `packages`, and `services` with those that bring a service along.
packages=()
services=()

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    case $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) in
      installed) ;;
      *) echo "$package" ;;
    esac
  done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get install --yes --quiet --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
}

# The lists of packages may be absent (a container) or too old: then, and only then, they are fetched.
apt_install_or_update() {
  apt_install "$@" && return
  as_root apt-get update --quiet -o DPkg::Lock::Timeout=300
  apt_install "$@"
}

# Debian's way to forbid that an installation starts daemons is a policy-rc.d; one that is there already stays.
policy_rc_d=/usr/sbin/policy-rc.d
forbid_services() {
  [ ! -e "$policy_rc_d" ] || return 0
  # Not in a child that is ended before it has put this trap away.
  trap '[ "$BASHPID" != "$$" ] || as_root rm -f "$policy_rc_d"' EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy_rc_d" >/dev/null
  as_root chmod 755 "$policy_rc_d"
  forbidden=yes
}

# Nor shall they start with the machine's next boot.
allow_services() {
  local service
  if [ "${forbidden:-no}" = yes ]; then
    as_root rm -f "$policy_rc_d"
    trap - EXIT INT TERM
  fi
  for service in "${services[@]}"; do
    case " $* " in
      *" $service "*) as_root update-rc.d "$service" disable >>"${step_log:-/dev/null}" 2>&1 || true ;;
    esac
  done
}

install_packages() {
  local missing=()
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "No apt-get here: taking it that what Debian calls ${packages[*]} is installed."
    return
  fi
  mapfile -t missing < <(missing_packages)
  if [ "${#missing[@]}" -eq 0 ]; then
    echo "Debian packages: all there"
    return
  fi
  echo "Debian packages missing: ${missing[*]}"
  if [ "$(id -u)" -ne 0 ] && ! { command -v sudo >/dev/null && sudo -v; }; then
    echo "Neither root nor sudo; have them installed, then run this again:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  forbid_services
  step "Installing ${#missing[@]} Debian packages" apt_install_or_update "${missing[@]}"
  allow_services "${missing[@]}"
}
