"""Load a rollout file, and report every problem of it at once, each with its line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from jetfleet.rollout.spec.check import check_rollout
from jetfleet.rollout.spec.document import RolloutFile
from jetfleet.spec.load import load
from jetfleet.spec.position import SourceEntry
from jetfleet.spec.problem import Problem, SpecError
from jetfleet.spec.read import read_yaml
from jetfleet.spec.translate import translate
from jetfleet.spec.tree import Value

if TYPE_CHECKING:
    from jetfleet.spec.load import Spec


def load_rollout(path: Path | str) -> tuple[RolloutFile, Spec]:
    """Return the rollout file `path`, and the spec that it names.

    Raises
    ------
    SpecError
        With every problem of the file; of the spec, if the file has no other.
    FleetError
        One of the two cannot be read.

    """
    root, problems = read_yaml(Path(path))
    root = _normal(root)
    file = _validated(root, problems)
    spec = load(Path(path).parent / Path(file.spec).expanduser()) if file else None
    if file and spec:
        problems += check_rollout(root, file, spec)
    if problems or file is None or spec is None:
        raise SpecError(problems)
    return file, spec


def _validated(root: Value, problems: list[Problem]) -> RolloutFile | None:
    try:
        return RolloutFile.model_validate(root.plain())
    except ValidationError as error:
        problems += [translate(one, RolloutFile, root) for one in error.errors(include_url=False)]
    return None


def _normal(root: Value) -> Value:
    """Return the tree with its short forms written out: one window, a gate without settings."""
    if not isinstance(root.data, dict):
        return root
    top = dict(root.data)
    if "window" in top:
        top["window"] = _listed(top["window"])
    if "gates" in top and isinstance(top["gates"].data, dict):
        named = {name: _entries(gates) for name, gates in top["gates"].data.items()}
        top["gates"] = Value(top["gates"].written, named)
    if "sites" in top and isinstance(top["sites"].data, dict):
        sites = {name: _site(site) for name, site in top["sites"].data.items()}
        top["sites"] = Value(top["sites"].written, sites)
    return Value(root.written, top)


def _site(site: Value) -> Value:
    if not isinstance(site.data, dict) or "window" not in site.data:
        return site
    return Value(site.written, {**site.data, "window": _listed(site.data["window"])})


def _listed(value: Value) -> Value:
    return Value(value.written, [value]) if isinstance(value.data, dict) else value


def _entries(gates: Value) -> Value:
    if not isinstance(gates.data, list):
        return gates
    return Value(gates.written, [_entry(gate) for gate in gates.data])


def _entry(gate: Value) -> Value:
    """Return `verified` as the mapping `verified: {}`."""
    if not isinstance(gate.data, str):
        return gate
    written = SourceEntry(gate.written.place, (*gate.written.path, gate.data))
    return Value(gate.written, {gate.data: Value(written, {})})
