#!/bin/sh
# Installs programs that some tests need: a browser, a second authenticator, a
# QR reader, an SMS gateway, a connection pooler, proxies, JWT and OpenID Connect libraries
# of other languages, Apache, Prometheus. Needs root and apt (Debian, Ubuntu).
set -eu

tools='chromium-headless-shell oathtool zbar-tools kannel pgbouncer curl openssl python3-jwt python3-cryptography ruby ruby-jwt'
tools="$tools apache2 libapache2-mod-auth-openidc python3-authlib python3-requests caddy nginx prometheus systemd iproute2 debootstrap"

missing=
for tool in $tools; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$tool" 2>/dev/null) || state=
  [ "$state" = installed ] || missing="$missing $tool"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
  echo "Missing for the tests:$missing. As root: sh scripts/install-test-tools.sh" >&2
  exit 1
fi

# Packages run this script before they start their service; 101 forbids it. Tests start their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
quietly() {
  "$@" >"$log" 2>&1 </dev/null || {
    cat "$log" >&2
    exit 1
  }
}
quietly apt-get update
# Unquoted: one argument per package.
# shellcheck disable=SC2086
quietly apt-get install --yes --no-install-recommends $missing
rm -f "$log"
