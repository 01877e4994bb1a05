#!/bin/sh
# Waits until Elasticsearch has the data stream or alias that logs go to. A document that comes earlier would make an
# index of that name: without types, without a lifecycle, and in the way of what should have the name.
#   ES_URL, ES_TARGET       where logs go
#   ES_CA_FILE              the certificate authority, where there is one
#   ES_USER, ES_PASSWORD    the login, where there is one; they reach curl by its standard input
#   MARK                    the file that says that it was there: a node starts without Elasticsearch then
set -eu

if [ -e "$MARK" ]; then
  exit 0
fi

login() {
  if [ -n "${ES_USER-}" ]; then
    printf 'user = "%s"\n' "$(printf '%s:%s' "$ES_USER" "$ES_PASSWORD" | sed 's/[\\"]/\\&/g')"
  fi
  if [ -n "${ES_CA_FILE-}" ]; then
    printf 'cacert = "%s"\n' "$ES_CA_FILE"
  fi
}

while :; do
  status=$(login | curl --config - --silent --output /dev/null --max-time 10 --write-out '%{http_code}' --head \
    "$ES_URL/$ES_TARGET") || true
  if [ "$status" = 200 ]; then
    break
  fi
  echo "Elasticsearch answers $status for $ES_TARGET, waiting (000: no answer, 404: it is not there yet)"
  sleep 5
done
: >"$MARK"
