"""Which files of a twin were touched meanwhile, on all its filesystems, by the kernel's word.

A file's change time moves with every write, rename, link, mode or owner, and nothing can set it
back; a folder's moves with every name that comes or goes. So what was written and put back, or
made and removed, is seen as well as what stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.support.lab import Lab

_MARK = "/run/touched-since"

# udev hears of each block device of the machine, so of those of other fleets too.
_OTHERS = "! -path '/run/udev*' ! -path '/dev/block*'"

_FIND = rf"""
roots=$(findmnt -rno TARGET -t overlay,tmpfs,ext4 | grep -v -e '^/proc' -e '^/sys' -e /overlay2/)
find $roots -xdev -cnewer {_MARK} ! -path {_MARK} {_OTHERS} -printf '%p\n' 2>/dev/null | sort -u
"""


def touched(lab: Lab, host: str, run: Callable[[], Any]) -> set[str]:
    """Run something; return the paths that were touched, numbers in them replaced by ``N``."""
    lab.sh(host, f"rm -f {_MARK}; : > {_MARK}")
    run()
    return {re.sub(r"\d+", "N", path) for path in lab.sh(host, _FIND).splitlines()}
