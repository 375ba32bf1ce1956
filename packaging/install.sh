#!/bin/sh
# Installs Sluice where there is no package for it: from a folder that has been unpacked from its
# archive, as a service of systemd, of /etc/init.d, or as files alone. A shell of POSIX is all it takes.
set -eu

usage() {
  cat <<'TEXT'
Usage: ./install.sh [OPTIONS]

Installs the program, its service and its manual. The configuration of an earlier installation stays
as it is. To be run as root, or with a --prefix that you may write to, then without a service.

  --prefix FOLDER     Where to; by default / (program in /usr/local/bin, configuration in
                      /etc/sluice). Elsewhere all of it goes below this folder.
  --binary FILE       The program, if it is not the one beside this script.
  --checksums FILE    Check the program by this list of SHA-256 sums (SHA256SUMS).
  --init WHICH        systemd, initd or none. By default what runs this machine.
  --user NAME         Who the service runs as; made if need be. Default: sluice.
  --no-start          Install the service without starting it.
  --uninstall         Take away what was installed. Configuration and recordings stay.
  --purge             With --uninstall: take the configuration, logs and the user away too, the
                      user if it was made here.
  -h, --help          Show this help.
TEXT
}

say() {
  printf '%s\n' "$*"
}

fail() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}

have() {
  command -v "$1" >/dev/null 2>&1
}

# with_value OPTION COUNT: the option needs another word.
with_value() {
  [ "$2" -gt 1 ] || fail "$1 needs a value"
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
prefix=
binary=
checksums=
init=
user=sluice
action=install
is_started=yes
is_purged=no

while [ $# -gt 0 ]; do
  case $1 in
    --prefix) with_value "$1" $#; prefix=${2%/}; shift ;;
    --binary) with_value "$1" $#; binary=$2; shift ;;
    --checksums) with_value "$1" $#; checksums=$2; shift ;;
    --init) with_value "$1" $#; init=$2; shift ;;
    --user) with_value "$1" $#; user=$2; shift ;;
    --no-start) is_started=no ;;
    --uninstall) action=uninstall ;;
    --purge) is_purged=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; fail "cannot understand $1" ;;
  esac
  shift
done

case $prefix in '' | /*) ;; *) prefix=$(pwd -P)/$prefix ;; esac
case $prefix$user in *[!A-Za-z0-9/_.+-]*) fail "letters, digits and / _ . + - only, in $prefix $user" ;; esac
[ "$is_purged" = no ] || [ "$action" = uninstall ] || fail "--purge goes with --uninstall"

# Below a prefix everything is together, and nothing of the system is touched.
if [ -z "$prefix" ]; then
  program_folder=/usr/local/bin
  share=/usr/local/share
  [ "$(id -u)" = 0 ] || fail "this takes root, or a --prefix"
else
  program_folder=$prefix/bin
  share=$prefix/share
  [ -n "$init" ] || init=none
fi
config_folder=$prefix/etc/sluice
state=$prefix/var/lib/sluice
logs=$prefix/var/log/sluice
run=$prefix/run/sluice
program=$program_folder/sluice
script=$prefix/etc/init.d/sluice
units=/etc/systemd/system

if [ -z "$init" ]; then
  if [ -d /run/systemd/system ]; then init=systemd
  elif [ -d /etc/init.d ]; then init=initd
  else init=none
  fi
fi
# Not a command of that name.
case $binary in '' | */*) ;; *) binary=./$binary ;; esac
group=$user
case $init in systemd | initd | none) ;; *) fail "--init takes systemd, initd or none" ;; esac
[ "$init" != systemd ] || [ -z "$prefix" ] || fail "systemd has its units in one place: no --prefix"

# put SOURCE TARGET MODE: with the folders of this installation in place of a package's.
put() {
  [ -f "$here/$1" ] || return 0
  mkdir -p "$(dirname "$2")"
  sed -e "s#/usr/bin/sluice#$program#g" \
    -e "s#/etc/sluice#$config_folder#g" \
    -e "s#/etc/default/sluice#$prefix/etc/default/sluice#g" \
    -e "s#/var/lib/sluice#$state#g" \
    -e "s#/var/log/sluice#$logs#g" \
    -e "s#/run/sluice/#$run/#g" \
    -e "s#/etc/init.d/sluice#$script#g" \
    -e "s#/usr/share/doc/sluice/#$share/doc/sluice/#g" \
    -e "s#/usr/share/sluice/#$share/sluice/#g" \
    -e "s#^RUN_AS=sluice#RUN_AS=$run_as#" \
    -e "s#^User=sluice#User=$user#" \
    -e "s#^Group=sluice#Group=$group#" \
    -e "s#sluice sluice\$#$user $group#" \
    "$here/$1" >"$2.new"
  chmod "$3" "$2.new"
  mv -f "$2.new" "$2"
}

