#!/bin/sh
# Imports saved objects into Kibana. Again and again is as good as once: objects with these ids are replaced.
#
#   KIBANA_URL          where Kibana is
#   OBJECTS             the file with the objects; its name ends in .ndjson
#   USERNAME, PASSWORD  the login, where Kibana asks for one
#   CA_FILE             the certificate authority of Kibana, where it is none of the usual ones
#   ATTEMPTS, PAUSE     how often Kibana is asked until it is ready, and the seconds in between
set -eu

attempts=${ATTEMPTS:-60}
pause=${PAUSE:-10}
url=${KIBANA_URL%/}/api/saved_objects/_import?overwrite=true
line_break='
'

# The login goes to curl's standard input: other processes see arguments.
login() {
  [ -n "${USERNAME:-}" ] || return 0
  printf 'user = "%s"\n' "$(printf '%s:%s' "$USERNAME" "$PASSWORD" | sed 's/[\\"]/\\&/g')"
}

# What Kibana says, in a line that a log keeps.
explain() {
  printf '%s\n' "$body" | cut -c 1-4000 >&2
}

case ${USERNAME:-}${PASSWORD:-} in
*"$line_break"*)
  echo "the login has a line break in it: write the Secret without one" >&2
  exit 1
  ;;
esac

set -- --silent --show-error --connect-timeout 10 --max-time 120 --config - --request POST --header 'kbn-xsrf: obsgen' \
  --form "file=@$OBJECTS;type=application/ndjson" --write-out '\n%{http_code}'
[ -z "${CA_FILE:-}" ] || set -- "$@" --cacert "$CA_FILE"

attempt=1
while :; do
  answer=$(login | curl "$@" "$url") || :
  status=${answer##*"$line_break"}
  body=${answer%"$line_break"*}
  case $status in
  200) break ;;
  # Not reachable, not ready, or told to wait.
  '' | 000 | 429 | 502 | 503 | 504) ;;
  *)
    echo "Kibana refuses the import with status $status:" >&2
    explain
    exit 1
    ;;
  esac
  if [ "$attempt" -ge "$attempts" ]; then
    echo "Kibana is not ready after $attempts attempts; the last status is ${status:-000}" >&2
    exit 1
  fi
  echo "Kibana is not ready (status ${status:-000}), attempt $attempt of $attempts"
  attempt=$((attempt + 1))
  sleep "$pause"
done

# Kibana answers 200 also where it took in only a part, or nothing.
case $body in
*'"success":false'*) ;;
*'"success":true'*)
  echo "imported"
  exit 0
  ;;
esac
echo "Kibana did not import everything:" >&2
explain
exit 1
