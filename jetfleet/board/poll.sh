#!/bin/sh
# poll.sh NAME UNIT ROUNDS
#   waits while the unit of a service starts, at most ROUNDS times 0.2 s, and prints its state, its
#   work and its log
set -u

read_log() { timeout 5 journalctl -q -o cat "$@" 2>/dev/null; }

wait_for_start() { # ROUNDS
  i=0
  while [ "$i" -lt "$1" ]; do
    case $(systemctl show -p ActiveState -p SubState -p Job "$unit") in
      *Job=[1-9]*) ;; *auto-restart*) break ;; *activating*) ;; *) break ;;
    esac
    sleep 0.2
    i=$((i + 1))
  done
}

# The work of a container is in its own control group, not in that of the unit.
print_work() {
  pid=$(timeout 5 docker container inspect -f '{{.State.Pid}}' "$name" 2>/dev/null || echo 0)
  [ "$pid" != 0 ] || pid=$(systemctl show -p MainPID --value "$unit")
  group=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup" 2>/dev/null)
  cpu=$(sed -n 's/^usage_usec //p' "$group/cpu.stat" 2>/dev/null)
  echo "work=$cpu $(cat "$group/io.stat" 2>/dev/null | tr '\n' ' ')"
}

main() {
  name=$1 unit=$2
  wait_for_start "$3"
  systemctl show -p ActiveState -p SubState -p Job -p NRestarts -p ExecMainStatus "$unit"
  systemctl show -p ExecStartPre -p ExecStartPost "$unit"
  print_work
  echo "said=$(read_log -n 1 -u "$unit" -t ready -t prestart)"
  start=$(systemctl show -p InvocationID --value "$unit")
  echo "answer=$(read_log -n 1 -t ready "_SYSTEMD_INVOCATION_ID=$start")"
  echo '-- log'
  read_log -n 40 -u "$unit"
  true
}

# The program itself is on standard input, where no command may read it.
main "$@" </dev/null
