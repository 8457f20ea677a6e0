"""The lock: resolved once, kept until the user asks for more, and small in its diffs."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from jetfleet.cli import app
from jetfleet.errors import FleetError
from jetfleet.fleet.fleet import Fleet
from jetfleet.lock import Lock, LockedFile, LockedImage, LockedModel
from jetfleet.lock.file import load_lock, save_lock
from jetfleet.resources import File, Resources
from jetfleet.role.role_input import RoleInput
from jetfleet.spec.model import ModelSpec
from tests.support.rendered import ROLES

SPEC = """\
version: 1
models:
  own: {source: "file:own", exclude: ["*.md"]}
  more: {source: "file:more"}
hosts:
  orin:
    module: agx-orin-64gb
    jetpack: "6.2"
    address: 192.0.2.12
    models: {use: [own, more]}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    for folder in ("own", "more"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "b.bin").write_text(folder)
        (tmp_path / folder / "a.json").write_text("{}")
    (tmp_path / "own/README.md").write_text("about")
    path = tmp_path / "lab.yaml"
    path.write_text(SPEC)
    return path


def lock(*arguments: object) -> str:
    """Run `jetfleet lock` and return what it says; raises what it raises."""
    done = CliRunner().invoke(app, ["lock", *map(str, arguments)])
    if isinstance(done.exception, FleetError):
        raise done.exception
    return done.output


def text_of(spec: Path) -> str:
    return spec.with_suffix(".lock.yaml").read_text()


def test_a_lock_is_sorted_and_has_a_line_a_file(spec: Path) -> None:
    assert "wrote" in lock(spec)
    text = text_of(spec)
    assert text.index("  more: # 2 files, 1 KiB") < text.index("  own: # 2 files, 1 KiB")
    assert text.count("      - {path: ") == 4
    assert "README" not in text
    assert "up to date" in lock(spec)
    assert text_of(spec) == text


def test_only_what_is_named_is_resolved_again(spec: Path) -> None:
    lock(spec)
    before = load_lock(spec.with_suffix(".lock.yaml"))
    for folder in ("own", "more"):
        (spec.parent / folder / "b.bin").write_text("changed")
    assert "up to date" in lock(spec)
    lock(spec, "--upgrade", "own")
    after = load_lock(spec.with_suffix(".lock.yaml"))
    assert after.models["own"] != before.models["own"]
    assert after.models["more"] == before.models["more"]
    lock(spec, "--upgrade")
    assert load_lock(spec.with_suffix(".lock.yaml")).models["more"] != before.models["more"]


def test_names_that_are_not_there(spec: Path) -> None:
    lock(spec)
    with pytest.raises(FleetError, match="the lock has no owl; it has more, own"):
        lock(spec, "--upgrade", "owl")
    with pytest.raises(FleetError, match="names need --upgrade"):
        lock(spec, "own")


def test_a_spec_that_asks_for_other_files_disagrees_with_its_lock(spec: Path) -> None:
    lock(spec)
    Fleet.load(spec, ROLES)
    spec.write_text(SPEC.replace('"*.md"', '"*.json"'))
    with pytest.raises(
        FleetError,
        match=r"the model own is locked with another source or other files.*\n.*jetfleet lock",
    ):
        Fleet.load(spec, ROLES)
    lock(spec)
    assert "own/README.md" not in text_of(spec)
    assert "README.md" in text_of(spec)
    Fleet.load(spec, ROLES)


OF_SERVICES = """\
version: 1
models:
  set: {source: "file:own"}
  entry: {source: "file:more"}
  unused: {source: "file:unused"}
hosts:
  orin:
    module: agx-orin-64gb
    jetpack: "6.2"
    address: 192.0.2.12
    services:
      any:
        runtime: container
        image: docker.io/library/x:1
        models: [set]
        probe: {port: 8100}
      triton: {runtime: triton, repository: {m: {model: entry, backend: python}}}
"""


