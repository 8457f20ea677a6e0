"""Specs and locks that are made of a few words in a test case."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from jetfleet.hubs.config import architecture_of
from jetfleet.lock.model import Lock, LockedFile, LockedModel
from jetfleet.spec.load import Spec
from jetfleet.spec.problem import Problem, SpecError
from jetfleet.validate import problems_of
from tests.support.rendered import ROOT

GB = 10**9
ARCHITECTURES = ROOT / "twins/standins/hubs/content/architectures.yaml"


@cache
def yaml(path: Path) -> Any:
    """What a YAML file holds; read once, so nobody may change it."""
    return YAML(typ="safe", pure=True).load(path)


def weighed(source: str, gigabytes: float, like: str | None) -> LockedModel:
    """A locked model of `gigabytes` GB, built like one of the stand-ins' architectures."""
    file = LockedFile(path="model.safetensors", size=round(gigabytes * GB), sha256="0" * 64)
    built = architecture_of(yaml(ARCHITECTURES)[like]) if like else None
    return LockedModel(source=source, revision="1", files=(file,), architecture=built)


def locked(models: Mapping[str, Any], sizes: Mapping[str, tuple[float, str]]) -> Lock:
    """A lock in which models have sizes in GB and architectures."""
    return Lock(
        models={
            name: weighed(models[name]["source"], *size).model_copy(
                update={"include": tuple(models[name].get("include", ()))}
            )
            for name, size in sizes.items()
        }
    )


def problems(
    folder: Path, models: Mapping[str, Any], hosts: Mapping[str, Any], lock: Lock | None = None
) -> list[Problem]:
    """What is wrong with a spec of these models and hosts, but for servers without a key.

    Nearly each spec of a test has one; `test_exposure.py` is about these.
    """
    try:
        found = problems_of(_written(folder, models, hosts), lock)[1]
    except SpecError as error:
        found = list(error.problems)
    return [one for one in found if one.rule != "open-to-the-network"]


def spec_of(folder: Path, models: Mapping[str, Any], hosts: Mapping[str, Any]) -> Spec:
    """The spec of these models and hosts, right or wrong."""
    return problems_of(_written(folder, models, hosts))[0]


def _written(folder: Path, models: Mapping[str, Any], hosts: Mapping[str, Any]) -> Path:
    path = folder / "spec.yaml"
    body = {"version": 1, "models": models, "hosts": hosts}
    path.write_text(json.dumps(body), encoding="utf-8")
    return path


def over(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `more` laid over it, one level deep."""
    return {**base, **more}