# put_once SOURCE TARGET MODE: what belongs to the operator is never replaced.
put_once() {
  if [ -e "$2" ]; then
    say "kept: $2"
  else
    put "$1" "$2" "$3"
  fi
}

check_sum() {
  [ -n "$checksums" ] || return 0
  have sha256sum || fail "sha256sum is needed for --checksums"
  sum=$(sha256sum <"$binary")
  sum=${sum%% *}
  name=$(basename "$binary")
  # By the sum alone: the program has another name in the archive than in the list.
  grep -q "^${sum}[ *]" "$checksums" || fail "$name is not what $checksums says: do not use it"
  say "checked: $name"
}

make_user() {
  if id "$user" >/dev/null 2>&1; then return; fi
  nologin=/bin/false
  for shell in /usr/sbin/nologin /sbin/nologin; do [ ! -x "$shell" ] || nologin=$shell; done
  if have useradd; then
    useradd --system --user-group --home-dir "$state" --no-create-home --shell "$nologin" "$user"
  elif have adduser; then
    # BusyBox, as on Alpine.
    addgroup -S "$user" 2>/dev/null || :
    adduser -S -D -H -h "$state" -s "$nologin" -G "$user" "$user"
  else
    fail "there is no useradd and no adduser: make the user $user, or say --user"
  fi
  say "made: user $user"
}

remove_user() {
  id "$user" >/dev/null 2>&1 || return 0
  # One that was there before, as --user may name it, is not this script's to remove.
  home=$(sed -n "s#^$user:[^:]*:[^:]*:[^:]*:[^:]*:\([^:]*\):.*#\1#p" /etc/passwd)
  [ "$home" = "$state" ] || return 0
  if have userdel; then userdel "$user" 2>/dev/null || :
  elif have deluser; then deluser "$user" 2>/dev/null || :
  fi
}

# own FOLDER MODE
own() {
  [ -d "$1" ] || { mkdir -p "$1" && chmod "$2" "$1"; }
  [ -z "$run_as" ] || chown "$run_as:" "$1"
}

# As the server would start.
test_config() (
  set -a
  # shellcheck source=/dev/null
  [ ! -r /etc/default/sluice ] || . /etc/default/sluice
  cd "$state"
  exec "$program" -t -c "${CONFIG:-$config_folder/sluice.yaml}"
)

# A server is not ended for one that could not start.
restart_unit() {
  if systemctl --quiet is-active sluice.service && ! result=$(test_config 2>&1); then
    printf '%s\n' "$result" "sluice is not restarted: its configuration cannot be used." >&2
  else
    systemctl restart sluice.service
  fi
}

enable_script() {
  if have update-rc.d; then update-rc.d sluice defaults >/dev/null
  elif have chkconfig; then chkconfig --add sluice
  elif have rc-update; then rc-update add sluice default >/dev/null 2>&1 ||
    say "OpenRC does not take $script: start it from /etc/local.d"
  else say "have $script started when the machine starts: there is no program for that here"
  fi
}

disable_script() {
  if have update-rc.d; then update-rc.d sluice remove >/dev/null
  elif have chkconfig; then chkconfig --del sluice 2>/dev/null || :
  elif have rc-update; then rc-update del sluice default >/dev/null 2>&1 || :
  fi
}

