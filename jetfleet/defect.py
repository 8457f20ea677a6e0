"""An error in jetfleet itself: one sentence for the user, and a file for a bug report."""

from __future__ import annotations

import os
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.environment import RUN_FOLDER
from jetfleet.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = Path(__file__).parent.parent
_OURS = ("jetfleet/", "roles/")

_FRAMES = 40
"""Most calls of a report, the innermost: an endless recursion has a thousand."""

_FILES = 100
"""Most reports of a folder."""

_REPORTED: dict[tuple[str, str], str] = {}
"""Where each error of this process is reported, by its type and place."""


class Defect(FleetError):
    """An exception that the code does not expect; the message names its type and place.

    Other hosts are not concerned: the host whose data caused it is refused.
    """


@contextmanager
def contained(doing: str, passing: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Raise `Defect` in place of an exception that is not a `FleetError`, and write its report.

    The report has versions, type and calls. It has no message and no values, because these can
    quote a board's file or a secret. It is in the run folder, or without one in the user's state
    folder. ``KeyboardInterrupt`` and other exceptions that end a process pass.

    Parameters
    ----------
    doing:
        What the code inside does, such as ``comparing service:cosmos``.
    passing:
        Exceptions that the caller expects.

    """
    try:
        yield
    except Exception as error:
        if isinstance(error, (FleetError, *passing)):
            raise
        raise _defect(error, doing) from error


def reports_in(folder: Path) -> list[Path]:
    """Return the reports in a run folder."""
    return sorted(folder.glob("error-*.txt"))


def _defect(error: Exception, doing: str) -> Defect:
    kind, place = type(error).__name__, _place(error)
    if (kind, place) not in _REPORTED:
        _REPORTED[kind, place] = _written(error, doing)
    return Defect(
        f"{doing} ended with {kind} at {place}, an error in jetfleet: {_REPORTED[kind, place]}"
    )


def _place(error: BaseException) -> str:
    """Return file and line of our own code that is nearest to the error."""
    calls = traceback.extract_tb(error.__traceback__)
    ours = [call for call in calls if _short(call.filename).startswith(_OURS)]
    last = (ours or calls)[-1]
    return f"{_short(last.filename)}:{last.lineno}"


def _written(error: Exception, doing: str) -> str:
    """Write the report of an error; return what the user can do with it."""
    from platformdirs import user_state_path  # noqa: PLC0415 - most runs have no error

    folder = Path(os.environ.get(RUN_FOLDER) or user_state_path("jetfleet") / "errors")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for number in range(1, _FILES + 1):
            path = folder / f"error-{os.getpid()}-{number}.txt"
            if not path.exists():
                opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(opened, "w", encoding="utf-8", errors="replace") as file:
                    file.write(_report(error, doing))
                return f"report it with {path}"
    except OSError as failure:
        return f"no report could be written to {folder} ({failure.strerror})"
    return f"{folder} is full of reports: send one, then remove them"


def _report(error: BaseException, doing: str) -> str:
    import platform  # noqa: PLC0415 - most runs have no error
    from importlib.metadata import version  # noqa: PLC0415

    about = (
        f"jetfleet {version('jetfleet')}, pyinfra {version('pyinfra')}, "
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    lines = [about, f"while: {doing}", "messages and values are left out: they can quote secrets"]
    cause: BaseException | None = error
    while cause is not None and len(lines) < _FRAMES * 4:
        lines += ["", type(cause).__name__]
        lines += [
            f"  {_short(call.filename)}:{call.lineno} in {call.name}: {call.line}"
            for call in traceback.extract_tb(cause.__traceback__)[-_FRAMES:]
        ]
        cause = cause.__cause__ or cause.__context__
    return "\n".join(lines) + "\n"


def _short(file: str) -> str:
    """Return a path below the folder that the package is in: a report names no home folder."""
    path = Path(file)
    return str(path.relative_to(_ROOT) if path.is_relative_to(_ROOT) else path.name)
