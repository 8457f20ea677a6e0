"""How NVIDIA's container runtime gives the GPU's devices to containers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import ABSENT, Attributes, Change, Resource, RunOptions
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.program import run_program

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIG = "/etc/nvidia-container-runtime/config.toml"
DEVICES = "/etc/cdi/nvidia.yaml"

_FOUND = re.compile(r"^(mode|devices)=([!-~]{1,40})$", re.MULTILINE)
_USUAL = "auto"
"""The mode of a file that does not name one."""

_INFO = "/var/lib/dpkg/info/nvidia-"
_PACKAGES = " ".join(f"{_INFO}{one}.list" for one in ("container-toolkit*", "l4t-core", "l4t-cuda"))
"""dpkg writes these files when it installs a package: what is older than them is out of date."""


@dataclass(frozen=True)
class RuntimeMode(Resource["dict[str, str]"]):
    """NVIDIA's runtime has a mode; in the mode `cdi` there is a current list of devices.

    Parameters
    ----------
    mode:
        ``auto``, ``csv`` or ``cdi``.
    lists:
        The mode with which `nvidia-ctk cdi generate` makes the list of devices on this board.

    """

    kind: ClassVar[str] = "runtime-mode"
    mode: str
    lists: str = "auto"

    @property
    def id(self) -> str:
        return "nvidia"

    @property
    def title(self) -> str:
        return f"Set the mode of NVIDIA's runtime ({CONFIG})"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ("docker-packages:*", "package:*", "package-version:*")

    @classmethod
    def survey(cls, resources: Sequence[RuntimeMode], options: RunOptions) -> str:
        del resources, options
        return f"""[ ! -f {CONFIG} ] || awk '
/^[ \\t]*\\[/ {{ inside = /^[ \\t]*\\[nvidia-container-runtime\\][ \\t]*(#.*)?$/ }}
inside && /^[ \\t]*mode[ \\t]*=/ {{ split($0, part, /["\\047]/); print "mode=" part[2]; exit }}
' {CONFIG}
if [ -s {DEVICES} ]; then
  state=listed
  for f in {_PACKAGES}; do [ ! "$f" -nt {DEVICES} ] || state=old; done
  echo devices=$state
fi
true
"""

    @classmethod
    def read(cls, text: str, resources: Sequence[RuntimeMode]) -> dict[str, dict[str, str]]:
        found = dict(_FOUND.findall(text))
        return {r.key: found for r in resources}

    def desired(self) -> Attributes:
        return {"mode": self.mode, **({"devices": "listed"} if self.mode == "cdi" else {})}

    def observed(self, actual: dict[str, str]) -> Attributes:
        have = {"mode": actual.get("mode", _USUAL)}
        return {**have, **({"devices": actual.get("devices", ABSENT)} if self._lists else {})}

    @property
    def _lists(self) -> bool:
        return self.mode == "cdi"

    def sentence(self, change: Change, actual: dict[str, str]) -> str:
        del actual
        if change.attribute == "mode":
            return f"NVIDIA's runtime is in the mode {change.have}"
        if change.have == ABSENT:
            return f"there is no list of the GPU's devices, {DEVICES}"
        return f"{DEVICES} is older than the packages of L4T or of NVIDIA's runtime"

    def steps(
        self,
        actual: dict[str, str],
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, options, resolver
        named = {change.attribute for change in changes}
        # First: in the mode cdi no container starts without its list.
        if "devices" in named:
            yield Run(_list_devices(self.lists), self.title, seconds=120, joined=True)
        if "mode" in named:
            job = {"path": CONFIG, "mode": self.mode}
            yield Run(run_program("place.py", "runtime_mode.py", job=job), self.title, joined=True)


def _list_devices(mode: str) -> str:
    """Return the script that makes the list of devices; a list that fails leaves the old one."""
    return f"""set -eu
if ! nvidia-ctk cdi generate --help >/dev/null 2>&1; then
  echo "nvidia-ctk cannot list devices: install nvidia-container-toolkit 1.13 or later, or write" \\
    "nvidia_mode: csv under docker in the spec" >&2
  exit 1
fi
umask 022
mkdir -p {DEVICES.rpartition("/")[0]}
rm -rf {DEVICES}.jetfleet-new
nvidia-ctk cdi generate --mode={mode} --format=yaml >{DEVICES}.jetfleet-new
[ -s {DEVICES}.jetfleet-new ] || {{ echo "nvidia-ctk lists no devices" >&2; exit 1; }}
sync {DEVICES}.jetfleet-new
mv -f -T {DEVICES}.jetfleet-new {DEVICES}
"""
