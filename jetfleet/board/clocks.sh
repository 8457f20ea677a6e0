#!/bin/sh
# Written by jetfleet; changes made here are undone.
#   clocks free    prints the name of each clock that is not pinned to its maximum
#   clocks pinned  prints the name of each clock that is pinned, and could be lower
#   clocks lock    pins them, and fails if they do not stay pinned
#   clocks restore frees them, and fails if they do not become free: they are again as they were
#                  before they were pinned, or as low as the board lets them be
set -u

# Fails for a CPU that is offline: it has no clock.
read_file() { [ -r "$1" ] && read -r value < "$1" 2>/dev/null; }

# Sets `lowest` to the smallest number of a file; empty without one.
read_lowest() {
  lowest=
  read_file "$1" || return 0
  for number in $value; do
    if [ -z "$lowest" ] || [ "$number" -lt "$lowest" ]; then lowest=$number; fi
  done
}

compare() { # MIN-FILE MAX-FILE FILE-OF-THE-LOWEST NAME
  read_file "$1" || return 0
  low=$value
  read_file "$2" || return 0
  high=$value
  read_lowest "$3"
  if [ "$low" != "$high" ]; then
    echo "free $4"
  elif [ "$lowest" != "$high" ]; then
    echo "pinned $4"
  fi
}

each_clock() {
  for cpu in /sys/devices/system/cpu/cpu[0-9]*; do
    of=$cpu/cpufreq
    compare "$of/scaling_min_freq" "$of/scaling_max_freq" "$of/cpuinfo_min_freq" "${cpu##*/}"
  done
  for gpu in /sys/class/devfreq/*.gpu /sys/class/devfreq/*.ga10b /sys/class/devfreq/*.gv11b; do
    compare "$gpu/min_freq" "$gpu/max_freq" "$gpu/available_frequencies" gpu
  done
  # On Thor the frequency files can hang their reader; the governor tells as much.
  for gpu in /sys/class/devfreq/gpu-*-0; do
    read_file "$gpu/governor" || continue
    if [ "$value" = performance ]; then echo "pinned ${gpu##*/}"; else echo "free ${gpu##*/}"; fi
  done
  if read_file /sys/kernel/debug/bpmp/debug/clk/emc/mrq_rate_locked; then
    if [ "$value" = 1 ]; then echo 'pinned emc'; else echo 'free emc'; fi
  fi
}

free_clocks() { each_clock | sed -n 's/^free //p'; }
pinned_clocks() { each_clock | sed -n 's/^pinned //p'; }

# Sets `stored` to the file of what the clocks were in this boot and in the mode that is on now: the
# saved one may wait for a reboot. Clocks of another mode would lift the limits of this one.
find_stored() {
  mode=$(timeout 20 nvpmodel -q </dev/null 2>/dev/null | sed -n 's/^NV Power Mode://p')
  stored=/run/jetfleet/clocks-$(printf %s "$mode" | tr -dc '[:alnum:]_' | cut -c 1-64)
}

# jetson_clocks asks before it writes over a file. What is pinned already does not show how it was.
store() {
  find_stored
  [ ! -f "$stored" ] && [ -z "$(pinned_clocks)" ] || return 0
  mkdir -p "${stored%/*}" && chmod 700 "${stored%/*}" && rm -rf "$stored.new" &&
    timeout 60 /usr/bin/jetson_clocks --store "$stored.new" </dev/null >/dev/null &&
    mv -f -T "$stored.new" "$stored"
}

# Tells whether a file of jetson_clocks is of this power mode: its highest clocks are those of now.
is_of_mode() {
  [ -f "$1" ] || return 1
  found=no
  while IFS= read -r line; do
    case $line in
      */cpufreq/scaling_max_freq:*) ;;
      *) continue ;;
    esac
    if ! read_file "${line%:*}" || [ "$value" != "${line##*:}" ]; then return 1; fi
    found=yes
  done < "$1"
  [ $found = yes ]
}

# Governors that hold a clock at one speed are not what a board starts with.
usual_governor() { # FOLDER
  usual=
  read_file "$1/available_governors" || return 0
  for governor in $value; do
    case $governor in
      performance|powersave|userspace) ;;
      nvhost_podgov) usual=$governor; return ;;
      *) usual=${usual:-$governor} ;;
    esac
  done
}

# Without a file of how they were: what jetson_clocks sets, set back. The highest stay as they are.
set_lowest() {
  for cpu in /sys/devices/system/cpu/cpu[0-9]*; do
    read_lowest "$cpu/cpufreq/cpuinfo_min_freq"
    [ -z "$lowest" ] || echo "$lowest" > "$cpu/cpufreq/scaling_min_freq"
    for idle in "$cpu"/cpuidle/state*/disable; do
      if [ -w "$idle" ]; then echo 0 > "$idle"; fi
    done
  done
  for gpu in /sys/class/devfreq/gpu-*-0; do
    if read_file "$gpu/governor" && [ "$value" = performance ]; then
      usual_governor "$gpu"
      [ -z "$usual" ] || echo "$usual" > "$gpu/governor"
    fi
  done
  for gpu in /sys/class/devfreq/*.gpu /sys/class/devfreq/*.ga10b /sys/class/devfreq/*.gv11b \
    /sys/class/devfreq/gpu-*-0; do
    read_lowest "$gpu/available_frequencies"
    [ -z "$lowest" ] || echo "$lowest" > "$gpu/min_freq"
    # Its power was kept on, too.
    if [ -w "$gpu/device/railgate_enable" ]; then echo 1 > "$gpu/device/railgate_enable"; fi
  done
  emc=/sys/kernel/debug/bpmp/debug/clk/emc/mrq_rate_locked
  if [ -w "$emc" ]; then echo 0 > "$emc"; fi
}

# The second file is that of `jetson_clocks --store` by hand.
restore() {
  find_stored
  for file in "$stored" /root/l4t_dfs.conf; do
    if is_of_mode "$file" && timeout 60 /usr/bin/jetson_clocks --restore "$file" </dev/null; then
      [ -n "$(pinned_clocks)" ] || return 0
    fi
  done
  set_lowest 2>/dev/null || true
  [ -n "$(pinned_clocks)" ] || return 0
  echo "these clocks stay pinned until the next boot: $(pinned_clocks | tr '\n' ' ')" >&2
  return 1
}

case "${1:-}" in
  free) free_clocks ;;
  pinned) pinned_clocks ;;
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
  restore) restore ;;
  *) echo 'usage: clocks free|pinned|lock|restore' >&2; exit 2 ;;
esac
