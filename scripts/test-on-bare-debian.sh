#!/bin/sh
# Runs the two commands of the README on a bare Debian: a root that has git and npm with their
# dependencies, and Node 20. Needs Linux, root, debootstrap and `ip`.
#
#   sh scripts/test-on-bare-debian.sh        runs some tests
#   sh scripts/test-on-bare-debian.sh all    runs all but those that need more programs
set -eu
cd "$(dirname "$0")/.."

case "${1:-some}" in
  some) tests='npm run test:files -- test/process/startup.test.ts test/mfa/turning-off.test.ts' ;;
  all) tests='npm test' ;;
  *) echo "Usage: sh scripts/test-on-bare-debian.sh [all]" >&2 && exit 2 ;;
esac

root=$(mktemp -d)
trap 'rm -rf --one-file-system "$root"' EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$root"

quietly() {
  "$@" >"$root/log" 2>&1 </dev/null || { cat "$root/log" >&2 && exit 1; }
}
quietly debootstrap --variant=minbase --include=ca-certificates,git trixie "$root/debian"
# Resolves names and trusts certificates as this machine does.
cp /etc/hosts /etc/resolv.conf "$root/debian/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$root/debian/etc/ssl/certs/"
export DEBIAN_FRONTEND=noninteractive
quietly chroot "$root/debian" apt-get install --yes --no-install-recommends npm
chroot "$root/debian" useradd --create-home ada
git clone --quiet . "$root/debian/home/ada/latchkey"
chown -R 1000:1000 "$root/debian/home/ada"

# Runs a script in the root as an unprivileged user. Mounts and processes end with it.
# $1: options of `unshare`. $2: the script.
inside() {
  # shellcheck disable=SC2016,SC2086
  unshare --mount --pid --fork --kill-child $1 sh -euc '
    ip link set lo up
    mount -t proc proc "$1/proc"
    mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
    exec chroot --userspec=1000:1000 --groups= "$1" env --ignore-environment \
      HOME=/home/ada PATH=/usr/bin:/bin sh -euc "cd /home/ada/latchkey; $2"
  ' sh "$root/debian" "$2"
}

inside '' '
  echo "Debian $(cat /etc/debian_version), Node $(node --version), npm $(npm --version)"
  node --eval "process.exit(process.version < \"v24\" ? 0 : 1)" # otherwise this tests nothing
  npm ci
'

# Without a network from here on, so that nothing else is installed and port 4000 is free.
inside --net '
  npm start >start.log 2>&1 &
  for second in $(seq 60); do
    grep --quiet "is ready" start.log && break
    sleep 1
  done
  node --eval "fetch(\"http://localhost:4000/health/ready\").then(({ ok }) => process.exit(ok ? 0 : 1))" ||
    { cat start.log && exit 1; }
  kill $!
'
inside --net "$tests"
