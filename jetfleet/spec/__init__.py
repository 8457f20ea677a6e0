"""A spec file as frozen models, with the position of each value in the file."""

from __future__ import annotations

from jetfleet.spec.load import Spec, load
from jetfleet.spec.model import (
    Docker,
    HostSpec,
    ModelsOnHost,
    ModelSpec,
    Power,
    Service,
    Ssh,
    Storage,
)
from jetfleet.spec.position import Position, SourceMap
from jetfleet.spec.problem import Problem, SpecError
from jetfleet.spec.secret import SecretRef

__all__ = [
    "Docker",
    "HostSpec",
    "ModelSpec",
    "ModelsOnHost",
    "Position",
    "Power",
    "Problem",
    "SecretRef",
    "Service",
    "SourceMap",
    "Spec",
    "SpecError",
    "Ssh",
    "Storage",
    "load",
]
