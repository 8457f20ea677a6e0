"""Each kind of resource against captured survey output: the exact changes, refusals and steps.

A case is a YAML file in tests/data/cases/<kind>/: `source` says where the output was captured,
`resource` are the arguments of the desired state, `output` is the kind's section of a survey.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from jetfleet.resources import KINDS, ModelFile, Resource, RunOptions
from jetfleet.steps import LinkResolver, Links, Refused, Result, Run, StepFailed, Watch

CASES = Path(__file__).parents[1] / "data/cases"
BY_KIND = {kind.kind: kind for kind in KINDS}
FILES = sorted(path for path in CASES.glob("*/*.yaml") if path.parent.name in BY_KIND)


def links(_: str, paths: Any, _fresh: Any) -> Links:
    return Links({path: (f"https://files.example/{path}?signature=x",) for path in paths})


def desired(kind: type[Resource[Any]], arguments: dict[str, Any]) -> Resource[Any]:
    """The resource of a case; lists are tuples, and files are files."""
    for name in {"files", "blobs"} & set(arguments):
        arguments[name] = tuple(ModelFile(**file) for file in arguments[name])
    if "manifest" in arguments:
        arguments["manifest"] = ModelFile(**arguments["manifest"])
    for name in {"options", "keep", "models", "resources", "reads", "facts"} & set(arguments):
        arguments[name] = tuple(
            tuple(item) if isinstance(item, list) else item for item in arguments[name]
        )
    if "waived" in arguments:
        arguments["waived"] = frozenset(arguments["waived"])
    return kind(**arguments)


def result(step: object, answer: str | dict[str, str]) -> Result:
    """How a step of a case ends: a text is what it prints, `failed` why a wait ended badly."""
    if isinstance(answer, dict):
        assert isinstance(step, Watch)
        assert not step.fatal
        return Result(ok=False, err=answer["failed"])
    return Result(ok=True, out=answer)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_case(path: Path) -> None:
    case = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    kind = BY_KIND[path.parent.name]
    resource = desired(kind, case.get("resource", {}))
    options = RunOptions(**case.get("leave", {}))
    actual = kind.read(case["output"], [resource])[resource.key]
    if "refused" in case:
        with pytest.raises(Refused) as refusal:
            resource.compare(actual, options)
        assert str(refusal.value) == case["refused"]
        return
    changes = resource.compare(actual, options)
    assert [[c.attribute, c.have, c.want] for c in changes] == case["changes"]
    if "steps" in case:
        answers = iter(case.get("answers", ()))
        scripts = []
        steps = resource.steps(actual, changes, options, LinkResolver(links))
        try:
            step = next(steps)
            while True:
                scripts.append(step.script if isinstance(step, (Run, Watch)) else "reboot")
                step = steps.send(result(step, next(answers, "")))
        except StopIteration:
            assert "ends" not in case
        except (Refused, StepFailed) as refusal:
            assert str(refusal) == case["ends"]  # noqa: PT017 - a case says where it ends
        assert len(scripts) == len(case["steps"])
        for script, wanted in zip(scripts, case["steps"], strict=True):
            lines = [line.strip() for line in script.splitlines()]
            for line in wanted:
                assert line in lines, script


def test_every_kind_has_cases() -> None:
    assert {path.parent.name for path in FILES} == set(BY_KIND)
