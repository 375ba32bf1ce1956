#!/bin/sh
# Installs the Debian package on a system that sysvinit runs, and does to it what operators do.
# Usage, as root: try-sysvinit.sh PACKAGE.deb. Needs what try-systemd.sh needs.
set -u

# shellcheck source=tree.sh
. "$(dirname "$0")/tree.sh"
package=$1
[ -f "$package" ] || fail "there is no package $package"
trap 'shut_down' EXIT
trap 'exit 1' INT TERM

config=/etc/sluice/sluice.yaml
pid_file=/run/sluice/sluice.pid
log=/var/log/sluice/sluice.log

service() { inside /etc/init.d/sluice "$@"; }
# gives CODE COMMAND...
gives() {
  wanted=$1
  shift
  "$@"
  code=$?
  [ "$code" = "$wanted" ] || { echo "exit code $code"; return 1; }
}
main_pid() { inside cat "$pid_file"; }
answers() { on_its_network curl -sf -m 3 -o /dev/null http://127.0.0.1:1985/api/v1/versions; }
not() { ! "$@"; }

make_tree sysvinit sysvinit-core,sysv-rc,initscripts
boot_tree sysvinit
until_true 60 inside pgrep -x init || fail "init does not run"
sleep 2

echo "== install"
cp "$package" "$root/root/sluice.deb"
check "installs" inside dpkg -i /root/sluice.deb
check "answers when dpkg is done" answers
check "status: running" gives 0 service status
check "runs as its user" test "$(inside stat -c %U "/proc/$(main_pid)")" = sluice
check "keeps no group of root's" test "$(inside grep Groups "/proc/$(main_pid)/status" | tr -d '[:space:]')" = "Groups:$(inside id -g sluice)"
check "is started with the machine" inside sh -c 'ls /etc/rc2.d/S*sluice'
check "logs to its file" inside grep -q "server ready" "$log"

echo "== commands"
pid=$(main_pid)
check "a second start changes nothing" gives 0 service start
check "and is the same process" test "$(main_pid)" = "$pid"
check "reloads" gives 0 service reload
check "force-reload" gives 0 service force-reload
check "says so in the log" until_true 5 inside grep -q "configuration reloaded\|configuration unchanged" "$log"
echo "nonsense: true" >>"$root$config"
check "reload: wrong configuration" gives 6 service reload
check "restart: wrong configuration" gives 6 service restart
check "and the server goes on" test "$(main_pid)" = "$pid"
sed -i '/^nonsense/d' "$root$config"
inside mv "$log" "$log.1"
check "rotates" gives 0 service rotate
check "to a new log" until_true 5 inside test -s "$log"
check "logrotate rotates too" inside logrotate -f /etc/logrotate.d/sluice
check "restarts" gives 0 service restart
check "answers" answers
check "as another process" test "$(main_pid)" != "$pid"
check "try-restart" gives 0 service try-restart
check "grace, with nobody there" gives 0 service grace
check "status: not running" gives 3 service status
check "reload: not running" gives 7 service reload
check "stop when stopped" gives 0 service stop
check "try-restart when stopped starts nothing" gives 0 service try-restart
check "still not running" gives 3 service status
check "starts" gives 0 service start
check "unknown command" gives 3 service dance
check "no command" gives 2 service
check "status for everybody" inside setpriv --reuid=nobody --init-groups /etc/init.d/sluice status
check "stop for root alone" gives 4 inside setpriv --reuid=nobody --init-groups /etc/init.d/sluice stop

echo "== accidents"
inside kill -9 "$(main_pid)"
sleep 1
check "status: dead, with a pid file" gives 1 service status
check "starts all the same" gives 0 service start
check "answers" answers

echo "== a publisher"
echo 'SLUICE_GRACE_TIMEOUT=2000' >>"$root/etc/default/sluice"
check "restarts" gives 0 service restart
nsenter -t "$leader" -n -- ffmpeg -v error -re -f lavfi -i testsrc2=size=320x180:rate=25 -c:v libx264 -preset ultrafast \
  -g 25 -f flv rtmp://127.0.0.1/live/a 2>/dev/null &
publisher=$!
until_true 15 on_its_network sh -c 'curl -s http://127.0.0.1:1985/api/v1/streams/ | grep -q "\"active\":true"' ||
  fail "a stream is published"
start=$(date +%s)
check "stops" gives 0 service stop
took=$(($(date +%s) - start))
check "waits for the publisher, but not for ever: $took s" test "$took" -ge 2 -a "$took" -le 5
check "in order" inside sh -c "tail -n 1 $log | grep -q '\"stopped\"'"
kill "$publisher" 2>/dev/null
check "starts" gives 0 service start

echo "== upgrade"
repacked=$root/root/next
dpkg-deb -R "$package" "$repacked"
version=$(sed -n 's/^Version: //p' "$repacked/DEBIAN/control")
sed -i "s/^Version: .*/Version: $version+next/" "$repacked/DEBIAN/control"
dpkg-deb -Zgzip -z1 --root-owner-group -b "$repacked" "$root/root/next.deb" >/dev/null
echo "# The operator's own." >>"$root$config"
pid=$(main_pid)
check "upgrades" inside dpkg -i --force-confold /root/next.deb
check "the new server answers" answers
check "it is another process" test "$(main_pid)" != "$pid"
check "the configuration is kept" grep -q "operator's own" "$root$config"

echo "== remove, purge"
check "removes" inside dpkg -r sluice
check "nothing runs" not inside pgrep -x sluice
check "the configuration is kept" test -f "$root$config"
check "purges" inside dpkg -P sluice
left=$(find "$root/etc" "$root/usr" "$root/var" "$root/run" -xdev -name '*sluice*' ! -path '*/var/lib/dpkg/*')
check "leaves nothing: $left" test -z "$left"
echo "== all is well"
