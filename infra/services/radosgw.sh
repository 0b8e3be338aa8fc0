#!/usr/bin/env bash
# An S3 server of its own on loopback: Ceph's object gateway over a cluster of one monitor and one storage daemon.
#   radosgw.sh up DIR S3_PORT MONITOR_PORT [memstore|bluestore] [TLS_PORT CERTIFICATE KEY]
#                                                                   prints "address access-key secret-key"; with a certificate and its key (PEM files) it
#                                                                   takes TLS on another port besides
#   radosgw.sh down DIR [TERM|KILL]
# memstore (default) keeps objects in memory and gives none back; bluestore keeps them in a sparse file, for long runs and crash tests ("up" again goes on with the data).
set -uo pipefail

# A dead process that its parent has not yet buried does not count.
alive() { grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$1/status"; }
access=farmaccess secret=farmsecretfarmsecret

configure() {
  local dir=$1 s3=$2 monitor=$3 store=$4 tls=${5:+ssl_endpoint=127.0.0.1:$5 ssl_certificate=$6 ssl_private_key=$7}
  cat >"$dir/ceph.conf" <<CONF
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon host = [v2:127.0.0.1:$monitor/0]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
# One machine, one user: nobody to tell apart.
auth cluster required = none
auth service required = none
auth client required = none
run dir = $dir/run
admin socket = $dir/run/\$name.asok
pid file = $dir/run/\$name.pid
crash dir = $dir/run
log file = $dir/log/\$name.log
mon cluster log file = $dir/log/cluster.log
# One copy of everything, and no waiting for peers that do not exist.
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
mon data avail crit = 1
mon data avail warn = 2
paxos propose interval = 0.02
paxos min wait = 0.01
[mon.a]
mon data = $dir/mon
[osd.0]
osd data = $dir/osd
osd objectstore = $store
memstore device bytes = 4294967296
bluestore block size = 17179869184
osd memory target = 1073741824
osd memory base = 134217728
osd memory cache min = 67108864
osd class load list = *
osd class default list = *
[client.rgw]
rgw data = $dir/rgw
# By default the gateway asks the monitor for encryption, which needs the keys that were switched off above.
ms mon client mode = crc
log max recent = 10
rgw frontends = beast endpoint=127.0.0.1:$s3 $tls
rgw dns name = localhost
rgw thread pool size = 64
rgw enable usage log = false
rgw enable quota threads = false
rgw run sync thread = false
rgw dynamic resharding = false
rgw override bucket index max shards = 1
rgw gc obj min wait = 5
rgw gc processor period = 10
CONF
}

create() {
  local dir=$1 conf=$1/ceph.conf
  monmaptool --create --clobber --fsid "$(sed -n 's/^fsid = //p' "$conf")" --addv a "[v2:127.0.0.1:$2]" "$dir/monmap" &&
    ceph-mon -c "$conf" -i a --mkfs --monmap "$dir/monmap" &&
    ceph-mon -c "$conf" -i a &&
    ceph -c "$conf" osd create &&
    ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$(cat /proc/sys/kernel/random/uuid)" &&
    ceph-osd -c "$conf" -i 0 &&
    radosgw-admin -c "$conf" user create --uid=farm --display-name=farm --access-key="$access" --secret-key="$secret" &&
    touch "$dir/created"
}

up() {
  local dir=$1 s3=$2 monitor=$3 store=${4:-memstore}
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  cd "$dir" || return 1
  mkdir -p mon osd rgw run log
  if [ ! -f created ]; then
    configure "$dir" "$s3" "$monitor" "$store" "${@:5}"
    create "$dir" "$monitor" >create.log 2>&1 || { tail -n 15 create.log >&2; return 1; }
  else
    { ceph-mon -c "$dir/ceph.conf" -i a && ceph-osd -c "$dir/ceph.conf" -i 0; } >start.log 2>&1 || { tail -n 15 start.log >&2; return 1; }
  fi
  radosgw -c "$dir/ceph.conf" -n client.rgw >gateway.log 2>&1 || { tail -n 15 gateway.log >&2; return 1; }
  for _ in $(seq 600); do
    if curl -s -o /dev/null "http://127.0.0.1:$s3/"; then
      echo "http://127.0.0.1:$s3 $access $secret"
      return 0
    fi
    sleep 0.1
  done
  echo "The object gateway did not answer on port $s3 within 60 s: $dir/log" >&2
  return 1
}

down() {
  local dir=$1 signal=${2:-TERM} name pid
  for name in client.rgw osd.0 mon.a; do
    pid=$(cat "$dir/run/$name.pid" 2>/dev/null) || continue
    kill "-$signal" "$pid" 2>/dev/null
    for _ in $(seq 300); do alive "$pid" || break; sleep 0.05; done
    rm -f "$dir/run/$name.pid"
  done
}

case ${1:-} in
  up) shift; up "${1:?DIR}" "${2:?S3_PORT}" "${3:?MONITOR_PORT}" "${@:4}" ;;
  down) shift; down "${1:?DIR}" "${2:-TERM}" ;;
  *) sed -n '2,7s/^# *//p' "$0" >&2; exit 2 ;;
esac
