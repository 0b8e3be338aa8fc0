#!/usr/bin/env bash
# Installs the servers that the tests start, as far as they are missing: RabbitMQ, PostgreSQL and the Ceph object gateway, from Debian's packages.
#   infra/services/install.sh      exit 0: all are there; 1: some are missing and cannot be installed here, and one line says which
# Installing starts nothing: every server is started by a test, in a folder of its own, as an ordinary process.
set -uo pipefail

missing=()
[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || missing+=(rabbitmq-server)
command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
for pair in ceph-mon:ceph-mon ceph-osd:ceph-osd radosgw:radosgw ceph:ceph-common; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
command -v curl >/dev/null || missing+=(curl)
[ ${#missing[@]} = 0 ] && exit 0

cannot() {
  echo "Tests that need ${missing[*]} cannot run: $1. Install by hand: apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
}
command -v apt-get >/dev/null || cannot "this system has no apt-get"
[ "$(id -u)" = 0 ] || cannot "installing needs root"
echo "Installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 ||
  cannot "apt-get failed ($(tail -n 1 "$log"))"
