"""The files of benchmarks: read from a folder, or named one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from jetfleet.bench.result import Run
from jetfleet.errors import FleetError
from jetfleet.text import read_object

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FOLDER = "bench-results"
"""Default folder of the files ``<host>/<time>-<service>.json``."""


def files_in(folder: Path) -> set[Path]:
    """Return the files of benchmarks in a folder; none if there is no such folder."""
    return set(folder.rglob("*.json"))


def load_runs(paths: Sequence[Path]) -> list[Run]:
    """Return the runs of these files, and of all files in these folders, oldest first.

    Raises
    ------
    FleetError
        There are no files, or one of them is not a file of a benchmark.

    """
    files = [
        file for path in paths for file in (sorted(files_in(path)) if path.is_dir() else [path])
    ]
    if not files:
        listed = ", ".join(str(path) for path in paths)
        raise FleetError(
            f"no benchmarks in {listed}: run `pyinfra inventory/lab.py deploys/bench.py -y` first"
        )
    return sorted((_load(path) for path in files), key=lambda run: run.at)


def _load(path: Path) -> Run:
    try:
        return Run.model_validate(read_object(path.read_bytes()))
    except OSError as error:
        raise FleetError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, ValidationError) as error:
        first = error.errors()[0]["loc"] if isinstance(error, ValidationError) else ("no JSON",)
        where = ".".join(map(str, first))
        raise FleetError(
            f"{path} is not a result of a benchmark ({where}): name files that "
            "deploys/bench.py wrote"
        ) from error
