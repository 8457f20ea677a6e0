"""A benchmark's file: on what board and with what settings, and the figures that vLLM gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jetfleet.catalog.l4t import parse_nv_tegra_release
from jetfleet.errors import FleetError
from jetfleet.spec.frozen import thaw
from jetfleet.text import read_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jetfleet.bench.about import About
    from jetfleet.lock.model import LockedModel
    from jetfleet.role.role_input import RoleInput
    from jetfleet.spec.model import Service

FOLDER = "bench-results"
"""Default folder of the files ``<host>/<time>-<service>.json``."""


class _Read(BaseModel):
    # Files are kept for years, and vLLM adds figures: what is unknown is passed over.
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class BoardAs(_Read):
    """The board as it was when the benchmark began."""

    module: str
    l4t: str
    power_mode: str = ""
    clocks_locked: bool | None = None
    throttling: tuple[str, ...] = ()
    hottest: float | None = None


class ImageAs(_Read):
    """The image that the container ran."""

    name: str
    digest: str = ""


class ModelAs(_Read):
    """The model as it is locked; ``size`` in bytes."""

    name: str
    revision: str
    quantisation: str = ""
    size: int = 0


class Figures(_Read):
    """The figures of one load by vLLM's own names; times in ms, rates in a second."""

    completed: int = 0
    duration: float = 0.0
    request_throughput: float = 0.0
    output_throughput: float = 0.0
    total_token_throughput: float = 0.0
    mean_ttft_ms: float = 0.0
    median_ttft_ms: float = 0.0
    p99_ttft_ms: float = 0.0
    mean_tpot_ms: float = 0.0
    median_tpot_ms: float = 0.0
    p99_tpot_ms: float = 0.0
    mean_itl_ms: float = 0.0
    median_itl_ms: float = 0.0
    p99_itl_ms: float = 0.0


class Run(_Read):
    """One benchmark of one service: all loads that were run after each other."""

    schema_: Literal[1] = Field(default=1, alias="schema")
    at: str
    host: str
    service: str
    board: BoardAs
    image: ImageAs
    model: ModelAs
    flags: dict[str, Any] = Field(default_factory=dict)
    loads: dict[str, Figures]


def run_of(
    at: str, inputs: RoleInput, service: Service, about: About, found: Mapping[str, Any]
) -> Run:
    """Return a run from what the board said before it, and the figures by load."""
    name: str = getattr(service, "model", None) or ""
    locked = inputs.lock.model(name)
    readings = about.readings
    return Run(
        at=at,
        host=inputs.host.name,
        service=service.name,
        board=BoardAs(
            module=inputs.host.module,
            l4t=parse_nv_tegra_release(readings.release) or inputs.l4t,
            power_mode=readings.power_mode or "",
            clocks_locked=readings.clocks.locked if readings.clocks else None,
            throttling=readings.throttling,
            hottest=max(readings.temperatures.values(), default=None),
        ),
        image=ImageAs(name=about.image, digest=about.digest),
        model=ModelAs(
            name=name,
            revision=locked.revision,
            quantisation=_quantisation(locked),
            size=sum(file.size for file in locked.files),
        ),
        flags=thaw(getattr(service, "flags", {})),
        loads={load: _figures(load, figures) for load, figures in found.items()},
    )


def _figures(load: str, found: object) -> Figures:
    """Return the figures of a load; raise `FleetError` if its program printed something else."""
    try:
        return Figures.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise FleetError(
            f"the result of the load {load} cannot be read ({where}: {first['msg']}): look at what "
            "the benchmark of this image prints"
        ) from error


def load_runs(paths: Sequence[Path]) -> list[Run]:
    """Return the runs of these files, and of all files in these folders, oldest first.

    Raises
    ------
    FleetError
        There are no files, or one of them is not a file of a benchmark.

    """
    files = [
        f for path in paths for f in (sorted(path.rglob("*.json")) if path.is_dir() else [path])
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


def _quantisation(locked: LockedModel) -> str:
    """Return the quantisation that the lock knows of a model, else what its name says."""
    return getattr(getattr(locked, "architecture", None), "quantisation", None) or ""
