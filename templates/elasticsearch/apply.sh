#!/bin/sh
# Tells Elasticsearch how the logs of a stack are kept. What is there already is replaced by the same, so that it may
# run any number of times; an index that exists keeps its settings until it is rolled over.
#   ES_URL, ES_TARGET       where logs go
#   ES_MODE                 data-stream or alias
#   ES_FIRST_INDEX          the first index of an alias
#   ES_CA_FILE              the certificate authority, where there is one
#   ES_USER, ES_PASSWORD    the login, where there is one; they reach curl by its standard input
#   BODIES                  the folder of the bodies
set -eu

login() {
  if [ -n "${ES_USER-}" ]; then
    printf 'user = "%s"\n' "$(printf '%s:%s' "$ES_USER" "$ES_PASSWORD" | sed 's/[\\"]/\\&/g')"
  fi
  if [ -n "${ES_CA_FILE-}" ]; then
    printf 'cacert = "%s"\n' "$ES_CA_FILE"
  fi
}

answer=${TMPDIR:-/tmp}/answer

# request METHOD PATH [BODY]: leaves the answer in that file and prints its status, 000 where there is none.
request() {
  method=$1
  path=$2
  body=${3-}
  set -- --request "$method"
  if [ -n "$body" ]; then
    set -- "$@" --header 'Content-Type: application/json' --data-binary "@$BODIES/$body"
  fi
  : >"$answer"
  login | curl --config - --silent --show-error --max-time 30 --output "$answer" --write-out '%{http_code}' "$@" \
    "$ES_URL/$path" || true
}

fail() {
  echo "$1: Elasticsearch answers $2" >&2
  cat "$answer" >&2
  echo >&2
  exit 1
}

# put PATH BODY: goes on only when Elasticsearch has taken it.
put() {
  status=$(request PUT "$@")
  case $status in
  200 | 201) echo "$1: applied" ;;
  *) fail "$1" "$status" ;;
  esac
}

tries=0
while :; do
  status=$(request GET _cluster/health)
  case $status in
  200) break ;;
  401 | 403) break ;; # It answers; what is not allowed is said below, by name.
  esac
  tries=$((tries + 1))
  if [ "$tries" -ge 60 ]; then
    fail "$ES_URL" "$status"
  fi
  echo "Elasticsearch answers $status, waiting"
  sleep 5
done

put "_ilm/policy/$ES_TARGET" policy.json
put "_component_template/$ES_TARGET-mappings" mappings.json
put "_component_template/$ES_TARGET-settings" settings.json
put "_index_template/$ES_TARGET" index-template.json

case $ES_MODE in
data-stream)
  status=$(request GET "_data_stream/$ES_TARGET")
  case $status in
  200) echo "$ES_TARGET: is there" ;;
  404) put "_data_stream/$ES_TARGET" '' ;;
  *) fail "_data_stream/$ES_TARGET" "$status" ;;
  esac
  ;;
alias)
  status=$(request GET "_alias/$ES_TARGET")
  case $status in
  200) echo "$ES_TARGET: is there" ;;
  404) put "$ES_FIRST_INDEX" first-index.json ;;
  *) fail "_alias/$ES_TARGET" "$status" ;;
  esac
  ;;
*)
  echo "ES_MODE is neither data-stream nor alias: $ES_MODE" >&2
  exit 1
  ;;
esac
