#!/bin/sh
# Whole systems to try packages in: trees of Debian below $TREES, made by mmdebstrap and booted by
# systemd-nspawn with a network of their own. To be read by other scripts (`. tree.sh`), as root.

TREES=${TREES:-/tmp/sluice-trees}
OPTIONS="--quiet --variant=minbase --aptopt=APT::Install-Recommends=false
  --dpkgopt=path-exclude=/usr/share/doc/* --dpkgopt=path-exclude=/usr/share/man/*
  --dpkgopt=path-exclude=/usr/share/locale/*"
COMMON=init-system-helpers,adduser,iproute2,procps,logrotate

# make_tree NAME PACKAGES: unless it is there.
make_tree() {
  [ -e "$TREES/$1/etc/debian_version" ] && return
  mkdir -p "$TREES"
  set -f
  # shellcheck disable=SC2086
  mmdebstrap $OPTIONS --include="$COMMON,$2" bookworm "$TREES/$1"
  set +f
}

# boot_tree NAME: from a copy, so that the tree stays as it was made. Sets leader.
boot_tree() {
  tree=$1
  root=$TREES/run-$1
  rm -rf "$root"
  cp -a "$TREES/$1" "$root"
  # A session of its own, so that what ends this script does not end half of a system.
  setsid systemd-nspawn -q -D "$root" --register=no --keep-unit --private-network --console=pipe \
    --boot </dev/null >"$TREES/$tree.console" 2>&1 &
  nspawn=$!
  leader=
  for _ in $(seq 100); do
    leader=$(pgrep -P "$nspawn" 2>/dev/null | head -n 1)
    [ -n "$leader" ] && inside true 2>/dev/null && break
    sleep 0.1
  done
  [ -n "$leader" ] || fail "the system does not start: $TREES/$tree.console"
  inside ip link set lo up
}

# inside COMMAND...: run as root in the booted system.
inside() {
  nsenter -t "$leader" -m -u -i -p -n -C -r -w -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

# on_its_network COMMAND...: a program of this machine, which sees the system's ports.
on_its_network() {
  nsenter -t "$leader" -n -- "$@"
}

# What was in it is of no worth any more, and so it is not asked to power off.
shut_down() {
  [ -n "${nspawn:-}" ] || return 0
  kill -9 "$leader" 2>/dev/null
  wait "$nspawn" 2>/dev/null
  nspawn=
  rm -rf "${TREES:?}/run-$tree"
}

fail() {
  echo "FAILED: $1" >&2
  # The log of what went wrong, as the system goes away.
  inside journalctl -b --no-pager -n 40 -o cat >&2 2>/dev/null
  shut_down
  exit 1
}

# check WORDS COMMAND...
check() {
  words=$1
  shift
  if "$@" >"$TREES/check.log" 2>&1; then
    echo "ok: $words"
  else
    cat "$TREES/check.log" >&2
    fail "$words"
  fi
}

# until_true SECONDS COMMAND...
until_true() {
  end=$(($(date +%s) + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$(date +%s)" -lt "$end" ] || return 1
    sleep 0.2
  done
}
