"""The script that sets a power mode, and saves it for the next boot."""

from __future__ import annotations

from jetfleet.resources.power.state import STATUS
from jetfleet.steps.shell import words


def set_mode(number: int, name: str) -> str:
    """Return a script that sets the mode of this id, which the board's conf calls `name`.

    It prints ``reboot-needed`` if only the next boot takes the mode.
    """
    return f"""set -eu
mode={number}
name={words([name])}
is_on() {{
  said=$(timeout 20 nvpmodel -q </dev/null 2>/dev/null | grep -A1 '^NV Power Mode' | tail -n 1)
  # The id is on a line of its own, if there is one.
  [ "$said" = "$mode" ] || [ "$said" = "NV Power Mode: $name" ]
}}
# A mode that is on is not set once more: that would free clocks that are locked. On JetPack 7 the
# command can fail though it has set the mode: what counts is which one is on.
out=
is_on || out=$(timeout 60 nvpmodel -m $mode </dev/null 2>&1) || true
now=other
if is_on; then now=on; fi
saved=$(sed -n 's/.*pmode:0*\\([0-9][0-9]*\\).*/\\1/p' {STATUS} 2>/dev/null | tail -n 1)
[ $now = on ] && [ "$saved" = "$mode" ] && exit 0
case "$now $out" in
  "on "*|*"eboot required"*) ;;
  *) echo "nvpmodel did not take the mode: $(echo "$out" | tail -n 1)" >&2; exit 1 ;;
esac
mkdir -p {STATUS.rsplit("/", 1)[0]}
rm -rf {STATUS}.jetfleet-new
new=$(printf 'pmode:%04d' "$mode")
# The line has the mode of the fan, too, and that stays.
if grep -q 'pmode:[0-9]' {STATUS} 2>/dev/null; then
  sed "s/pmode:[0-9]*/$new/" {STATUS} > {STATUS}.jetfleet-new
else
  echo "$new" > {STATUS}.jetfleet-new
fi
sync -- {STATUS}.jetfleet-new
mv -f -T {STATUS}.jetfleet-new {STATUS}
sync -- {STATUS.rsplit("/", 1)[0]}
[ $now = on ] || echo reboot-needed
"""
