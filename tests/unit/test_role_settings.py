"""Settings of roles: merged by the spec, checked by the model of the role, one object a host."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import Field, field_validator
from ruamel.yaml import YAML

from jetfleet.errors import FleetError
from jetfleet.fleet.fleet import Fleet
from jetfleet.lock.model import Lock
from jetfleet.role.role import Role
from jetfleet.role.settings import RoleSettings, check_of
from jetfleet.spec.secret import Secret, SecretRef
from jetfleet.spec.text import Port
from jetfleet.validate import load_checked, problems_of
from jetfleet.workstation.workstation import Workstation
from tests.support.rendered import ROOT

HOSTS = """
  a: {address: 192.0.2.1, board: orin}
  b: {address: 192.0.2.2, board: orin}
"""


class Nested(RoleSettings):
    """A mapping in the settings of a role."""

    name: str = ""


class Settings(RoleSettings):
    """Settings of the role of these tests."""

    port: Port = 9100
    level: int = Field(default=1, ge=1)
    textfile: bool = False
    labels: list[str] = Field(default=["first"])
    nested: Nested = Nested()
    token: Secret | None = None

    @field_validator("labels")
    @classmethod
    def _no_spaces(cls, labels: list[str]) -> list[str]:
        if any(" " in label for label in labels):
            raise ValueError("labels without spaces")
        return labels


class Needed(RoleSettings):
    """Settings without a default."""

    target: str


def role(name: str, model: object = None) -> Role:
    """Return a role that takes settings of this model."""
    one = SimpleNamespace(__name__=f"roles.{name}", desired=lambda _: [], Settings=model)
    return cast("Role", one)


def written(folder: Path, text: str) -> Path:
    path = folder / "spec.yaml"
    board = 'boards:\n  orin: {module: agx-orin-64gb, jetpack: "6.2"}\n'
    path.write_text(f"version: 1\n{board}{text}", encoding="utf-8")
    return path


def said(folder: Path, text: str, *roles: Role, others: tuple[Role, ...] = ()) -> list[str]:
    """Return the problems of a spec without its first lines' file name."""
    found = problems_of(written(folder, text), None, check_of(roles, others))[1]
    return [str(one).removeprefix(f"{folder}/") for one in found]


MONITORING = role("monitoring", Settings)
LAYERS = """
defaults:
  roles: {monitoring: {port: 9200, labels: [d], nested: {name: all}}}
groups:
  g:
    roles: {monitoring: {textfile: true}}
hosts:
  a: {address: 192.0.2.1, board: orin, groups: [g], roles: {monitoring: {port: 9300}}}
  b: {address: 192.0.2.2, board: orin}
"""


def settings_of(path: Path, one: Role, host: str) -> Any:
    """Return what the role is given as its settings on a host."""
    spec, _ = load_checked(path, None, check_of([one]))
    seen = []

    def desired(inputs: Any) -> list[Any]:
        seen.append(inputs.settings)
        return []

    one.desired = desired  # type: ignore[method-assign]
    side = Workstation(known_hosts=path.with_name("known_hosts"))
    Fleet(spec, Lock(), side, "", [one]).desired(host, [one])
    return seen[0]


def test_sections_are_merged_and_defaults_fill_the_rest(tmp_path: Path) -> None:
    path = written(tmp_path, LAYERS)
    a = settings_of(path, role("monitoring", Settings), "a")
    b = settings_of(path, role("monitoring", Settings), "b")
    assert (a.port, a.textfile, a.labels, a.nested.name) == (9300, True, ["d"], "all")
    assert (b.port, b.textfile, b.level) == (9200, False, 1)


def test_a_host_that_writes_nothing_has_the_defaults(tmp_path: Path) -> None:
    path = written(tmp_path, f"hosts:{HOSTS}")
    assert settings_of(path, role("monitoring", Settings), "a") == Settings()
    assert settings_of(path, role("other"), "a") is None


@pytest.mark.parametrize("text", [LAYERS, f"hosts:{HOSTS}"])
def test_settings_of_one_host_are_those_of_no_other(tmp_path: Path, text: str) -> None:
    spec, _ = load_checked(written(tmp_path, text))
    seen: dict[str, list[str]] = {}

    def desired(inputs: Any) -> list[Any]:
        inputs.settings.labels.append(inputs.host.name)
        seen[inputs.host.name] = inputs.settings.labels
        return []

    one = role("monitoring", Settings)
    one.desired = desired  # type: ignore[method-assign]
    fleet = Fleet(spec, Lock(), Workstation(known_hosts=tmp_path / "known_hosts"), "", [one])
    for host in ("a", "b", "a"):
        fleet.desired(host, [one])
    assert [labels[1:] for labels in seen.values()] == [["a"], ["b"]]


