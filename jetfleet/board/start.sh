#!/bin/sh
# start.sh NAME UNIT
#   starts the unit of a service again, and prints how often systemd has restarted it by itself
#
# If a foreign process has a port of the service, nothing is started or stopped: it prints `taken: `
# and which process that is, in one line.
set -eu

# What tells the processes of the service's container from foreign ones: its id and its addresses.
container='{{.Id}}{{range .NetworkSettings.Networks}} {{.IPAddress}}{{end}}'

# A question to a stopped engine would start it by its socket. The file has no line end.
engine_runs() {
  { read -r engine || [ -d "/proc/${engine:-none}" ]; } </run/docker.pid
}

main() {
  name=$1 unit=$2 own=
  if engine_runs 2>/dev/null; then
    own=$(timeout 20 docker container inspect -f "$container" "$name" 2>/dev/null) || own=
  fi
  # shellcheck disable=SC2086 # its id and its addresses, each an argument
  if ! taken=$(/usr/local/lib/jetfleet/port "/etc/jetfleet/$name/ready.json" $own 2>&1); then
    echo "taken: $(printf '%s' "$taken" | tr '\n' ' ')"
    return
  fi
  systemctl reset-failed "$unit" 2>/dev/null || true
  systemctl --no-block restart "$unit"
  systemctl show -p NRestarts --value "$unit"
}

# The program itself is on standard input, where no command may read it.
main "$@" </dev/null
