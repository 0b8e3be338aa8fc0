#!/usr/bin/env bash
# A PostgreSQL server of its own on loopback, superuser "renderfarm" without a password.
#   postgres.sh up DIR PORT [fast|durable] [CERTIFICATE KEY]
#                                                prints a connection string; fast (default) does not wait for the disk, durable does; with a certificate and its key
#                                                (PEM files) it takes TLS on that port, and nothing else
#   postgres.sh down DIR [TERM|KILL]             TERM stops cleanly, KILL is a crash; either way "up" goes on with the data
set -uo pipefail

# A dead process that its parent has not yet buried does not count.
alive() { grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$1/status"; }

# PostgreSQL refuses to run as root: as root, everything runs as the system's own user for it.
as=()
[ "$(id -u)" = 0 ] && as=(runuser -u "${POSTGRES_OS_USER:-postgres}" --)
bin=$(dirname "$(command -v initdb 2>/dev/null || find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)")
psql=$(command -v psql || echo "$bin/psql")

up() {
  local dir=$1 port=$2 disk=${3:-fast} certificate=${4:-} key=${5:-} options
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd)
  # Another user must be able to enter the folder, and start from within it.
  chmod 755 "$dir"
  [ "$(id -u)" = 0 ] && chown "${POSTGRES_OS_USER:-postgres}" "$dir"
  cd "$dir" || return 1
  if [ ! -d "$dir/data" ]; then
    "${as[@]}" "$bin/initdb" -D "$dir/data" -U renderfarm --auth=trust --encoding=UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; return 1; }
  fi
  options="-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$dir -c max_connections=300"
  [ "$disk" = durable ] || options+=" -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
  if [ -n "$certificate" ]; then
    # A key that others may read is refused.
    install -m 644 "$certificate" "$dir/data/server.crt" || return 1
    install -m 600 "$key" "$dir/data/server.key" || return 1
    sed -i 's/^host /hostssl /' "$dir/data/pg_hba.conf" || return 1
    [ "$(id -u)" = 0 ] && chown "${POSTGRES_OS_USER:-postgres}" "$dir/data/server.crt" "$dir/data/server.key" "$dir/data/pg_hba.conf"
    options+=" -c ssl=on"
  fi
  "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -s -w -t 60 -l "$dir/postgres.log" -o "$options" start >/dev/null || { tail -n 15 "$dir/postgres.log" >&2; return 1; }
  "$psql" -h 127.0.0.1 -p "$port" -U renderfarm -d postgres -qtAc "select 1 from pg_database where datname = 'renderfarm'" | grep -q 1 ||
    "$psql" -h 127.0.0.1 -p "$port" -U renderfarm -d postgres -qc 'create database renderfarm' || return 1
  echo "Host=127.0.0.1;Port=$port;Username=renderfarm;Database=renderfarm"
}

down() {
  local dir=$1 mode=fast pid
  cd "$dir" || return 1
  pid=$(head -n 1 "$dir/data/postmaster.pid" 2>/dev/null) || return 0
  if [ "${2:-TERM}" = KILL ]; then
    # The children hold shared memory; they see their parent's death and leave by themselves.
    kill -KILL "$pid" 2>/dev/null
    for _ in $(seq 200); do alive "$pid" || break; sleep 0.05; done
    return 0
  fi
  "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -s -w -t 60 -m "$mode" stop
}

case ${1:-} in
  up) shift; up "${1:?DIR}" "${2:?PORT}" "${@:3}" ;;
  down) shift; down "${1:?DIR}" "${2:-TERM}" ;;
  *) sed -n '2,6s/^# *//p' "$0" >&2; exit 2 ;;
esac
