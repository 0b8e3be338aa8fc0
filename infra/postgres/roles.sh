#!/usr/bin/env bash
# Roles of the record, made once when the database server starts on an empty volume (docker-entrypoint-initdb.d), or by hand:
#   PGHOST=… PGUSER=postgres RENDERFARM_ROLE_SECRETS=FOLDER infra/postgres/roles.sh
# renderfarm         owns the database, for coordinators: they migrate it and drop old partitions, which takes an owner; no superuser.
# renderfarm_reader  may read, for dashboards and backups.
# Workers have no role: a worker never speaks to the record.
set -euo pipefail
secrets=${RENDERFARM_ROLE_SECRETS:-/run/secrets}

secret() {
  if [ ! -s "$secrets/$1" ]; then
    echo "error: $secrets/$1 is missing or empty; it holds the password of a database role" >&2
    exit 1
  fi
  tr -d '\r\n' < "$secrets/$1"
}

owner_password=$(secret postgres_owner_password)
reader_password=$(secret postgres_reader_password)

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-${PGUSER:-postgres}}" --dbname postgres \
  --set owner_password="$owner_password" --set reader_password="$reader_password" <<'SQL'
CREATE ROLE renderfarm LOGIN PASSWORD :'owner_password' NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION;
CREATE ROLE renderfarm_reader LOGIN PASSWORD :'reader_password' NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION;
CREATE DATABASE renderfarm OWNER renderfarm ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE renderfarm FROM PUBLIC;
GRANT CONNECT ON DATABASE renderfarm TO renderfarm_reader;
-- A forgotten transaction holds back vacuum and with it every claim.
ALTER ROLE renderfarm IN DATABASE renderfarm SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE renderfarm_reader IN DATABASE renderfarm SET default_transaction_read_only = on;
ALTER ROLE renderfarm_reader IN DATABASE renderfarm SET statement_timeout = '60s';
\connect renderfarm
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO renderfarm;
GRANT USAGE ON SCHEMA public TO renderfarm_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE renderfarm IN SCHEMA public GRANT SELECT ON TABLES TO renderfarm_reader;
SQL
