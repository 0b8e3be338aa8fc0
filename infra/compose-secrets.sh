#!/usr/bin/env bash
# Makes every password of docker-compose.yml, at random, into a folder that only its owner can enter.   usage: infra/compose-secrets.sh FOLDER
# Never overwrites a password: run it again after an upgrade and it adds what is new, to the broker's users, queues and policies too.
set -euo pipefail
folder=${1:?usage: infra/compose-secrets.sh FOLDER}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# The folder keeps other users of this machine out; the files themselves are readable, because containers read them under uids of their own.
mkdir -p "$folder/coordinator" "$folder/worker"
chmod 700 "$folder"

password() { openssl rand -hex 24; }

# write FILE TEXT: once.
write() {
  [ -e "$folder/$1" ] && return
  printf '%s' "$2" > "$folder/$1"
  chmod 444 "$folder/$1"
}

# RabbitMQ's own form: base64 of a 4-byte salt and the SHA-256 of salt and password.
rabbit_hash() {
  local salt
  salt=$(mktemp)
  openssl rand 4 > "$salt"
  { cat "$salt"; { cat "$salt"; printf '%s' "$1"; } | openssl dgst -sha256 -binary; } | openssl base64 -A
  rm -f "$salt"
}

write postgres_superuser_password "$(password)"
write postgres_owner_password "$(password)"
write postgres_reader_password "$(password)"
write rabbitmq_coordinator_password "$(password)"
write rabbitmq_worker_password "$(password)"
write rabbitmq_operator_password "$(password)"
write minio_root_user "renderfarm"
write minio_root_password "$(password)"

sed -e "s|@COORDINATOR_HASH@|$(rabbit_hash "$(cat "$folder/rabbitmq_coordinator_password")")|" \
  -e "s|@WORKER_HASH@|$(rabbit_hash "$(cat "$folder/rabbitmq_worker_password")")|" \
  -e "s|@OPERATOR_HASH@|$(rabbit_hash "$(cat "$folder/rabbitmq_operator_password")")|" \
  "$here/rabbitmq/definitions.json" > "$folder/rabbitmq_definitions.json.new"
mv -f "$folder/rabbitmq_definitions.json.new" "$folder/rabbitmq_definitions.json"
chmod 444 "$folder/rabbitmq_definitions.json"

for role in coordinator worker; do
  write "$role/RENDERFARM__BUS__CONNECTION" "amqp://$role:$(cat "$folder/rabbitmq_${role}_password")@rabbitmq:5672/renderfarm"
  write "$role/RENDERFARM__STORE__ACCESSKEY" "$(cat "$folder/minio_root_user")"
  write "$role/RENDERFARM__STORE__SECRETKEY" "$(cat "$folder/minio_root_password")"
done
write coordinator/RENDERFARM__RECORD__CONNECTION \
  "Host=postgres;Database=renderfarm;Username=renderfarm;Password=$(cat "$folder/postgres_owner_password")"
echo "secrets are in $folder"
