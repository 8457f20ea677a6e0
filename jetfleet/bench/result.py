"""A benchmark's file: the board and its settings, and the figures of each run of each load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from jetfleet.bench.load import LOADS
from jetfleet.catalog.l4t import parse_nv_tegra_release
from jetfleet.errors import FleetError
from jetfleet.memory.weights import weight_bytes
from jetfleet.runtimes.benchmark import Load
from jetfleet.spec.frozen import thaw

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.bench.about import About
    from jetfleet.lock.model import LockedModel
    from jetfleet.role.role_input import RoleInput
    from jetfleet.spec.model import Service

_BYTES = 2
"""Bytes of a number of an embedding: quantised models keep theirs in 16 bits."""


class _Read(BaseModel):
    # Files are kept for years, and programs add figures: what is unknown is ignored.
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, defer_build=True)


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
    """The model as it is locked.

    Parameters
    ----------
    size, weights:
        Bytes of all its files, and of those that are loaded into memory.
    embedding:
        Bytes of its input embedding, of which a token reads one row; 0 if that is not known.
    architecture:
        Names in its config; empty if they are not known.

    """

    name: str
    revision: str
    quantisation: str = ""
    size: int = 0
    weights: int = 0
    embedding: int = 0
    architecture: tuple[str, ...] = ()


Figure = Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)]
Number = Annotated[int, Field(ge=0, le=10**12)]


class Figures(_Read):
    """The figures of one run by vLLM's own names; times in ms, rates in a second.

    Parameters
    ----------
    seed:
        Of its prompts; None in files of schema 1.
    cached_tokens:
        Tokens of prompts that the server's cache supplied; None: not known.
    cache_reset:
        Whether the cache was emptied before the run.

    """

    seed: int | None = None
    cached_tokens: Number | None = None
    cache_reset: bool = False
    completed: Number = 0
    total_input_tokens: Number = 0
    total_output_tokens: Number = 0
    duration: Figure = 0.0
    request_throughput: Figure = 0.0
    output_throughput: Figure = 0.0
    total_token_throughput: Figure = 0.0
    mean_ttft_ms: Figure = 0.0
    median_ttft_ms: Figure = 0.0
    p99_ttft_ms: Figure = 0.0
    mean_tpot_ms: Figure = 0.0
    median_tpot_ms: Figure = 0.0
    p99_tpot_ms: Figure = 0.0
    mean_itl_ms: Figure = 0.0
    median_itl_ms: Figure = 0.0
    p99_itl_ms: Figure = 0.0


class Measured(_Read):
    """One load: its shape, and the figures of each run, in their order."""

    shape: Load
    runs: tuple[Figures, ...] = Field(min_length=1)


class Run(_Read):
    """One benchmark of one service: all loads that were run after each other.

    Parameters
    ----------
    program:
        What sent the load.
    repeated:
        Requests of each run whose prompt the program itself sent twice.
    point:
        Title of the point of a sweep; empty outside of one.

    """

    schema_: Literal[2] = Field(default=2, alias="schema")
    at: str
    host: str
    service: str
    runtime: str = ""
    program: str = "vllm bench serve"
    repeated: int = 0
    point: str = ""
    board: BoardAs
    image: ImageAs
    model: ModelAs
    flags: dict[str, Any] = Field(default_factory=dict)
    loads: dict[str, Measured]

    @model_validator(mode="before")
    @classmethod
    def _of_schema_1(cls, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Read a file of schema 1, which has one run of each load and not its shape."""
        if not isinstance(value, dict) or value.get("schema") != 1:
            return value
        shapes = {load.name: load for load in LOADS}
        loads = value.get("loads")
        if isinstance(loads, dict):
            loads = {
                name: {"shape": shapes.get(name), "runs": [figures]}
                for name, figures in loads.items()
            }
        return {**value, "schema": 2, "loads": loads}


@dataclass(frozen=True)
class Began:
    """When a benchmark began, what sends its load, and at which point of a sweep it is.

    `repeated` is that of `jetfleet.runtimes.benchmark.Benchmark`.
    """

    at: str
    program: str = "vllm bench serve"
    point: str = ""
    repeated: int = 0


def run_of(
    began: Began, inputs: RoleInput, service: Service, about: About, found: Mapping[Load, Any]
) -> Run:
    """Return a run from what the board said before it, and the figures of each run of a load."""
    board, image, model = circumstances(inputs, service, about)
    return Run(
        at=began.at,
        host=inputs.host.name,
        service=service.name,
        runtime=service.runtime,
        program=began.program,
        repeated=began.repeated,
        point=began.point,
        board=board,
        image=image,
        model=model,
        flags=thaw(getattr(service, "flags", {})),
        loads={load.name: _measured(load, figures) for load, figures in found.items()},
    )


def circumstances(
    inputs: RoleInput, service: Service, about: About
) -> tuple[BoardAs, ImageAs, ModelAs]:
    """Return board, image and model of a service, as its lock and the board say."""
    name = service.model_names[0] if service.model_names else ""
    readings = about.readings
    board = BoardAs(
        module=inputs.host.module,
        l4t=parse_nv_tegra_release(readings.release) or inputs.l4t,
        power_mode=readings.power_mode or "",
        clocks_locked=readings.clocks.locked if readings.clocks else None,
        throttling=readings.throttling,
        hottest=max(readings.temperatures.values(), default=None),
    )
    image = ImageAs(name=about.image, digest=about.digest)
    return board, image, _model_as(name, inputs.lock.model(name))


def _model_as(name: str, locked: LockedModel) -> ModelAs:
    # A lock in memory may stand for a model that is not locked yet.
    its = getattr(locked, "architecture", None)
    width = (its.heads or 0) * (its.head_dim or 0) if its else 0
    return ModelAs(
        name=name,
        revision=locked.revision,
        quantisation=(its.quantisation if its else None) or "",
        size=sum(file.size for file in locked.files),
        weights=weight_bytes(locked),
        embedding=(its.vocabulary or 0) * width * _BYTES if its else 0,
        architecture=its.names if its else (),
    )


def _measured(load: Load, found: object) -> Measured:
    """Return the runs of a load; raise `FleetError` if its program printed something else."""
    try:
        return Measured.model_validate({"shape": load, "runs": found})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise FleetError(
            f"the result of the load {load.name} cannot be read ({where}: {first['msg']}): see "
            "what the benchmark of this image prints"
        ) from error
