"""`jetfleet render`: the same bytes for the same input, all of a board's files, and no secret."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.support.cli import COMMAND, ROOT, call, run

SECRET = "hf_0123456789abcdefghij"  # noqa: S105 - it must appear nowhere

IMPORT = "from jetfleet.converge import apply\n"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """The example with its lock in a folder of its own, and a service that has a secret."""
    yaml = YAML()
    body = yaml.load((ROOT / "tests/data/fleet.yaml").read_text(encoding="utf-8"))
    cosmos = body["hosts"]["nano"].setdefault("services", {}).setdefault("cosmos", {})
    cosmos["env"] = {"HF_TOKEN": {"env": "MY_TOKEN"}, "PLAIN": "yes"}
    path = tmp_path / "fleet" / "lab.yaml"
    path.parent.mkdir()
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(body, file)
    lock = (ROOT / "tests/data/lock.yaml").read_text(encoding="utf-8")
    path.with_suffix(".lock.yaml").write_text(lock, encoding="utf-8")
    return path


def content(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def render(spec: Path, folder: Path, **environ: str) -> dict[str, str]:
    done = call("render", spec, "-o", folder, environ=environ)
    assert (done.returncode, done.stderr) == (0, "")
    return content(folder)


def without(spec: Path, *path: str) -> None:
    yaml = YAML()
    body = yaml.load(spec.read_text(encoding="utf-8"))
    at = body
    for step in path[:-1]:
        at = at[step]
    del at[path[-1]]
    with spec.open("w", encoding="utf-8") as file:
        yaml.dump(body, file)


def test_the_same_input_gives_the_same_bytes(spec: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    environ = {"PYTHONHASHSEED": "1", "MY_TOKEN": SECRET, "TZ": "Asia/Tokyo"}
    assert run("render", spec, "-o", one, environ=environ).returncode == 0
    environ = {"PYTHONHASHSEED": "2", "LANG": "C", "TZ": "UTC"}
    assert run("render", spec, "-o", other, environ=environ).returncode == 0
    assert content(one) == content(other) == render(spec, tmp_path / "third")


def test_a_host_is_a_folder_with_its_files_at_their_paths(spec: Path, tmp_path: Path) -> None:
    files = render(spec, tmp_path / "out")
    assert {path.split("/")[0] for path in files} == {"thor", "orin", "nano"}
    assert "docker run" in files["nano/etc/jetfleet/cosmos/run"]
    assert "nano/etc/systemd/system/jetfleet-cosmos.service" in files
    said = json.loads(files["nano/host.json"])
    assert files["nano/host.json"] == json.dumps(said, indent=2, sort_keys=True) + "\n"
    assert said["schema"] == 1
    assert said["package"] == {"aria2": {"installed": "installed"}}
    (image,) = said["image"].values()
    assert image == {"digest": f"sha256:{'2' * 64}", "bytes": 5_000_000_000}
    model = said["model"]["cosmos-reason2-2b"]
    assert (model["revision"], model["bytes"]) == ("1208-fp8-static-kv8", 5_000_001_500)
    assert said["power"]["mode"]["mode"] == "MAXN_SUPER"
    assert said["service"]["cosmos"]["unit"] == "jetfleet-cosmos.service"
    for path, form in said["file"].items():
        assert f"nano{path}" in files
        assert form["content"] == "***" or form["bytes"] == len(files[f"nano{path}"].encode())


def test_a_secret_is_replaced_by_the_name_of_its_place(spec: Path, tmp_path: Path) -> None:
    files = render(spec, tmp_path / "out", MY_TOKEN=SECRET, NGC_API_KEY=SECRET)
    assert files["nano/etc/jetfleet/cosmos/env"] == "HF_TOKEN=***\nPLAIN=yes\n"
    assert json.loads(files["nano/host.json"])["secrets"] == ["env MY_TOKEN"]
    assert json.loads(files["thor/host.json"])["secrets"] == []
    assert not any(SECRET in text for text in files.values())


def test_needs_no_key_no_home_and_no_other_program(spec: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "render", str(spec), "-o", str(tmp_path / "out")],
        cwd=ROOT, env={"PATH": "/nonexistent"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_nothing_stale_stays_and_nothing_else_is_touched(spec: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    render(spec, out)
    kept = {"README.md": "mine\n", "other/host.json": "{}", "other/file": "mine too\n"}
    for path, text in kept.items():
        (out / path).parent.mkdir(exist_ok=True)
        (out / path).write_text(text, encoding="utf-8")
    (out / "nano/etc/old").mkdir()
    (out / "nano/etc/old/file").write_text("stale", encoding="utf-8")
    without(spec, "hosts", "thor")
    without(spec, "defaults", "power")
    now = render(spec, out)
    fresh = render(spec, tmp_path / "fresh")
    assert now == {**fresh, **kept}
    assert not (out / "thor").exists()
    assert not (out / "nano/etc/old").exists()


def test_an_equal_file_is_not_written_again(spec: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    render(spec, out)
    path = out / "nano/host.json"
    os.utime(path, (1, 1))
    render(spec, out)
    assert path.stat().st_mtime == 1


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_was_not_rendered_is_not_overwritten(spec: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    if kind == "folder":
        (out / "orin").mkdir()
        (out / "orin/thesis.txt").write_text("mine", encoding="utf-8")
    elif kind == "file":
        (out / "orin").write_text("mine", encoding="utf-8")
    else:
        (out / "orin").symlink_to(tmp_path / "fleet")
    done = call("render", spec, "-o", out)
    assert done.returncode == 1
    assert f"{out / 'orin'} was not rendered by jetfleet" in done.stderr
    assert not (out / "thor").exists()
    assert "host.json" not in [path.name for path in (tmp_path / "fleet").iterdir()]


def test_nothing_is_written_through_a_link(spec: Path, tmp_path: Path) -> None:
    out, victim = tmp_path / "out", tmp_path / "victim"
    fresh = render(spec, out)
    victim.mkdir()
    (victim / "host.json").write_text((out / "nano/host.json").read_text(), encoding="utf-8")
    before = content(victim)
    (out / "nano/host.json").unlink()
    (out / "nano/host.json").symlink_to(victim / "host.json")
    (out / "thor/etc").rename(out / "gone")
    (out / "thor/etc").symlink_to(victim)
    (victim / "docker").mkdir()
    without(spec, "hosts", "nano", "services")
    now = render(spec, out)
    assert content(victim) == before
    assert list((victim / "docker").iterdir()) == []
    assert now["thor/etc/docker/daemon.json"] == fresh["thor/etc/docker/daemon.json"]
    assert not (out / "nano/host.json").is_symlink()


def test_what_is_not_locked_is_said_and_can_be_refused(spec: Path, tmp_path: Path) -> None:
    spec.with_suffix(".lock.yaml").unlink()
    done = call("render", spec, "-o", tmp_path / "out")
    assert done.returncode == 0
    assert "the model cosmos-reason2-2b is not locked: run `jetfleet lock" in done.stderr
    unit = tmp_path / "out/nano/etc/systemd/system/jetfleet-cosmos.service"
    assert "/cosmos-reason2-2b/not-locked" in unit.read_text(encoding="utf-8")
    strict = call("render", spec, "-o", tmp_path / "strict", "--locked")
    assert strict.returncode == 1
    assert not (tmp_path / "strict").exists()


def test_twins_that_are_up_change_nothing(spec: Path, tmp_path: Path) -> None:
    before = render(spec, tmp_path / "before")
    spec.with_suffix(".twins.yaml").write_text("not: even right", encoding="utf-8")
    spec.with_suffix(".twins.lock.yaml").write_text("version: 1\n", encoding="utf-8")
    assert render(spec, tmp_path / "after") == before


def test_json_has_the_values_and_the_files(spec: Path, tmp_path: Path) -> None:
    files = render(spec, tmp_path / "out")
    answer = json.loads(call("render", spec, "--json").stdout)
    assert (answer["schema"], answer["not_locked"]) == (1, [])
    for host in answer["hosts"]:
        texts = host.pop("files")
        assert host == json.loads(files[f"{host['host']}/host.json"])
        assert {f"{host['host']}{path}": text for path, text in texts.items()} == {
            path: text
            for path, text in files.items()
            if path.startswith(f"{host['host']}/") and not path.endswith("/host.json")
        }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{IMPORT}from jetfleet.roles import nonsense\napply(nonsense)\n", "nonsense"),
        (
            "from jetfleet.roles import base\napply(base)\n",
            "NameError: name 'apply' is not defined",
        ),
        (f"{IMPORT}from jetfleet.roles import base\n", "applies no roles: write `apply(role, …)`"),
        ("apply(base\n", "cannot be read as a deploy"),
        (f"{IMPORT}from jetfleet import errors\napply(errors)\n", "is not a role"),
        (f"{IMPORT}apply(1)\n", "1 in "),
        ("raise ValueError('no')\n", "ValueError: no. Above apply(), a deploy has imports"),
    ],
)
def test_a_deploy_that_cannot_be_rendered_is_an_error(
    spec: Path, tmp_path: Path, text: str, said: str
) -> None:
    deploy = tmp_path / "deploy.py"
    deploy.write_text(text, encoding="utf-8")
    done = call("render", spec, "-o", tmp_path / "out", "--deploy", deploy)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "from jetfleet.roles import base, power\nROLES = (base, power)\napply(*ROLES)\n",
        # What follows apply() is for pyinfra alone.
        "from jetfleet.roles import base, power\napply(base, power)\nraise ValueError\n",
    ],
)
def test_a_deploy_is_plain_python(spec: Path, tmp_path: Path, text: str) -> None:
    deploy = tmp_path / "deploy.py"
    deploy.write_text(IMPORT + text, encoding="utf-8")
    done = call("render", spec, "--json", "--deploy", deploy)
    assert (done.returncode, done.stderr) == (0, "")
    (thor, *_) = json.loads(done.stdout)["hosts"]
    assert "power" in thor
    assert "service" not in thor


def test_another_deploy_renders_its_own_roles(spec: Path, tmp_path: Path) -> None:
    done = call("render", spec, "-o", tmp_path / "out", "--deploy", "deploys/base.py")
    assert done.returncode == 0
    said = json.loads((tmp_path / "out/nano/host.json").read_text(encoding="utf-8"))
    assert "power" in said
    assert "service" not in said