def test_every_problem_has_the_line_of_its_host(tmp_path: Path) -> None:
    case = YAML(typ="safe", pure=True).load(ROOT / "tests/data/cases/role_settings.yaml")
    assert said(tmp_path, case["spec"], MONITORING) == case["error"].splitlines()


def test_they_are_shown_with_all_other_problems(tmp_path: Path) -> None:
    text = "hosts: {a: {address: 192.0.2.1, board: orin, prt: 1, roles: {monitoring: {prt: 1}}}}"
    assert [one.split(": ")[1] for one in said(tmp_path, text, MONITORING)] == [
        "hosts.a.prt",
        "hosts.a.roles.monitoring.prt",
    ]


def test_what_has_to_be_written_and_is_not(tmp_path: Path) -> None:
    text = f"hosts:{HOSTS}".replace("orin}\n  b", "orin, roles: {backup: {target: x}}}\n  b")
    (only,) = said(tmp_path, text, role("backup", Needed))
    assert only.startswith("spec.yaml:6: hosts.b.roles.backup.target: found nothing, expected a ")


def test_a_text_that_is_refused_is_not_missing_as_well(tmp_path: Path) -> None:
    text = f'defaults: {{roles: {{backup: {{target: "a\\nb"}}}}}}\nhosts:{HOSTS}'
    (only,) = said(tmp_path, text, role("backup", Needed))
    assert "without control characters" in only


PLAIN, BACKUP = role("plain"), role("backup", Needed)
ABSENT = "which the deploy does not apply, expected "


@pytest.mark.parametrize(
    ("name", "roles", "others", "problem"),
    [
        ("monitorng", (MONITORING, BACKUP, PLAIN), (), f"{ABSENT}one of backup, monitoring; did"),
        ("plain", (MONITORING, PLAIN), (), "which takes no settings, expected one of monitoring;"),
        ("monitoring", (PLAIN,), (), f"{ABSENT}none: no role takes settings; correct it"),
        ("monitoring", (PLAIN,), (role("monitoring"),), ABSENT),
        ("monitoring", (PLAIN,), (PLAIN, MONITORING), ""),
        ("monitoring", (), (), ""),
    ],
)
def test_a_section_needs_a_role_that_takes_it(
    tmp_path: Path, name: str, roles: tuple[Role, ...], others: tuple[Role, ...], problem: str
) -> None:
    text = f"defaults:\n  roles:\n    {name}: {{target: x}}\nhosts:{HOSTS}"
    found = [one for one in said(tmp_path, text, *roles, others=others) if name in one]
    start = f"spec.yaml:6: defaults.roles.{name}: found settings of the role {name}, {problem}"
    assert [one[: len(start)] for one in found] == ([start] if problem else [])


def test_other_deploys_are_left_alone_as_long_as_there_is_no_need(tmp_path: Path) -> None:
    def broken() -> Any:
        raise FleetError("another deploy was read")
        yield

    path = written(tmp_path, LAYERS)
    load_checked(path, None, check_of([MONITORING], broken()))
    with pytest.raises(FleetError, match="another deploy was read"):
        load_checked(path, None, check_of([role("plain")], broken()))


def test_secrets_are_references(tmp_path: Path) -> None:
    text = f"defaults: {{roles: {{monitoring: {{token: {{env: TOKEN}}}}}}}}\nhosts:{HOSTS}"
    settings = settings_of(written(tmp_path, text), role("monitoring", Settings), "b")
    assert settings.token == SecretRef(kind="env", value="TOKEN")
    wrong = text.replace("{env: TOKEN}", "correct horse")
    (only,) = said(tmp_path, wrong, MONITORING)
    assert "found a secret that is written in the spec" in only
    assert "horse" not in only


class Broken(RoleSettings):
    """Settings whose validator has a mistake."""

    @field_validator("*", mode="before")
    @classmethod
    def _fail(cls, _value: object) -> object:
        raise KeyError("nothing")

    port: Port = 1


def test_a_mistake_in_a_validator_is_an_error_with_host_and_role(tmp_path: Path) -> None:
    text = f"defaults: {{roles: {{mine: {{port: 1}}}}}}\nhosts:{HOSTS}"
    with pytest.raises(FleetError, match=r"a: Settings of the role mine .*KeyError\('nothing'\)"):
        said(tmp_path, text, role("mine", Broken))


class Other:
    """A class of another kind that has the name."""


def test_settings_have_one_base(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match=r"Settings of the role roles.mine has the wrong base"):
        said(tmp_path, f"hosts:{HOSTS}", role("mine", Other))
