#!/usr/bin/env bash
# Puts the messages of the queue farm.dead back into the queues they came from, and waits until they are there. Run where rabbitmqctl speaks to the broker:
#   docker compose exec rabbitmq bash /opt/renderfarm/put-back.sh
#   kubectl exec --stdin POD -- bash -s -- VHOST < infra/rabbitmq/put-back.sh
# VHOST is renderfarm unless it is named. Every message of the farm may arrive twice without harm, so this may be broken off and run again.
set -euo pipefail
vhost=${1:-renderfarm}

rabbitmq-plugins enable --quiet rabbitmq_shovel > /dev/null
# A dead letter keeps the routing key it was sent with, and the default exchange takes that for the name of its queue.
rabbitmqctl --quiet --vhost "$vhost" set_parameter shovel farm-put-back "{
  \"src-protocol\": \"amqp091\", \"src-uri\": \"amqp:///${vhost//\//%2F}\", \"src-queue\": \"farm.dead\", \"src-delete-after\": \"queue-length\",
  \"dest-protocol\": \"amqp091\", \"dest-uri\": \"amqp:///${vhost//\//%2F}\", \"dest-exchange\": \"\", \"ack-mode\": \"on-confirm\"
}"
# The shovel takes what was there when it began, and removes itself.
while rabbitmqctl --quiet --vhost "$vhost" list_parameters --formatter csv | grep -q farm-put-back; do sleep 1; done
echo "put back what was in farm.dead of $vhost"
