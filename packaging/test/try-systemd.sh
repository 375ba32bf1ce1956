#!/bin/sh
# Installs the Debian package on a system with systemd and does to it what operators and time do.
# Usage, as root: try-systemd.sh PACKAGE.deb. Needs mmdebstrap, systemd-container, ffmpeg and curl, and
# Debian's packages from the network when it is run for the first time.
set -u

# shellcheck source=tree.sh
. "$(dirname "$0")/tree.sh"
package=$1
unit_folder=/etc/systemd/system/sluice.service.d
[ -f "$package" ] || fail "there is no package $package"
trap 'end_programs; shut_down' EXIT
trap 'exit 1' INT TERM

programs=
end_programs() {
  # shellcheck disable=SC2086
  [ -z "$programs" ] || kill $programs 2>/dev/null
  programs=
}

# publish STREAM: a picture and a tone, until end_programs.
publish() {
  # Not by a function, so that it is the program itself that is ended.
  nsenter -t "$leader" -n -- ffmpeg -v error -re -f lavfi -i testsrc2=size=320x180:rate=25 -f lavfi -i sine=440 \
    -c:v libx264 -preset ultrafast -g 25 -c:a aac -f flv "rtmp://127.0.0.1/$1" 2>/dev/null &
  programs="$programs $!"
}

# plays URL CODEC: whether that comes out there.
plays() {
  on_its_network timeout 10 ffprobe -v error -show_entries stream=codec_name -of csv=p=0 "$1" | grep -qx "$2"
}

