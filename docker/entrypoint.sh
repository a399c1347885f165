#!/bin/sh
# `phaze` inside the container: gives up root for PUID and PGID, then runs the command line.
# It starts the daemon, and serves `docker compose exec phaze phaze status` as well.
set -eu

fail() {
  printf 'phaze: %s\n' "$1" >&2
  exit 1
}

# The folders that Phaze must be able to write. Tests name others.
volumes=${PHAZE_VOLUMES:-/config /data}

set -- bun "${PHAZE_APP:-/app}/daemon/cli.ts" "$@"
# As the first process of the container it would have to reap orphans and pass signals on: tini does.
if [ "$$" -eq 1 ]; then
  set -- tini -- "$@"
fi

# Started by the engine as an ordinary user (docker run --user): there is nothing to give up.
if [ "$(id -u)" -ne 0 ]; then
  exec "$@"
fi

PUID=${PUID:-1000}
PGID=${PGID:-1000}
for pair in "PUID=$PUID" "PGID=$PGID"; do
  case ${pair#*=} in
    '' | *[!0-9]* | ??????????*) fail "$pair must be a number: \"id -u\" and \"id -g\" on the server show yours" ;;
  esac
done

# In a rootless engine, root inside is the user who started the container: PUID=0 is right there, and only there.
if [ "$PUID" -eq 0 ]; then
  exec "$@"
fi

drop() {
  setpriv --reuid="$PUID" --regid="$PGID" --clear-groups --inh-caps=-all --no-new-privs "$@"
}

for folder in $volumes; do
  # A new, empty volume belongs to root and is handed over. One that holds files belongs to somebody: it is left alone.
  if [ "$(stat -c %u "$folder")" -eq 0 ] && [ -z "$(ls -A "$folder")" ]; then
    chown "$PUID:$PGID" "$folder" || fail "$folder cannot be handed over to PUID=$PUID PGID=$PGID"
  fi
  drop test -w "$folder" ||
    fail "PUID=$PUID PGID=$PGID may not write $folder: give them its folder on the server (chown), or set PUID and PGID to its owner"
done

# Programs look for a home folder; this user may have none.
export HOME=/tmp
exec setpriv --reuid="$PUID" --regid="$PGID" --clear-groups --inh-caps=-all --no-new-privs "$@"
