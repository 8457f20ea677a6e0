"""systemd units that were added to a board by hand, and what else starts containers at boot."""

from __future__ import annotations

from dataclasses import dataclass, field

from jetfleet.adopt.launches import SCRIPT
from jetfleet.resources.adopted.hiding import hiding
from jetfleet.resources.adopted.service import SHOWN, read_shown

_FOLDER = "/etc/systemd/system"

_OF_THE_BOARD = frozenset(
    {
        "nvpmodel.service", "nvpower.service", "nvfb.service", "nvfb-early.service",
        "nvfb-udev.service", "nvgetty.service", "nvmemwarning.service", "nv-l4t-bootloader.service",
        "nv.service", "nv_nvsciipc_init.service", "nv-tee-supplicant.service",
        "nvargus-daemon.service", "nvs-service.service", "nvphs.service", "nvweston.service",
        "nvzramconfig.service", "nvidia-l4t-bootloader.service", "tee-supplicant.service",
    }
)  # fmt: skip
"""Units that L4T installs."""

_ENGINES = "docker|podman|nerdctl|jetson-containers"

_STARTS = (
    f"^ExecStart=.*({_ENGINES})(-compose)?([[:space:]].*)?[[:space:]](run|start|up)([[:space:]]|$)"
)

_PACKAGED = "/usr/lib/systemd/system/*.service /usr/local/lib/systemd/system/*.service"

_MOST = 65536
"""Bytes of a script that are read."""


@dataclass(frozen=True)
class Units:
    """The units of a survey.

    Parameters
    ----------
    shown:
        The properties of each unit that belongs neither to L4T nor to jetfleet.
    unread:
        Units that `systemctl show` could not read.
    idle:
        Template units without an instance.
    lines:
        Lines with a container engine, by the unit whose script has them, or by the file that runs
        at boot.

    """

    shown: list[dict[str, str]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    idle: list[str] = field(default_factory=list)
    lines: dict[str, list[str]] = field(default_factory=dict)


def survey(folder: str = _FOLDER, packaged: str = _PACKAGED) -> str:
    """Return a script that shows the units with files in a folder, without secrets.

    Of the folders of packages, those that start containers are shown as well: no package does.

    A link is a unit of its own only if its file is not one that a package installs. Of a template
    the instances are shown: systemd knows no unit of the template's own name, and `systemctl show`
    ends at such a name. So each unit is asked for alone.
    """
    return f"""{{
set -f
starts() {{
  sed -e ':a' -e '/\\\\$/N; s/\\\\\\n/ /; ta' | grep -aE '{_ENGINES}|(^|[;&[:space:]])cd ' |
    while IFS= read -r line; do printf 'starts %s %s\\n' "$1" "$line"; done
}}
set +f
set --
for unit in {folder}/*.service {folder}/*.timer {folder}/*.mount; do
  [ -f "$unit" ] || continue
  if [ -L "$unit" ]; then
    case $(readlink -f -- "$unit") in
      /usr/lib/systemd/*|/lib/systemd/*|/run/*|/dev/*|{folder}/*) continue ;;
    esac
  fi
  name=${{unit##*/}}
  case $name in
    *@.*)
      all="${{name%.*}}*.${{name##*.}}" found=
      for one in $({{ systemctl list-units --all --plain --full --no-legend "$all"
        systemctl list-unit-files --full --no-legend "$all"; }} | cut -d' ' -f1); do
        case $one in *@.*) continue ;; esac
        found=yes
        case " $* " in *" $one "*) ;; *) set -- "$@" "$one" ;; esac
      done
      [ -n "$found" ] || echo "idle $name" ;;
    *) set -- "$@" "$name" ;;
  esac
done
# shellcheck disable=SC2013 # the name of a unit has no blanks
for unit in $(grep -lE '{_STARTS}' {packaged}); do
  set -- "$@" "${{unit##*/}}"
done
set -f
for unit; do
  if shown=$(systemctl show -p {",".join(SHOWN)} -- "$unit"); then
    printf '%s\\n\\n' "$shown"
    for word in $(printf '%s\\n' "$shown" | sed -n 's/^ExecStart=.*argv\\[\\]=//p'); do
      case $word in
        /*) [ -f "$word" ] && [ "$(head -c 2 -- "$word" | tr -d '\\0')" = '#!' ] &&
          {{ echo "starts $unit {SCRIPT} $word"
            head -c {_MOST} -- "$word" | starts "$unit"; }} ;;
      esac
    done
  else
    echo "unread $unit"
  fi
done
set +f
for file in /etc/crontab /etc/cron.d/* /var/spool/cron/crontabs/*; do
  [ -f "$file" ] && grep -aE '^[[:space:]]*@reboot' -- "$file" | starts "$file"
done
[ -f /etc/rc.local ] && head -c {_MOST} /etc/rc.local | grep -v '^[[:space:]]*#' |
  starts /etc/rc.local
true
}} 2>/dev/null | {hiding()}"""


def read(text: str) -> Units:
    """Return the units that the script printed."""
    units = Units(
        shown=[
            shown
            for shown in read_shown(text)
            if shown["Id"] not in _OF_THE_BOARD and not shown["Id"].startswith("jetfleet-")
        ]
    )
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "unread":
            units.unread.append(rest)
        elif word == "idle":
            units.idle.append(rest)
        elif word == "starts":
            owner, _, said = rest.partition(" ")
            units.lines.setdefault(owner, []).append(said)
    return units
