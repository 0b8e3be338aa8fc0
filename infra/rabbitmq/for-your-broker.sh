#!/usr/bin/env bash
# Prints what a broker of your own needs for the farm, for rabbitmqctl: the virtual host, the rights of its users coordinator and worker, the exchange and the
# queue farm.dead, and the policies. Make the two users first, with passwords of your own.
#   infra/rabbitmq/for-your-broker.sh [VHOST] | rabbitmqctl import_definitions
#   infra/rabbitmq/for-your-broker.sh [VHOST] | kubectl exec --stdin POD -- rabbitmqctl import_definitions
# VHOST is renderfarm unless it is named.
set -euo pipefail
vhost=${1:-renderfarm}
[[ $vhost =~ ^[A-Za-z0-9/_.-]+$ ]] || { echo "error: '$vhost' is no name of a virtual host; allowed are letters, digits and / _ . -" >&2; exit 2; }
sed -e '/^  "users": \[/,/^  \],/d' -e '/"user": "operator"/d' -e "s|\"renderfarm\"|\"$vhost\"|" "$(dirname "${BASH_SOURCE[0]}")/definitions.json"
