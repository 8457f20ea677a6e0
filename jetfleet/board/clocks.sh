#!/bin/sh
# Written by jetfleet; changes made here are undone.
#   clocks free    prints the name of each clock that is not pinned to its maximum
#   clocks lock    pins them, and fails if they do not stay pinned
#   clocks restore frees them: they are again as they were before they were pinned
set -u

# As they were in this boot and power mode, before the first pin.
mode=$(tr -dc '[:alnum:]' < /var/lib/nvpmodel/status 2>/dev/null)
stored=/run/jetfleet/clocks-$mode

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

# jetson_clocks asks before it writes over a file.
store() {
  [ ! -f "$stored" ] || return 0
  mkdir -p "${stored%/*}" && chmod 700 "${stored%/*}" && rm -rf "$stored.new" &&
    timeout 60 /usr/bin/jetson_clocks --store "$stored.new" </dev/null >/dev/null &&
    mv -f -T "$stored.new" "$stored"
}

# Nothing was stored by an earlier release: the lowest are the board's own floors.
lowest() {
  for cpu in /sys/devices/system/cpu/cpu[0-9]*/cpufreq; do
    if read_file "$cpu/cpuinfo_min_freq"; then echo "$value" > "$cpu/scaling_min_freq"; fi
  done
  for gpu in /sys/class/devfreq/*.gpu /sys/class/devfreq/*.ga10b /sys/class/devfreq/*.gv11b; do
    if read_file "$gpu/available_frequencies"; then echo "${value%% *}" > "$gpu/min_freq"; fi
  done
  emc=/sys/kernel/debug/bpmp/debug/clk/emc/mrq_rate_locked
  if [ -w "$emc" ]; then echo 0 > "$emc"; fi
}

case "${1:-}" in
  free) free_clocks ;;
  lock)
    store || echo 'the settings of the clocks could not be stored' >&2
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
  restore)
    if [ -f "$stored" ]; then
      timeout 60 /usr/bin/jetson_clocks --restore "$stored" </dev/null
    else
      lowest 2>/dev/null || true
    fi
    ;;
  *) echo 'usage: clocks free|lock|restore' >&2; exit 2 ;;
esac
