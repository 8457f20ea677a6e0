#!/bin/sh
# Print why the board must not reboot now; nothing if it may.
hold=/run/jetfleet/hold
if [ -f "$hold" ]; then
  echo "$hold is there$(head -c 200 "$hold" | head -n 1 | sed 's/^/: /')"
elif [ -e "$hold" ]; then
  echo "$hold is there"
fi
systemctl list-units --plain --no-legend --state=active,activating 'jetfleet-bench-*' |
  head -n 3 | while read -r unit _; do echo "the benchmark $unit runs"; done
