#!/bin/sh
# The lease of a board: one run at a time changes it. These functions stand before the scripts of a
# run that has or takes the lease; each of those has the lock of the board, or waits for it.
#
# The lease is one line: id of the run, uptime until which it holds, uptime since which the run has
# it, and who runs it, in base64. Only the board's own uptime counts, so no clock needs to be right.
lease_file=/run/jetfleet/lease

# For the run that sent this script: it reads the line, and names the other run.
lease_refuse() {
  echo "@jetfleet-lease $(cut -d ' ' -f 1 /proc/uptime) $(head -c 4096 "$lease_file" | head -n 1)" >&2
  exit 76
}

# Keep other scripts from the lease until `lease_unlock`; fail where there is no folder for it.
lease_lock() {
  [ -d "${lease_file%/*}" ] || return 1
  if [ -d "$lease_file.lock" ]; then rm -rf -- "$lease_file.lock"; fi
  exec 8>> "$lease_file.lock"
  flock -w 5 8
}

lease_unlock() { exec 8>&-; }

# A lease that cannot be read does not hold: a cut or foreign file must not keep every run out.
lease_read() {
  read -r lease_now _ < /proc/uptime
  lease_now=${lease_now%.*} lease_id='' lease_until=0 lease_since=0 lease_who=''
  if [ -f "$lease_file" ]; then
    read -r lease_id lease_until lease_since lease_who _ < "$lease_file" || true
  fi
  case $lease_id in *[!0-9a-f]*) lease_id='' ;; esac
  case ${lease_until:-x}${lease_since:-x} in ???????????????????* | *[!0-9]*) lease_id='' ;; esac
}

lease_write() { # ID UNTIL SINCE WHO
  if [ -d "$lease_file" ]; then rm -rf -- "$lease_file"; fi
  if ! (umask 077 && printf '%s %s %s %s\n' "$@" > "$lease_file.new") 2>/dev/null ||
    ! mv -f -T -- "$lease_file.new" "$lease_file"; then
    echo "$lease_file cannot be written: make room in /run, or reboot the board" >&2
    exit 1
  fi
}

# Another run may have had the lease last. It is given only if this run saw that when it surveyed
# the board, and if that lease has ended or the user takes it over.
lease_take() { # ID SEEN SECONDS WHO over|wait
  lease_lock || exit 1
  lease_read
  if [ -n "$lease_id" ] && [ "$lease_id" != "$1" ]; then
    [ "$lease_id" = "$2" ] || lease_refuse
    [ "$5" = over ] || [ "$lease_until" -le "$lease_now" ] || lease_refuse
  fi
  [ "$lease_id" = "$1" ] || lease_since=$lease_now
  lease_write "$1" $((lease_now + $3)) "$lease_since" "$4"
  lease_unlock
}

lease_renew() { # ID SECONDS
  lease_lock || return 0
  lease_read
  if [ "$lease_id" = "$1" ]; then
    lease_write "$1" $((lease_now + $2)) "$lease_since" "$lease_who"
  elif [ -n "$lease_id" ]; then
    lease_refuse
  fi
  lease_unlock
}

lease_release() { # ID
  lease_lock || return 0
  lease_read
  [ "$lease_id" != "$1" ] || lease_write "$1" 0 "$lease_now" "$lease_who"
  lease_unlock
}
