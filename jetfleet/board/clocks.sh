#!/bin/sh
# Written by jetfleet; changes made here are undone.
#   clocks free    prints the name of each clock that is not pinned to its maximum
#   clocks lock    pins them, and fails if they do not stay pinned
set -u

# Fails for a CPU that is offline: it has no clock.
read_file() { [ -r "$1" ] && read -r value < "$1" 2>/dev/null; }

pinned() { # MIN-FILE MAX-FILE NAME
  read_file "$1" || return 0
  low=$value
  read_file "$2" || return 0
  [ "$low" = "$value" ] || echo "$3"
}

free_clocks() {
  for cpu in /sys/devices/system/cpu/cpu[0-9]*; do
    pinned "$cpu/cpufreq/scaling_min_freq" "$cpu/cpufreq/scaling_max_freq" "${cpu##*/}"
  done
  for gpu in /sys/class/devfreq/*.gpu /sys/class/devfreq/*.ga10b /sys/class/devfreq/*.gv11b; do
    pinned "$gpu/min_freq" "$gpu/max_freq" gpu
  done
  # On Thor the frequency files can hang their reader; the governor tells as much.
  for gpu in /sys/class/devfreq/gpu-*-0; do
    if read_file "$gpu/governor" && [ "$value" != performance ]; then echo "${gpu##*/}"; fi
  done
  if read_file /sys/kernel/debug/bpmp/debug/clk/emc/mrq_rate_locked && [ "$value" != 1 ]; then
    echo emc
  fi
}

case "${1:-}" in
  free) free_clocks ;;
  lock)
    # Pins were seen not to take in some boots, so they are looked at and set again.
    tries=0
    while [ "$tries" -lt 15 ]; do
      timeout 60 /usr/bin/jetson_clocks </dev/null || echo 'jetson_clocks failed' >&2
      [ -z "$(free_clocks)" ] && exit 0
      tries=$((tries + 1))
      sleep 2
    done
    echo "these clocks do not stay pinned: $(free_clocks | tr '\n' ' ')" >&2
    exit 1
    ;;
  *) echo 'usage: clocks free|lock' >&2; exit 2 ;;
esac
