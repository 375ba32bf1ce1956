#!/bin/sh
# npm run package:try: tries the Debian package on whole systems, with systemd and with init.d.
# Usage, as root: try-all.sh [PACKAGE.deb]; without one it is made of dist/sluice.
set -eu
cd "$(dirname "$0")/../.."
package=${1:-}
if [ -z "$package" ]; then
  [ -x dist/sluice ] || npm run -s build
  npm run -s package:deb -- "$(dpkg --print-architecture)" --binary dist/sluice
  package=$(ls dist/release/sluice_*_"$(dpkg --print-architecture)".deb)
fi
packaging/test/try-systemd.sh "$package"
packaging/test/try-sysvinit.sh "$package"