def test_every_model_of_a_service_is_locked(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def resolved(reference: str, *_: object) -> LockedImage:
        asked.append(reference)
        return LockedImage(digest="sha256:" + "1" * 64, size=1)

    monkeypatch.setattr("jetfleet.hubs.resolve.resolve_image", resolved)
    spec.write_text(OF_SERVICES)
    with pytest.raises(FleetError) as caught:
        Fleet.load(spec, ROLES)
    assert str(caught.value).splitlines()[1:-1] == [
        "  the image docker.io/library/x:1 of orin is not locked",
        "  the image nvcr.io/nvidia/tritonserver:25.04-py3-igpu of orin is not locked",
        "  the model set is not locked",
        "  the model entry is not locked",
    ]
    lock(spec)
    assert load_lock(spec.with_suffix(".lock.yaml")).models.keys() == {"set", "entry"}
    assert asked == ["docker.io/library/x:1", "nvcr.io/nvidia/tritonserver:25.04-py3-igpu"]
    Fleet.load(spec, ROLES)


def test_llamacpp_must_know_what_to_load(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = LockedImage(digest="sha256:" + "1" * 64, size=1)
    monkeypatch.setattr("jetfleet.hubs.resolve.resolve_image", lambda *_: locked)
    for name in ("a-Q4_0.gguf", "a-Q8_0.gguf"):
        (spec.parent / "own" / name).write_text(name)
    services = "    services: {llm: {runtime: llama.cpp, model: own}}\n"
    spec.write_text(SPEC.replace("    models: {use: [own, more]}\n", services))
    lock(spec)
    with pytest.raises(FleetError, match=r"2 \(a-Q4_0.gguf, a-Q8_0.gguf\): choose one with"):
        Fleet.load(spec, ROLES)
    spec.write_text(spec.read_text().replace('exclude: ["*.md"]', 'include: ["*Q4_0.gguf"]'))
    lock(spec)
    Fleet.load(spec, ROLES)


def test_a_lock_comes_back_as_it_was_written(tmp_path: Path) -> None:
    digits, path = "1" * 64, tmp_path / "x.lock.yaml"
    manifest = '{"a":[1],"b":"x: y # z"}\r\n' * 30
    files = (
        LockedFile(path="a", size=0, sha256=digits, text=manifest),
        LockedFile(path="ü b.json", size=1, sha256="e" * 64, commit="1e5" + "0" * 37),
    )
    model = LockedModel(source="hf:a/b@1e5", include=("*",), revision="1e5", files=files)
    written = Lock(models={"m": model})
    save_lock(written, path, tmp_path / "x.yaml")
    assert load_lock(path) == written


def test_what_a_locked_model_answers() -> None:
    file = LockedFile(path="b.gguf", size=1, sha256="a" * 64)
    locked = LockedModel(source="https://h.example/b.gguf", revision="a", files=(file,))
    asked = ModelSpec(name="m", source=locked.source, sha256="a" * 64)
    assert locked.answers(asked)
    assert not locked.answers(asked.model_copy(update={"sha256": "b" * 64}))
    assert not locked.answers(asked.model_copy(update={"include": ("*",)}))


class Counted:
    """A role of the product that counts the hosts it is asked about."""

    def __init__(self, name: str) -> None:
        self.__name__ = name
        self.asked: list[str] = []

    def desired(self, inputs: RoleInput) -> Resources:
        self.asked.append(inputs.host.name)
        model = inputs.lock.model("own")
        return [File("/etc/of-own", model.revision)]


@pytest.mark.parametrize(("name", "times"), [("jetfleet.roles.counted", 1), ("roles.own", 2)])
def test_the_roles_of_a_deploy_run_once_a_host(
    spec: Path, name: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jetfleet.fleet.fleet.commit_of", lambda _: "a-commit")
    lock(spec)
    role = Counted(name)
    one = Fleet.load(spec, [role], deploy="llm.py")  # type: ignore[list-item]
    wanted = one.wanted([role], "llm.py")  # type: ignore[list-item]
    assert list(wanted.resources("orin")) == ["file:/etc/of-own"]
    assert role.asked == ["orin"] * times


def test_the_roles_of_a_deploy_need_a_lock_too(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jetfleet.fleet.fleet.commit_of", lambda _: "a-commit")
    with pytest.raises(FleetError, match=r"disagree:\n.*own"):
        Fleet.load(spec, ROLES, deploy="llm.py")