install_all() {
  binary=${binary:-$here/sluice}
  [ -f "$binary" ] || fail "there is no program $binary"
  check_sum
  # Before anything is changed: it may be for another processor, or for another C library.
  version=$("$binary" --version 2>&1 | head -n 1) || :
  case $version in
    *[0-9].[0-9]*) ;;
    *) fail "$binary does not run on this machine ($(uname -m)): $version" ;;
  esac

  run_as=
  if [ "$(id -u)" = 0 ]; then
    run_as=$user
    make_user
    group=$(id -gn "$user")
  fi
  mkdir -p "$program_folder"
  # By another name first: a program that runs cannot be written to.
  cp "$binary" "$program.new"
  chmod 0755 "$program.new"
  mv -f "$program.new" "$program"
  own "$state" 0750
  put_once sluice.yaml "$config_folder/sluice.yaml" 0640
  [ -z "$run_as" ] || chgrp "$group" "$config_folder/sluice.yaml"
  put_once default "$prefix/etc/default/sluice" 0644
  put man/sluice.8 "$share/man/man8/sluice.8" 0644
  put man/sluice.yaml.5 "$share/man/man5/sluice.yaml.5" 0644
  put completion/sluice.bash "$share/bash-completion/completions/sluice" 0644
  put completion/sluice.zsh "$share/zsh/site-functions/_sluice" 0644
  put completion/sluice.fish "$share/fish/vendor_completions.d/sluice.fish" 0644
  put sluice.schema.json "$share/sluice/sluice.schema.json" 0644
  for one in "$here"/examples/*.yaml; do
    put "examples/$(basename "$one")" "$share/doc/sluice/examples/$(basename "$one")" 0644
  done
  # Itself it has no other folders to be given.
  if [ "$here" != "$share/sluice" ]; then
    cp "$here/install.sh" "$share/sluice/install.sh.new"
    chmod 0755 "$share/sluice/install.sh.new"
    mv -f "$share/sluice/install.sh.new" "$share/sluice/install.sh"
  fi

  case $init in
    systemd)
      put systemd/sluice.service "$units/sluice.service" 0644
      put systemd/sluice.socket "$units/sluice.socket" 0644
      systemctl daemon-reload
      systemctl enable sluice.service >/dev/null 2>&1
      [ "$is_started" = no ] || restart_unit
      ;;
    initd)
      own "$logs" 0750
      put init.d/sluice "$script" 0755
      [ ! -d "$prefix/etc/logrotate.d" ] || put_once logrotate "$prefix/etc/logrotate.d/sluice" 0644
      [ -n "$prefix" ] || enable_script
      [ "$is_started" = no ] || "$script" restart
      ;;
    none)
      own "$logs" 0750
      # It is of use wherever there is a shell.
      put init.d/sluice "$share/sluice/init.d" 0755
      say "start it: cd $state && $program -c $config_folder/sluice.yaml"
      ;;
  esac
  say "installed: $version"
  say "configuration: $config_folder/sluice.yaml"
  say "to take it away again: $share/sluice/install.sh${prefix:+ --prefix $prefix} --uninstall"
}

uninstall_all() {
  if [ -z "$prefix" ] && [ -f "$units/sluice.service" ]; then
    systemctl disable --now sluice.socket sluice.service >/dev/null 2>&1 || :
    rm -f "$units/sluice.service" "$units/sluice.socket"
    systemctl daemon-reload >/dev/null 2>&1 || :
  fi
  for one in "$script" "$share/sluice/init.d"; do
    [ ! -x "$one" ] || "$one" stop || fail "the server does not stop"
  done
  if [ -e "$script" ]; then
    [ -n "$prefix" ] || disable_script
    rm -f "$script"
  fi
  rm -f "$program" "$share/man/man8/sluice.8" "$share/man/man5/sluice.yaml.5" \
    "$share/bash-completion/completions/sluice" "$share/zsh/site-functions/_sluice" \
    "$share/fish/vendor_completions.d/sluice.fish"
  rm -rf "$share/sluice" "$share/doc/sluice" "$run"
  if [ "$is_purged" = yes ]; then
    rm -rf "$config_folder" "$logs"
    rm -f "$prefix/etc/default/sluice" "$prefix/etc/logrotate.d/sluice"
  fi
  # What has files stays: recordings are not this script's to delete.
  if [ -d "$state" ]; then
    find "$state" -depth -type d -exec rmdir {} + 2>/dev/null || :
  fi
  if [ -n "$prefix" ]; then
    for one in bin etc run share var; do
      [ ! -d "$prefix/$one" ] || find "$prefix/$one" -depth -type d -exec rmdir {} + 2>/dev/null || :
    done
  fi
  if [ -d "$state" ]; then say "kept: $state"
  elif [ "$is_purged" = yes ] && [ -z "$prefix" ]; then remove_user
  fi
  [ "$is_purged" = yes ] || [ ! -d "$config_folder" ] || say "kept: $config_folder"
  say "taken away: $program"
}

case $action in
  install) install_all ;;
  uninstall) uninstall_all ;;
esac
