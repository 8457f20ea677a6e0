"""Benchmarks in a spec: loads of its own, how often they run, and the points of a sweep."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from jetfleet.spec.frozen import SpecModel
from jetfleet.spec.text import Count, Description, Name

Tokens = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
Rate = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
Runs = Annotated[int, Field(strict=True, ge=1, le=20)]


class OwnLoad(SpecModel):
    """One load: prompts of equal length, and how they are sent."""

    input: Tokens = Field(description="tokens of each prompt")
    output: Tokens = Field(description="tokens of each answer")
    prompts: Count = Field(description="number of prompts in each run")
    at_once: Count | None = Field(
        default=None, description="requests at the same time; by default all of them"
    )
    rate: Rate | None = Field(default=None, description="requests a second, such as 2.5")


class Point(SpecModel):
    """One point of a sweep: what differs from the spec while it is measured."""

    title: Description = Field(default="", description="its name in tables and plots")
    power: dict[str, Any] = Field(default={}, description="values for `power` of each host")
    services: dict[Name, dict[str, Any]] = Field(
        default={}, description="values for services, such as model or flags, by their names"
    )


class Bench(SpecModel):
    """How the model servers of the fleet are benchmarked."""

    loads: dict[Name, OwnLoad] = Field(default={}, description="loads by name")
    runs: Runs = Field(default=3, description="how often each load is measured")
    over: tuple[Point, ...] = Field(
        default=(), max_length=64, description="the points of a sweep, in their order"
    )