unit_value() { inside systemctl show -p "$1" --value sluice; }
main_pid() { unit_value MainPID; }
owner_of() { inside stat -c %U "$1"; }
# not COMMAND...
not() { ! "$@"; }
# found FILES: by the shell's patterns, in the system.
found() { inside sh -c "ls $1"; }
answers() { on_its_network curl -sf -m 3 -o /dev/null http://127.0.0.1:1985/api/v1/versions; }
streams() { on_its_network curl -sf http://127.0.0.1:1985/api/v1/streams/; }
has_stream() { streams | grep -q "\"name\":\"$1\""; }
is_publishing() { streams | grep -q '"active":true'; }
config=/etc/sluice/sluice.yaml

# Restarts while somebody asks all the time, who must never be refused.
restart_thrice() {
  # shellcheck disable=SC2016
  on_its_network sh -c '
    refused=0 asked=0 end=$(($(date +%s) + 12))
    while [ "$(date +%s)" -lt "$end" ]; do
      asked=$((asked + 1))
      curl -sf -m 8 -o /dev/null http://127.0.0.1:1985/api/v1/versions || refused=$((refused + 1))
    done
    echo "$asked $refused"' >"$TREES/asked" &
  asker=$!
  sleep 1
  for _ in 1 2 3; do
    inside systemctl restart sluice
    sleep 1
  done
  wait "$asker"
  read -r asked refused <"$TREES/asked"
  check "three restarts refuse nobody: $refused of $asked" test "$refused" = 0 -a "$asked" -gt 50
}

# set_unit LINES: of [Service], in place of those before.
set_unit() {
  mkdir -p "$root$unit_folder"
  printf '[Service]\n%s\n' "$1" >"$root$unit_folder/try.conf"
  inside systemctl daemon-reload
}

# TREE=systemd-node has Node too, for the package that needs it.
which=${TREE:-systemd}
more=
[ "$which" != systemd-node ] || more=,nodejs
make_tree "$which" "systemd,systemd-sysv,dbus,ffmpeg$more"
boot_tree "$which"
until_true 60 inside systemctl is-system-running || fail "systemd is not running well"

echo "== install"
cp "$package" "$root/root/sluice.deb"
check "installs" inside dpkg -i /root/sluice.deb
check "is ready when dpkg is" answers
check "is told of as ready by itself" test "$(unit_value Type)" = notify
check "the unit is as systemd wants it" inside systemd-analyze --man=no verify sluice.service sluice.socket
exposure=$(inside systemd-analyze security sluice.service | sed -n 's/.*level for sluice.service: \([0-9.]*\).*/\1/p')
check "is shut in: exposure $exposure is at most 2.0" awk "BEGIN {exit !($exposure <= 2.0)}"
check "runs as its user" test "$(owner_of "/proc/$(main_pid)")" = sluice
check "to whom its folder belongs" test "$(owner_of /var/lib/sluice)" = sluice

echo "== publish and play"
publish live/a
check "a stream is published" until_true 15 is_publishing
check "plays by HTTP-FLV" plays http://127.0.0.1:8080/live/a.flv h264
check "plays by RTMP" plays rtmp://127.0.0.1/live/a h264
check "plays by HLS" plays http://127.0.0.1:8080/live/a.m3u8 h264

echo "== reload"
pid=$(main_pid)
cp "$root$config" "$root/root/sluice.yaml.was"
cat >>"$root$config" <<'Y'
    dvr:
      enabled: true
      dvr_path: ./recordings/[app]/[stream].[timestamp].flv
    transcode:
      "*":
        enabled: true
        engines:
          small:
            enabled: true
            vcodec: libx264
            vbitrate: 100
            vfps: 15
            vwidth: 160
            vheight: 90
            vpreset: ultrafast
            vprofile: baseline
            acodec: aac
            abitrate: 45
            asample_rate: 44100
            achannels: 1
            output: "rtmp://127.0.0.1:[port]/[app]/[stream]_[engine]?vhost=[vhost]"
    exec:
      enabled: true
      publish: [[/bin/sh, -c, "id >id.txt; exec sleep 1000"]]
Y
check "a good configuration is taken on" inside systemctl reload sluice
check "by the same process" test "$(main_pid)" = "$pid"
check "with the stream still there" is_publishing
end_programs
publish live/b
check "FFmpeg transcodes inside" until_true 20 has_stream b_small
check "and what it makes can be played" plays http://127.0.0.1:8080/live/b_small.flv h264
check "a program of exec runs inside, as the server's user" \
  until_true 10 grep -q sluice "$root/var/lib/sluice/id.txt"
check "is recorded below /var/lib/sluice" until_true 10 found '/var/lib/sluice/recordings/live/b.*'
echo "nonsense: true" >>"$root$config"
inside systemctl reload sluice 2>/dev/null && fail "a broken configuration is told of by systemctl reload"
echo "ok: a broken configuration is told of by systemctl reload"
check "and changes nothing" answers
cp "$root/root/sluice.yaml.was" "$root$config"
check "reloads again" inside systemctl reload sluice

echo "== graceful stop"
set_unit 'Environment=SLUICE_GRACE_TIMEOUT=2000'
inside systemctl restart sluice
end_programs
publish live/c
check "a publisher is there" until_true 15 is_publishing
start=$(date +%s)
check "stops" inside systemctl stop sluice
took=$(($(date +%s) - start))
check "waits for who is there, but not for ever: $took s" test "$took" -ge 2 -a "$took" -le 6
check "in order" test "$(unit_value Result)" = success
end_programs
start=$(date +%s)
check "starts again" inside systemctl start sluice
check "stops at once when nobody is there" inside systemctl stop sluice
took=$(($(date +%s) - start))
check "within 3 s: $took s" test "$took" -le 3
check "starts" inside systemctl start sluice

echo "== accidents"
pid=$(main_pid)
inside kill -9 "$pid"
check "is started again when it is killed" until_true 15 answers
check "as another process" test "$(main_pid)" != "$pid"
set_unit 'WatchdogSec=3'
inside systemctl restart sluice
sleep 7
pid=$(main_pid)
check "watchdog: one that works is let be" answers
check "is still the first one" test "$(unit_value NRestarts)" = 0
inside kill -STOP "$pid"
another() { [ "$(main_pid)" != "$pid" ] && [ "$(main_pid)" != 0 ] && answers; }
check "watchdog: one that hangs is ended and started again" until_true 30 another
rm -r "$root$unit_folder"
inside systemctl daemon-reload

echo "== ports held by systemd"
inside systemctl stop sluice
check "sockets are enabled in one line" inside systemctl enable --now sluice.socket
check "the server takes them" inside systemctl start sluice
check "answers on them" answers
restart_thrice
udp_holders() { inside ss -lunpH 'sport = :8000'; }
check "UDP too: the one socket is both systemd's and the server's" \
  test "$(udp_holders | grep -c .) $(udp_holders | grep -c systemd) $(udp_holders | grep -c "pid=$(main_pid),")" = "1 1 1"
publish live/d
check "publishing works through them" until_true 15 is_publishing
end_programs

echo "== several processes"
cp "$root/etc/default/sluice" "$root/root/default.was"
echo SLUICE_WORKERS=2 >>"$root/etc/default/sluice"
check "restarts" inside systemctl restart sluice
processes() { inside cat "/sys/fs/cgroup/system.slice/sluice.service/cgroup.procs" 2>/dev/null || inside pgrep -u sluice; }
check "there are three of them" test "$(processes | grep -c .)" -ge 3
publish live/w
check "publishing works" until_true 15 is_publishing
check "and playing" plays http://127.0.0.1:8080/live/w.flv h264
end_programs
# On Node the supervisor accepts for its workers, and refuses some while it ends.
[ "$which" = systemd-node ] || restart_thrice
cp "$root/root/default.was" "$root/etc/default/sluice"

echo "== a configuration of SRS"
cat >"$root/etc/sluice/srs.conf" <<'Y'
listen 1935;
daemon on;
pid ./objs/srs.pid;
srs_log_tank file;
srs_log_file ./objs/srs.log;
http_api { enabled on; listen 1985; }
vhost __defaultVhost__ { }
Y
mkdir -p "$root/var/lib/sluice/objs"
inside chown sluice: /var/lib/sluice/objs
echo CONFIG=/etc/sluice/srs.conf >>"$root/etc/default/sluice"
inside systemctl stop sluice.socket sluice
check "starts" inside systemctl start sluice
check "is ready then, though it says daemon on" answers
check "logs where it says" inside grep -q "server ready" /var/lib/sluice/objs/srs.log
check "reloads" inside systemctl reload sluice
check "stops" inside systemctl stop sluice
cp "$root/root/default.was" "$root/etc/default/sluice"
rm "$root/etc/sluice/srs.conf"
check "starts as before" inside systemctl start sluice.socket sluice

echo "== upgrade"
repacked=$root/root/next
dpkg-deb -R "$package" "$repacked"
version=$(sed -n 's/^Version: //p' "$repacked/DEBIAN/control")
sed -i "s/^Version: .*/Version: $version+next/" "$repacked/DEBIAN/control"
dpkg-deb -Zgzip -z1 --root-owner-group -b "$repacked" "$root/root/next.deb" >/dev/null
echo "# The operator's own." >>"$root$config"
pid=$(main_pid)
publish live/e
until_true 15 is_publishing
check "upgrades while a stream is running" inside dpkg -i /root/next.deb
check "the new server answers" until_true 10 answers
check "it is another process" test "$(main_pid)" != "$pid"
check "the configuration is kept" grep -q "operator's own" "$root$config"
check "and its rights" test "$(inside stat -c %a "$config")" = 640
end_programs
echo "nonsense: true" >>"$root$config"
pid=$(main_pid)
check "upgrades with a configuration that cannot be used" inside dpkg -i /root/next.deb
check "and leaves the server that runs" test "$(main_pid)" = "$pid"
check "which goes on" answers
sed -i '/^nonsense/d' "$root$config"

echo "== remove"
check "removes" inside dpkg -r sluice
check "nothing runs" not inside pgrep -x sluice
check "nothing listens" test -z "$(inside ss -lntH 'sport = :1935')"
check "the configuration is kept" test -f "$root$config"
check "recordings are kept" found '/var/lib/sluice/recordings/live/*.flv'
check "installs again" inside dpkg -i /root/sluice.deb
check "with the operator's configuration" grep -q "operator's own" "$root$config"
check "and runs" until_true 10 answers

echo "== purge"
check "purges" inside dpkg -P sluice
check "recordings are kept" found '/var/lib/sluice/recordings/live/*.flv'
rm -rf "$root/var/lib/sluice"
check "installs once more" inside dpkg -i /root/sluice.deb
check "purges again" inside dpkg -P sluice
left=$(find "$root/etc" "$root/usr" "$root/var" "$root/run" -xdev -name '*sluice*' ! -path '*/var/lib/dpkg/*' ! -path '*/var/log/*')
check "leaves nothing: $left" test -z "$left"
check "not even its user" not inside id sluice
failed=$(inside systemctl --failed --no-legend)
check "nothing has failed: $failed" test -z "$failed"
echo "== all is well"
