#!/usr/bin/env bash
# A RabbitMQ broker of its own on loopback: own data, cookie, node name and port mapper, so any number run side by side, as any user.
#   rabbitmq.sh up DIR AMQP_PORT MANAGEMENT_PORT MAPPER_PORT NODE_PORT [SETTING...]
#                                                                         prints the AMQP address once the broker takes connections; a SETTING is a line of rabbitmq.conf, or one
#                                                                         of Erlang arguments when it begins with a hyphen
#   rabbitmq.sh down DIR [TERM|KILL]                                      TERM stops cleanly, KILL is a crash; either way "up" goes on with the data
set -uo pipefail

# A dead process that its parent has not yet buried does not count.
alive() { grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$1/status"; }

up() {
  local dir=$1 amqp=$2 management=$3 mapper=$4 node=$5
  shift 5
  mkdir -p "$dir/mnesia" "$dir/log"
  dir=$(cd "$dir" && pwd)
  if [ ! -f "$dir/.erlang.cookie" ]; then
    head -c 32 /dev/urandom | base64 | tr -dc 'A-Za-z0-9' >"$dir/.erlang.cookie"
    chmod 400 "$dir/.erlang.cookie"
  fi
  echo '[rabbitmq_management].' >"$dir/plugins"
  cat >"$dir/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$amqp
management.tcp.ip = 127.0.0.1
management.tcp.port = $management
disk_free_limit.absolute = 64MB
log.console = true
log.console.level = warning
CONF
  local erlang="-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none" setting
  for setting in "$@"; do
    case $setting in
      -*) erlang+=" $setting" ;;
      *) echo "$setting" >>"$dir/rabbitmq.conf" ;;
    esac
  done
  # The Debian wrapper in /usr/sbin changes the user and forgets these variables; the script below keeps both.
  cat >"$dir/environment" <<ENV
export HOME=$dir ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=$mapper
export RABBITMQ_NODENAME=farm$amqp@localhost RABBITMQ_DIST_PORT=$node
export RABBITMQ_MNESIA_BASE=$dir/mnesia RABBITMQ_LOG_BASE=$dir/log RABBITMQ_PID_FILE=$dir/pid
export RABBITMQ_CONFIG_FILE=$dir/rabbitmq.conf RABBITMQ_ENABLED_PLUGINS_FILE=$dir/plugins RABBITMQ_CONF_ENV_FILE=/dev/null
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="$erlang"
ENV
  # shellcheck source=/dev/null
  . "$dir/environment"
  rm -f "$dir/pid" "$dir/broker.pid"
  setsid /usr/lib/rabbitmq/bin/rabbitmq-server >"$dir/console.log" 2>&1 </dev/null &
  local launcher=$!
  for _ in $(seq 900); do
    # The AMQP port is opened last. The broker deletes its own pid file when asked to stop, hence the copy.
    if (exec 3<>"/dev/tcp/127.0.0.1/$amqp") 2>/dev/null && cp "$dir/pid" "$dir/broker.pid" 2>/dev/null; then
      echo "amqp://guest:guest@127.0.0.1:$amqp/"
      return 0
    fi
    alive "$launcher" || { tail -n 15 "$dir/console.log" >&2; return 1; }
    sleep 0.1
  done
  echo "RabbitMQ did not open port $amqp within 90 s: $dir/console.log" >&2
  kill -KILL -- -"$launcher" 2>/dev/null
  return 1
}

down() {
  local dir=$1 signal=${2:-TERM} pid
  # shellcheck source=/dev/null
  . "$dir/environment" || return 1
  pid=$(cat "$dir/broker.pid" 2>/dev/null || cat "$dir/pid" 2>/dev/null) || pid=
  if [ -n "$pid" ]; then
    kill "-$signal" "$pid" 2>/dev/null
    for _ in $(seq 600); do alive "$pid" || break; sleep 0.05; done
  fi
  # The mapper outlives the broker and refuses to go while a node is still registered with it.
  for _ in $(seq 40); do epmd -port "$ERL_EPMD_PORT" -kill 2>&1 | grep -q -e Killed -e 'cannot connect' -e 'Cannot connect' && break; sleep 0.1; done
}

case ${1:-} in
  up) shift; up "${1:?DIR}" "${2:?AMQP_PORT}" "${3:?MANAGEMENT_PORT}" "${4:?MAPPER_PORT}" "${5:?NODE_PORT}" "${@:6}" ;;
  down) shift; down "${1:?DIR}" "${2:-TERM}" ;;
  *) sed -n '2,6s/^# *//p' "$0" >&2; exit 2 ;;
esac
