"""The cases of tests/data/cases/<kind>: captured survey output, a desired state, and what follows.

A case is a YAML file: `source` says where the output was captured, `resource` are the arguments of
the desired state, `output` is the kind's section of a survey.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from jetfleet.resources import KINDS, ModelFile, Resource, RunOptions
from jetfleet.steps import Links, Result, Watch

FOLDER = Path(__file__).parents[1] / "data/cases"
_BY_KIND = {kind.kind: kind for kind in KINDS}


@dataclass(frozen=True)
class Case:
    """One file: the desired state, the options of the run, the actual state, and what follows."""

    name: str
    resource: Resource[Any]
    options: RunOptions
    actual: Any
    written: dict[str, Any]

    @property
    def refused(self) -> str:
        """Why the board is refused; empty if it is not."""
        return str(self.written.get("refused", ""))

    @property
    def changes(self) -> list[list[str]] | None:
        """Attribute, have and want of each change; None if the board is refused."""
        return self.written.get("changes")

    def __str__(self) -> str:
        return self.name


def _case(path: Path) -> Case:
    written = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    kind = _BY_KIND[path.parent.name]
    resource = _desired(kind, written.get("resource", {}))
    actual = kind.read(written["output"], [resource])[resource.key]
    options = RunOptions(**written.get("leave", {}))
    return Case(f"{path.parent.name}-{path.stem}", resource, options, actual, written)


def _desired(kind: type[Resource[Any]], arguments: dict[str, Any]) -> Resource[Any]:
    """Return the resource of a case; lists are tuples, and files are files."""
    for name in {"files", "blobs"} & set(arguments):
        arguments[name] = tuple(ModelFile(**file) for file in arguments[name])
    if "manifest" in arguments:
        arguments["manifest"] = ModelFile(**arguments["manifest"])
    if "paths" in arguments:
        arguments["paths"] = frozenset(arguments["paths"])
    lists = {"addresses", "guard", "patterns", "names", "groups", "keys", "parameters"}
    lists |= {"options", "keep", "models", "resources", "reads", "facts", "same"}
    for name in lists & set(arguments):
        arguments[name] = tuple(
            tuple(item) if isinstance(item, list) else item for item in arguments[name]
        )
    if "waived" in arguments:
        arguments["waived"] = frozenset(arguments["waived"])
    return kind(**arguments)


CASES = [_case(path) for path in sorted(FOLDER.glob("*/*.yaml")) if path.parent.name in _BY_KIND]


def links(_: str, paths: Any, _fresh: Any) -> Links:
    """A signed link for each path."""
    return Links({path: (f"https://files.example/{path}?signature=x",) for path in paths})


def result(step: object, answer: str | dict[str, str]) -> Result:
    """How a step of a case ends: a text is what it prints, `failed` why a wait ended badly."""
    if isinstance(answer, dict):
        assert isinstance(step, Watch)
        assert not step.fatal
        return Result(ok=False, err=answer["failed"])
    return Result(ok=True, out=answer)
