#!/usr/bin/env bash
# Holds one server for as long as somebody keeps this script's standard input open, then kills it and deletes its folder.
#   infra/services/hold.sh NAME DIR ARGUMENT...      NAME.sh up DIR ARGUMENT...; its one line of output is this script's
# The end of the holder, however it ends, closes the pipe: a test run that is killed leaves nothing behind.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=${1:?NAME} dir=${2:?DIR}
shift 2
trap '' INT HUP
trap 'bash "$here/$name.sh" down "$dir" KILL >/dev/null 2>&1; rm -rf "$dir"' EXIT
trap 'exit 143' TERM

bash "$here/$name.sh" up "$dir" "$@" </dev/null || exit 1
while read -r _; do :; done
