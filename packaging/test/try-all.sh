#!/bin/sh
# npm run package:try: tries packages on whole systems, with systemd and with init.d.
# Usage, as root: try-all.sh. Packages are made of dist/sluice. Needs mmdebstrap, systemd-container,
# ffmpeg and curl, and for the first time Debian's packages from the network.
set -eu
cd "$(dirname "$0")/../.."

debian=$(dpkg --print-architecture)
case $debian in
  amd64) target=linux-x64 ;;
  arm64) target=linux-arm64 ;;
  *) echo "there is no compiled program for $debian" >&2; exit 1 ;;
esac
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)

[ -x dist/sluice ] || npm run -s build
npm run -s package:deb -- "$debian" --binary dist/sluice
npm run -s package:tar -- "$target" --binary dist/sluice
packaging/test/try-systemd.sh "dist/release/sluice_${version}_$debian.deb"
packaging/test/try-sysvinit.sh "dist/release/sluice_${version}_$debian.deb"
packaging/test/try-install.sh "dist/release/sluice-$version-$target.tar.gz"
