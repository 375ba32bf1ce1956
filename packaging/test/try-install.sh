#!/bin/sh
# Installs the archive on a system with systemd by install.sh, again over itself, and takes it away.
# Usage, as root: try-install.sh ARCHIVE.tar.gz. Needs what try-systemd.sh needs.
set -u

# shellcheck source=tree.sh
. "$(dirname "$0")/tree.sh"
archive=$1
[ -f "$archive" ] || fail "there is no archive $archive"
trap 'shut_down' EXIT
trap 'exit 1' INT TERM

answers() { on_its_network curl -sf -m 3 -o /dev/null http://127.0.0.1:1985/api/v1/versions; }
not() { ! "$@"; }
main_pid() { inside systemctl show -p MainPID --value sluice; }
install_script() { inside "/root/$folder/install.sh" "$@"; }

make_tree systemd systemd,systemd-sysv,dbus,ffmpeg
boot_tree systemd
until_true 60 inside systemctl is-system-running || fail "systemd is not running well"
tar -xzf "$archive" -C "$root/root"
folder=$(basename "$archive" .tar.gz)
config=/etc/sluice/sluice.yaml

check "--help" install_script --help
check "an unknown option is refused" not install_script --nonsense
echo "0000  sluice" >"$root/root/sums"
check "a program that is not in the list is refused" not install_script --checksums /root/sums
check "and nothing is installed" not test -e "$root/usr/local/bin/sluice"
inside sh -c "sha256sum /root/$folder/sluice >/root/sums"
check "installs" install_script --checksums /root/sums
check "is ready then" answers
check "runs as its user" test "$(inside stat -c %U "/proc/$(main_pid)")" = sluice
check "the unit is as systemd wants it" inside systemd-analyze --man=no verify sluice.service sluice.socket
check "only the service can read the configuration" \
  test "$(inside stat -c '%U %G %a' "$config")" = "root sluice 640"
echo "# The operator's own." >>"$root$config"
pid=$(main_pid)
check "installs over itself" install_script
check "answers" answers
check "as another process" test "$(main_pid)" != "$pid"
check "the configuration is kept" grep -q "operator's own" "$root$config"
echo "nonsense: true" >>"$root$config"
pid=$(main_pid)
check "installs with a configuration that cannot be used" install_script
check "and leaves the server that runs" test "$(main_pid)" = "$pid"
sed -i '/^nonsense/d' "$root$config"
check "takes itself away" inside /usr/local/share/sluice/install.sh --uninstall
check "nothing runs" not inside pgrep -x sluice
check "the configuration is kept" test -f "$root$config"
check "installs again" install_script --no-start
check "without starting it" not inside pgrep -x sluice
mkdir -p "$root/var/lib/sluice/recordings"
touch "$root/var/lib/sluice/recordings/a.flv"
check "takes all away" install_script --uninstall --purge
check "but for recordings" test -f "$root/var/lib/sluice/recordings/a.flv"
rm -r "$root/var/lib/sluice/recordings"
check "installs again" install_script
check "takes all away" install_script --uninstall --purge
left=$(find "$root/etc" "$root/usr" "$root/var" "$root/run" -xdev -name '*sluice*')
check "leaves nothing: $left" test -z "$left"
check "not even its user" not inside id sluice
echo "== all is well"
