#!/bin/sh
# The lock of a board: scripts that change it have it alone, scripts that read it wait for them.
#
# The file lies in a folder that only root can enter: flock(1) needs no more than to read it. It
# holds who has had it last: {"by": ..., "since": ...}.
# shellcheck disable=SC2034,SC2154 # the text around this one reads and assigns them

lock_folder=/run/jetfleet
lock_file=$lock_folder/lock

# Take the lock for this shell. $1 is what the file says of the holder, $2 the seconds to wait.
# Print why it cannot be had.
lock_alone() {
  # A pipe that a fault left here would hold the script that opens it.
  if [ -e "$lock_file" ] && [ ! -f "$lock_file" ]; then rm -rf "$lock_file"; fi
  ( umask 077; mkdir -p "$lock_folder" && chmod 700 "$lock_folder" && : >> "$lock_file" ) >&2 || {
    lock_status=unlockable; return 1; }
  exec 9>> "$lock_file"
  lock_wait -x "$2" || return 1
  # Where /run is full, the holder is not known; the lock holds all the same.
  printf '%s\n' "$1" 2>/dev/null > "$lock_file" || true
}

# Wait until nothing changes the board. A script that reads does not even touch the file.
lock_after() {
  [ -f "$lock_file" ] || return 0
  exec 9< "$lock_file"
  lock_wait -s "$1" || return 1
  exec 9<&-
}

lock_wait() {
  flock "$1" -n 9 && return 0
  limit_watch "$(($2 + 5))" "$limit_connection"
  flock "$1" -w "$2" 9
  lock_had=$?
  limit_was_reached "$limit_watcher"
  [ "$lock_had" != 0 ] || return 0
  head -c 300 "$lock_file" >&2
  lock_status=locked
  return 1
}
