"""pyinfra as jetfleet starts it: the same program, without imports that no run of ours needs."""

from __future__ import annotations

import sys
from pathlib import Path

from jetfleet.garbage import collect_seldom
from jetfleet.late_import import import_ssh_late

_CODE = (
    "import sys; sys.path[:] = filter(None, sys.path); "
    "from jetfleet.run.started import main; main()"
)
"""Without an empty path, by which Python would look for modules in the current folder first."""


def pyinfra() -> tuple[str, ...]:
    """Return the first words of a command line that runs pyinfra; its arguments follow.

    They name pyinfra's own program, so that a list of processes shows what runs.
    """
    return (sys.executable, "-c", _CODE, str(Path(sys.executable).with_name("pyinfra")))


def main() -> None:
    """Run pyinfra with the arguments of this process."""
    del sys.argv[0]
    collect_seldom()
    import_ssh_late()
    from pyinfra_cli.main import main as run  # noqa: PLC0415 - what is above comes first

    run()
