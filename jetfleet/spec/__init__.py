"""What a person wrote in a spec file, as frozen models that know where each value was written."""

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
from jetfleet.spec.place import Place, Places
from jetfleet.spec.problem import Problem, SpecError
from jetfleet.spec.secret import SecretRef

__all__ = [
    "Docker",
    "HostSpec",
    "ModelSpec",
    "ModelsOnHost",
    "Place",
    "Places",
    "Power",
    "Problem",
    "SecretRef",
    "Service",
    "Spec",
    "SpecError",
    "Ssh",
    "Storage",
    "load",
]
